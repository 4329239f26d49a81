//! What must hold for any bytes, one function for each place where foreign bytes are read.
//!
//! A fuzz target is such a function and nothing else, so every input that is kept in `fuzz/corpus` is also a test of the
//! ordinary kind, which needs neither a nightly compiler nor libFuzzer: `corpus.rs`.

mod answer;
mod channels;
mod config_text;
#[cfg(test)]
mod corpus;
mod credential_file;
mod intent_uri;
#[cfg(feature = "service")]
mod lines;
mod pem_key;
mod push;
mod render;
#[cfg(feature = "service")]
mod request;
mod service_account;

/// A property: panics where the bytes break it.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzz target and of its folder in the corpus.
pub const ALL: &[(&str, Property)] = &[
    ("answer", answer),
    ("config_text", config_text),
    ("credential_file", credential_file),
    ("intent_uri", intent_uri),
    #[cfg(feature = "service")]
    ("lines", lines),
    ("pem_key", pem_key),
    ("push", push),
    ("render", render),
    #[cfg(feature = "service")]
    ("request", request),
    ("service_account", service_account),
];

pub use answer::answer;
pub use config_text::config_text;
pub use credential_file::credential_file;
pub use intent_uri::intent_uri;
#[cfg(feature = "service")]
pub use lines::lines;
pub use pem_key::pem_key;
pub use push::push;
pub use render::render;
#[cfg(feature = "service")]
pub use request::request;
pub use service_account::service_account;
