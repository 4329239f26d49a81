//! The team's signing keys as Apple knows them: whose, for which environment and app, and whether still in force.
//!
//! Apple's kinds since February 2025: older keys of the whole team for both environments, keys of the team for one
//! environment, keys for some topics of one environment ("Establishing a token-based connection to APNs", read
//! 2026-11-22).

use super::push_type;

/// A registered key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) id: String,
    /// The uncompressed point.
    pub(super) public_key: Vec<u8>,
    pub(super) scope: Scope,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scope {
    /// The one environment; none is both.
    pub(super) environment: Option<&'static str>,
    /// The one app whose topics it serves.
    pub(super) bundle_id: &'static str,
    /// It was registered, and has been revoked since.
    pub(super) revoked: bool,
}

// === impl Key ===

impl Key {
    pub(super) fn is_for(&self, environment: &str) -> bool {
        self.scope.environment.is_none_or(|own| own == environment)
    }
}

// === impl Scope ===

impl Scope {
    /// An older key of a team with that one app.
    pub(super) const fn of_team(bundle_id: &'static str) -> Self {
        Self { environment: None, bundle_id, revoked: false }
    }

    /// Its app's topics, with every documented suffix, and those of device management.
    pub(super) fn serves(&self, topic: &str) -> bool {
        push_type::split(topic).0 == self.bundle_id || push_type::is_mdm(topic)
    }
}
