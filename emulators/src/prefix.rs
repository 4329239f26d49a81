//! Device tokens with a well-known prefix: what they mean, as data for the documentation and `GET /prefixes`.

use serde::Serialize;

/// One well-known prefix of a device token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prefix {
    /// The prefix with its last dash, e.g. `dead-`.
    pub prefix: String,
    /// What a token with this prefix gets.
    pub outcome: String,
}

// === impl Prefix ===

impl Prefix {
    pub(crate) fn new(prefix: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), outcome: outcome.into() }
    }
}

/// Splits `<number>-` off, as in `slow-250-`.
pub(crate) fn number(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = text.split_once('-')?;
    Some((digits.parse().ok()?, rest))
}
