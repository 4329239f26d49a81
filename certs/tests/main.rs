//! The reader over the corpus in `fixtures/certs/`, beside a second judge, and over what random changes make of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod corpus;
mod findings;
mod judge;
mod mutations;
