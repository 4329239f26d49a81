//! One device to reach.

use std::fmt;
use std::sync::Arc;

use crate::{Environment, Vendor};

/// One device: vendor, device token, environment.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its place in the caller's list, 0-based: results are reported under it.
    pub index: u32,
    /// Whose channel reaches it.
    pub vendor: Vendor,
    /// The vendor's name for the device and app.
    pub token: DeviceToken,
    /// Which of the vendor's worlds the token lives in.
    pub environment: Environment,
    /// Which of the vendor's APIs the device speaks, where one vendor has several. The adapter knows the words.
    pub dialect: Option<Box<str>>,
}

/// A device token as the caller gave it: 1 to 4,096 bytes, no control characters, no blanks.
///
/// It identifies a person's device, so `Debug` and logs never show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DeviceToken(Arc<str>);

// === impl DeviceToken ===

impl DeviceToken {
    /// The longest token taken, in bytes. FCM asks for room for 4 KB.
    pub const MAX_BYTES: usize = 4096;

    /// Checks what holds for every vendor; the adapter checks the rest.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("must not be empty".to_owned());
        }
        if text.len() > Self::MAX_BYTES {
            return Err(format!("is {} bytes long; at most {} are taken", text.len(), Self::MAX_BYTES));
        }
        if text.chars().any(|char| char.is_control() || char.is_whitespace()) {
            return Err("must not hold control characters, line breaks or blanks".to_owned());
        }
        Ok(Self(text.into()))
    }

    /// The token itself, for the vendor and for the caller it came from. Never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[device token of {} bytes]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_with_line_breaks_or_controls_are_refused() {
        for bad in ["", "a\nb", "a b", "a\u{0}b", "a\u{7f}", "\u{2028}", &"x".repeat(4097)] {
            assert!(DeviceToken::parse(bad).is_err(), "{bad:?}");
        }
        assert!(DeviceToken::parse("d//igwEhgBGCI2TG6lWqlK2fJx+A=").is_ok());
    }

    #[test]
    fn a_token_does_not_print() {
        let token = DeviceToken::parse("very-private").unwrap();
        assert!(!format!("{token:?}").contains("private"));
    }
}
