//! Production or sandbox.

use std::fmt;

/// Which of a vendor's two worlds a device token lives in.
///
/// The two are separate channels with separate connections. A vendor without a sandbox maps it to its test mode, or the
/// channel does not exist; see [`TestMode`](crate::TestMode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    /// Real users. The default.
    #[default]
    Production,
    /// Development builds and tests.
    Sandbox,
}

// === impl Environment ===

impl Environment {
    /// Both, in the order in which they are listed.
    pub const ALL: [Environment; 2] = [Environment::Production, Environment::Sandbox];

    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Sandbox => "sandbox",
        }
    }

    /// The environment of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.as_str() == word)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
