//! `[spool]`

use std::path::PathBuf;
use std::time::Duration;

use model::Path;
use model::parse::Faults;
use serde::Deserialize;

/// Where durable pushes are kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolOptions {
    /// The file, absolute or below the configuration's folder.
    pub path: PathBuf,
    /// How long a push without a TTL is tried.
    pub default_ttl: Duration,
    /// How long a settled push, its results and its id are kept.
    pub retention: Duration,
    /// How long events are kept.
    pub event_retention: Duration,
    /// Whether every outcome is an event; dead tokens always are.
    pub outcome_events: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Raw {
    path: Option<String>,
    default_ttl_seconds: Option<u64>,
    retention_seconds: Option<u64>,
    event_retention_seconds: Option<u64>,
    outcome_events: Option<bool>,
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// Vendors keep a push for four weeks at most.
const LONGEST: u64 = 366 * DAY;

// === impl SpoolOptions ===

impl SpoolOptions {
    /// `folder` is the configuration's own.
    pub(crate) fn check(raw: Raw, folder: &std::path::Path, path: &Path, faults: &mut Faults) -> Option<Self> {
        let file =
            raw.path.filter(|file| !file.is_empty()).ok_or("is missing: name the file that keeps durable pushes");
        let file = faults.take(&path.at("path"), file);
        let mut bounded = |field: &str, value: Option<u64>, default: u64, least: u64, most: u64| {
            let value = value.unwrap_or(default);
            if !(least..=most).contains(&value) {
                faults.add(&path.at(field), format!("must be {least} to {most}"));
            }
            Duration::from_secs(value)
        };
        let default_ttl = bounded("default_ttl_seconds", raw.default_ttl_seconds, DAY, 1, 28 * DAY);
        let retention = bounded("retention_seconds", raw.retention_seconds, DAY, 60, LONGEST);
        let event_retention = bounded("event_retention_seconds", raw.event_retention_seconds, 7 * DAY, 60, LONGEST);
        let outcome_events = raw.outcome_events.unwrap_or(true);
        Some(Self { path: folder.join(file?), default_ttl, retention, event_retention, outcome_events })
    }
}
