//! `[metrics]`

use serde::Deserialize;

/// How metrics are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsOptions {
    /// Each app apart; else all apps together.
    pub per_app: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Raw {
    per_app: Option<bool>,
}

// === impl MetricsOptions ===

impl MetricsOptions {
    pub(crate) fn check(raw: &Raw) -> Self {
        Self { per_app: raw.per_app.unwrap_or(true) }
    }
}
