//! The real service against the shipped emulators, over real TLS and HTTP/2. One binary, so that it links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod abuse;
mod authority;
mod bad_input;
mod book;
mod browser;
mod capabilities;
mod chaos;
mod check;
mod cli;
mod configuration;
mod console;
mod convert;
mod corpus;
mod crash;
mod credentials;
mod crowds;
mod delivery;
mod dependencies;
mod durable;
mod events;
mod hostile;
mod isolation;
mod keys;
mod limits;
mod live;
mod malicious_vendor;
mod manifests;
mod metrics;
mod operations;
mod outcomes;
mod packaging;
mod preview;
mod process;
mod reload;
mod restart;
mod secrecy;
mod stopping;
mod streams;
mod support;
mod tls;
mod transport;
mod vendors;
mod webdriver;
mod webhooks;
