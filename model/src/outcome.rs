//! What became of a target, in one vocabulary for all vendors.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What became of one target. A value, not an error: a vendor's refusal is an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The vendor took it. Not proof that a device got it.
    Accepted {
        /// The vendor's id of the message, for its receipts and its support.
        vendor_id: Option<VendorId>,
    },
    /// The device token is no good. Only [`TokenProof::Dead`] may delete it.
    InvalidToken {
        /// How sure that is.
        proof: TokenProof,
    },
    /// This content, for ever.
    PayloadRejected,
    /// Larger than the vendor takes.
    PayloadTooLarge,
    /// The vendor refuses our credential, or does not allow it this app.
    BadCredentials {
        /// Everything of the channel, or what this one token needs (another project's, another leg's key).
        scope: Scope,
    },
    /// The credential or access token has ended.
    ExpiredCredentials,
    /// Switched off, not permitted, not configured.
    ChannelDisabled {
        /// The whole channel, or for this device only.
        scope: Scope,
    },
    /// Too fast.
    RateLimited {
        /// What was too fast.
        scope: Scope,
        /// How long the vendor asks to wait.
        retry_after: Option<Duration>,
    },
    /// An allowance is used up.
    QuotaExceeded {
        /// Whose allowance.
        scope: Scope,
        /// When it is renewed, if known.
        until: Option<SystemTime>,
    },
    /// The vendor cannot now, or was not reached.
    Unavailable {
        /// Whether a resend could show the push twice.
        sent: Sent,
        /// How long the vendor asks to wait.
        retry_after: Option<Duration>,
    },
    /// Its TTL ran out here.
    Expired,
    /// The caller took it back in time.
    Cancelled,
    /// An answer that no table knows; the verdict keeps the raw code.
    Unknown {
        /// The HTTP status it came with, by whose class it is treated.
        status: Option<u16>,
    },
}

/// What an [`Outcome::InvalidToken`] rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProof {
    /// The vendor says that the token has ended. It may be deleted, unless it was registered anew after `since`.
    Dead {
        /// Since when, if the vendor tells.
        since: Option<SystemTime>,
    },
    /// Malformed, or of another app or environment. May be our own mistake, so never delete on this.
    Foreign,
}

/// What a limit, a refusal or a switch is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This one device token.
    Target,
    /// Everything of the channel.
    Channel,
}

/// Whether a request that got no answer may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Surely not processed: a resend cannot double it.
    No,
    /// Unknown: a resend can double it.
    Maybe,
}

/// Whether the call may be repeated at once, in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// No; what comes later is for the caller or the spool.
    Never,
    /// Yes: it was surely not processed.
    Now,
    /// Yes, if a newer access token than the one refused can be had.
    WithFreshAccessToken,
}

/// The vendor's own name for what happened: `BadDeviceToken`, `21301`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VendorCode(Arc<str>);

/// The vendor's id of an accepted message.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VendorId(Arc<str>);

/// An outcome with the vendor's own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// The vendor's code; our own word in lower case where we decided without asking the vendor.
    pub code: Option<VendorCode>,
    /// The vendor's text or our advice, bounded in length.
    pub detail: Option<Cow<'static, str>>,
    /// May the call be repeated at once?
    pub resend: Resend,
}

/// The verdicts of one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdicts {
    /// The same for every target of the call.
    All(Verdict),
    /// One for each target, in the order of the call's targets.
    Each(Vec<Verdict>),
}

// === impl Outcome ===

impl Outcome {
    /// Every word of [`as_str`](Self::as_str), each at its [`index`](Self::index).
    pub const WORDS: [&'static str; 13] = [
        "accepted",
        "invalid_token",
        "payload_rejected",
        "payload_too_large",
        "bad_credentials",
        "expired_credentials",
        "channel_disabled",
        "rate_limited",
        "quota_exceeded",
        "unavailable",
        "expired",
        "cancelled",
        "unknown",
    ];

    /// The word on the API, in logs and metrics.
    pub const fn as_str(&self) -> &'static str {
        Self::WORDS[self.index()]
    }

    /// Which of the words it is, for counters in a row.
    pub const fn index(&self) -> usize {
        match self {
            Outcome::Accepted { .. } => 0,
            Outcome::InvalidToken { .. } => 1,
            Outcome::PayloadRejected => 2,
            Outcome::PayloadTooLarge => 3,
            Outcome::BadCredentials { .. } => 4,
            Outcome::ExpiredCredentials => 5,
            Outcome::ChannelDisabled { .. } => 6,
            Outcome::RateLimited { .. } => 7,
            Outcome::QuotaExceeded { .. } => 8,
            Outcome::Unavailable { .. } => 9,
            Outcome::Expired => 10,
            Outcome::Cancelled => 11,
            Outcome::Unknown { .. } => 12,
        }
    }

    /// Whether the vendor took it.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Outcome::Accepted { .. })
    }

    /// How long to wait before another try, where somebody said so.
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        match self {
            Outcome::RateLimited { retry_after, .. } | Outcome::Unavailable { retry_after, .. } => *retry_after,
            Outcome::QuotaExceeded { until, .. } => until.and_then(|until| until.duration_since(now).ok()),
            _ => None,
        }
    }
}

