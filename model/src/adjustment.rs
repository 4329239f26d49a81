//! What was changed for a vendor, and what could not be changed.

use std::borrow::Cow;

use crate::Verdict;

/// What had to be changed so that a vendor would take the message. Reported with the outcome, never silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The field of the normalized message or options: `sound`, `ttl`, ...
    pub field: &'static str,
    /// What was done instead.
    pub detail: Cow<'static, str>,
}

/// Why a message cannot be composed for a vendor at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The field at fault, as a path of the push: `message.title`.
    pub field: &'static str,
    /// What became of every target of this push on this channel.
    pub verdict: Verdict,
}

// === impl Adjustment ===

impl Adjustment {
    /// An adjustment of a field.
    pub fn new(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field, detail: detail.into() }
    }
}

// === impl Refusal ===

impl Refusal {
    /// This content can never be sent to this vendor.
    pub fn rejected(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field, verdict: Verdict::rejected_here(field, detail) }
    }

    /// The payload is larger than the vendor takes.
    pub fn too_large(size_bytes: usize, limit_bytes: usize) -> Self {
        Self { field: "message", verdict: Verdict::too_large_here(size_bytes, limit_bytes) }
    }
}
