//! The answer to a check, as JSON.

use certs::Report;
use serde::Serialize;
use utoipa::ToSchema;

/// What was found out about a file, and what vendors said if they were asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CredentialCheck)]
pub struct CheckDocument {
    /// The file's name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What the file tells.
    #[serde(flatten)]
    pub report: Report,
    /// What each environment's vendor said; absent if none was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Vec<LiveRow>>,
}

/// What one vendor said about one credential in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LiveCheck)]
pub struct LiveRow {
    /// The app of a configured channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The vendor.
    pub vendor: &'static str,
    /// `production` or `sandbox`.
    pub environment: &'static str,
    /// Who was asked.
    pub endpoint: String,
    /// Which credential of the channel: the configuration's field.
    pub credential: &'static str,
    /// `works`, `wrong_environment`, `app_not_allowed`, `expired`, `refused`, `inconclusive`.
    pub state: &'static str,
    /// What became of the push, as in results of a push.
    pub outcome: &'static str,
    /// The vendor's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The vendor's text or ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do, or what is still not proved.
    pub advice: String,
    /// How long it took, in milliseconds, with the handshake.
    pub latency_ms: u64,
    /// When the vendor was asked, RFC 3339. Probes are rate limited: an answer may be a minute old.
    #[schema(required, format = DateTime)]
    pub checked_at: Option<String>,
}

// === impl CheckDocument ===

impl CheckDocument {
    /// Whether the credential can be used: the file tells of no problem, and where vendors were asked, one takes it and none
    /// refuses it. A credential for one environment is not at fault for being refused in the other.
    pub fn is_usable(&self) -> bool {
        self.report.usable && self.live.as_ref().is_none_or(|rows| all_well(rows))
    }
}

fn all_well(rows: &[LiveRow]) -> bool {
    let harmless = |row: &LiveRow| matches!(row.state, "works" | "wrong_environment");
    rows.iter().all(harmless) && rows.iter().any(|row| row.state == "works")
}
