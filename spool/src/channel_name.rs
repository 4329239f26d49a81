//! The name under which a channel's open parts are kept.

use std::fmt;
use std::sync::Arc;

use model::{AppId, Environment, Vendor};

/// A channel's name: `app/vendor/environment`, for example `demo/apns/sandbox`.
///
/// The spool only compares it. At most 128 bytes; cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Arc<str>);

/// Why a text names no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a channel's name is app/vendor/environment, at most 128 bytes")]
pub struct ChannelNameFault;

// === impl ChannelName ===

impl ChannelName {
    /// The name of that channel.
    pub fn new(app: &AppId, vendor: Vendor, environment: Environment) -> Self {
        Self(format!("{app}/{vendor}/{environment}").into())
    }

    /// A name that was written down before.
    pub fn parse(text: &str) -> Result<Self, ChannelNameFault> {
        let mut words = text.split('/');
        let (app, vendor, environment, rest) = (words.next(), words.next(), words.next(), words.next());
        let is_vendor = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let fits = text.len() <= 128
            && app.is_some_and(|app| AppId::parse(app).is_ok())
            && vendor.is_some_and(is_vendor)
            && environment.and_then(Environment::parse).is_some()
            && rest.is_none();
        fits.then(|| Self(text.into())).ok_or(ChannelNameFault)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back() {
        let app = AppId::parse("demo").unwrap();
        let name = ChannelName::new(&app, Vendor::new("apns"), Environment::Sandbox);
        assert_eq!(name.as_str(), "demo/apns/sandbox");
        assert_eq!(ChannelName::parse(name.as_str()), Ok(name));
    }

    #[test]
    fn other_texts_are_no_names() {
        for bad in ["", "demo", "demo/apns", "demo/apns/moon", "demo//sandbox", "demo/APNS/sandbox", "a/b/sandbox/c"] {
            assert_eq!(ChannelName::parse(bad), Err(ChannelNameFault), "{bad}");
        }
    }
}
