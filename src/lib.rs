//! The service: admits pushes, routes their targets to channels, and reports what became of each.
//!
//! This package is the only one that knows all the others: [`assemble`] makes a service of a configuration file, [`access`] says who may
//! call it and [`limits`] how much,
//! [`channels`] opens what it names with the adapters that exist, [`service`] takes a push through them, [`delivery`] keeps
//! it until it is done, [`credentials`] tells what credential files are and whether vendors take them, [`events`] says what
//! there is to tell of it all and [`webhooks`] tells it to apps, [`retention`] removes what is old, [`reload`] puts a changed
//! configuration in force, [`http`] is its API with
//! the console's pages, and [`cli`] its command line.

pub mod access;
pub mod assemble;
mod backoff;
pub mod channels;
pub mod cli;
mod console;
pub mod credentials;
pub mod delivery;
pub mod device_log;
pub mod events;
pub mod http;
pub mod limits;
pub mod metrics;
pub mod openapi;
pub mod reload;
pub mod retention;
mod rfc3339;
pub mod service;
pub mod stream;
pub mod traces;
pub mod webhooks;

/// For every program that holds the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prints a line for people or programs that asked for it. Output is what a command is for; logs go elsewhere.
pub(crate) fn print_line(line: &str) {
    use std::io::Write;
    // A reader that went away (`| head`) is no reason to fail.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Says on standard error what went wrong.
pub(crate) fn print_error(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "error: {text}");
}
