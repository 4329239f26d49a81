//! `[server]`

use std::net::SocketAddr;
use std::time::Duration;

use model::Path;
use model::parse::Faults;
use serde::Deserialize;

/// How the service listens and what it bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Address and port of the HTTP API.
    pub listen: SocketAddr,
    /// The longest request body, in bytes.
    pub max_body_bytes: usize,
    /// Targets that may be under way at once; beyond it pushes are answered with 503.
    pub max_targets_in_flight: usize,
    /// How long a stop waits for what is under way.
    pub grace: Duration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Raw {
    listen: Option<String>,
    max_body_bytes: Option<u64>,
    max_targets_in_flight: Option<u64>,
    grace_seconds: Option<u64>,
}

// === impl Server ===

impl Server {
    pub(crate) fn check(raw: &Raw, path: &Path, faults: &mut Faults) -> Option<Self> {
        let listen = raw.listen.as_deref().unwrap_or("127.0.0.1:8080");
        let listen = listen.parse().map_err(|_| "must be an address and port, such as 127.0.0.1:8080");
        let listen = faults.take(&path.at("listen"), listen);
        let mut bounded = |field: &str, value: Option<u64>, default: u64, least: u64, most: u64| {
            let value = value.unwrap_or(default);
            if !(least..=most).contains(&value) {
                faults.add(&path.at(field), format!("must be {least} to {most}"));
            }
            usize::try_from(value).ok()
        };
        let max_body_bytes = bounded("max_body_bytes", raw.max_body_bytes, 8 << 20, 1 << 10, 1 << 30);
        let max_targets = bounded("max_targets_in_flight", raw.max_targets_in_flight, 200_000, 40_000, 10_000_000);
        let grace = bounded("grace_seconds", raw.grace_seconds, 30, 0, 3600);
        Some(Self {
            listen: listen?,
            max_body_bytes: max_body_bytes?,
            max_targets_in_flight: max_targets?,
            grace: Duration::from_secs(grace? as u64),
        })
    }
}
