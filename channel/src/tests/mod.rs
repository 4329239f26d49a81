//! The layers against mocks and paused time.

mod access_tokens;
mod layers;
mod vendor;
