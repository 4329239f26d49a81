//! Names that callers and operators give: push ids and app ids.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// The id of a push: the caller's own, or a UUIDv7 made here.
///
/// 1 to 128 visible ASCII characters. It names the push in URLs, events and logs, so it must not hold a secret.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PushId(Arc<str>);

/// The id of an app (a tenant): 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(Arc<str>);

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {max} characters of {allowed}")]
pub struct IdFault {
    max: usize,
    allowed: &'static str,
}

// === impl PushId ===

impl PushId {
    /// What [`parse`](Self::parse) takes, as a regular expression.
    pub const PATTERN: &'static str = "^[!-~]{1,128}$";

    /// A fresh id that sorts by the time of its making.
    pub fn make() -> Self {
        Self(Uuid::now_v7().hyphenated().to_string().into())
    }

    /// The caller's id, checked.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let fault = IdFault { max: 128, allowed: "visible ASCII without blanks" };
        fits.then(|| Self(text.into())).ok_or(fault)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl AppId ===

impl AppId {
    /// What [`parse`](Self::parse) takes, as a regular expression.
    pub const PATTERN: &'static str = "^[A-Za-z0-9._-]{1,64}$";

    /// An app's id, checked.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        let fault = IdFault { max: 64, allowed: "letters, digits, '.', '_' and '-'" };
        fits.then(|| Self(text.into())).ok_or(fault)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_visible_and_bounded() {
        assert_eq!(PushId::parse("order-4711").unwrap().as_str(), "order-4711");
        for bad in ["", "two words", "line\n", "ö", &"x".repeat(129)] {
            assert!(PushId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(AppId::parse("demo.app_1-x").is_ok());
        assert!(AppId::parse("demo/app").is_err());
    }

    #[test]
    fn made_ids_differ_and_sort_by_time() {
        let (first, second) = (PushId::make(), PushId::make());
        assert!(first < second, "{first} {second}");
    }
}
