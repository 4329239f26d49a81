//! How the configuration was read last.

use std::time::SystemTime;

use time::OffsetDateTime;

/// For metrics and alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastReload {
    /// Whether what was read last could be used.
    pub is_successful: bool,
    /// When what is in force was read.
    pub at: SystemTime,
}

// === impl LastReload ===

impl LastReload {
    /// At the start.
    pub(crate) const fn first(now: SystemTime) -> Self {
        Self { is_successful: true, at: now }
    }

    pub(crate) const fn note(&mut self, is_successful: bool, now: SystemTime) {
        self.is_successful = is_successful;
        if is_successful {
            self.at = now;
        }
    }

    /// In seconds since 1970.
    pub(crate) fn succeeded_at(&self) -> i64 {
        OffsetDateTime::from(self.at).unix_timestamp()
    }
}