// === impl VendorCode ===

impl VendorCode {
    /// The longest code kept, in bytes; a vendor's codes are far shorter, but a foreign text may stand in their place.
    const MAX_BYTES: usize = 120;

    /// Keeps a code, cut to a bound and without control characters.
    pub fn new(text: &str) -> Self {
        Self(printable(text, Self::MAX_BYTES).into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VendorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl VendorId ===

impl VendorId {
    /// The longest id kept, in bytes.
    const MAX_BYTES: usize = 256;

    /// Keeps an id, cut to a bound and without control characters.
    pub fn new(text: &str) -> Self {
        Self(printable(text, Self::MAX_BYTES).into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VendorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Verdict ===

impl Verdict {
    /// The longest vendor text passed on, in bytes.
    const MAX_DETAIL_BYTES: usize = 300;

    /// An outcome without words.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, code: None, detail: None, resend: Resend::Never }
    }

    /// Taken by the vendor.
    pub const fn accepted(vendor_id: Option<VendorId>) -> Self {
        Self::new(Outcome::Accepted { vendor_id })
    }

    /// Not reached, or not able now. What was surely not processed may be sent again at once.
    pub fn unavailable(sent: Sent, retry_after: Option<Duration>) -> Self {
        let resend = if sent == Sent::No { Resend::Now } else { Resend::Never };
        Self { resend, ..Self::new(Outcome::Unavailable { sent, retry_after }) }
    }

    /// Refused by us before the vendor was asked, because of one field of the push.
    pub fn rejected_here(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let detail = detail.into();
        Self::new(Outcome::PayloadRejected).code("not_sent").detail(format!("{field}: {detail}"))
    }

    /// Refused by us before the vendor was asked, because of its size.
    pub fn too_large_here(size_bytes: usize, limit_bytes: usize) -> Self {
        Self::new(Outcome::PayloadTooLarge)
            .code("not_sent")
            .detail(format!("the payload would be {size_bytes} bytes; this vendor takes {limit_bytes}"))
    }

    /// With the vendor's code.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.code = Some(VendorCode::new(code));
        self
    }

    /// With words for the reader, cut to a bound.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(match detail.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Owned(printable(&text, Self::MAX_DETAIL_BYTES)),
        });
        self
    }

    /// With leave to repeat the call at once, or without.
    #[must_use]
    pub const fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }
}

// === impl Verdicts ===

impl Verdicts {
    /// The verdict of the n-th target of the call.
    pub fn get(&self, target: usize) -> Option<&Verdict> {
        match self {
            Verdicts::All(verdict) => Some(verdict),
            Verdicts::Each(verdicts) => verdicts.get(target),
        }
    }

    /// Every different verdict: one that holds for all is given once.
    pub fn iter(&self) -> std::slice::Iter<'_, Verdict> {
        match self {
            Verdicts::All(verdict) => std::slice::from_ref(verdict).iter(),
            Verdicts::Each(verdicts) => verdicts.iter(),
        }
    }

    /// One verdict for each of `targets` targets, in order.
    pub fn into_each(self, targets: usize) -> Vec<Verdict> {
        match self {
            Verdicts::All(verdict) if targets == 1 => vec![verdict],
            Verdicts::All(verdict) => vec![verdict; targets],
            Verdicts::Each(verdicts) => verdicts,
        }
    }
}

/// The text without control characters, cut on a character boundary.
fn printable(text: &str, max_bytes: usize) -> String {
    let end = text.floor_char_boundary(max_bytes.min(text.len()));
    text[..end].chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_bounded_and_printable() {
        let code = VendorCode::new(&"ü\n".repeat(200));
        assert!(code.as_str().len() <= 120);
        assert!(!code.as_str().contains('\n'));
    }

    #[test]
    fn only_what_was_surely_not_processed_is_resent() {
        assert_eq!(Verdict::unavailable(Sent::No, None).resend, Resend::Now);
        assert_eq!(Verdict::unavailable(Sent::Maybe, None).resend, Resend::Never);
    }

    #[test]
    fn one_verdict_serves_all_targets() {
        let verdicts = Verdicts::All(Verdict::accepted(None));
        assert!(verdicts.get(999).is_some_and(|verdict| verdict.outcome.is_accepted()));
        assert_eq!(verdicts.into_each(3).len(), 3);
    }
}
