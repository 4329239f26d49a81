//! `[server]`

use std::net::SocketAddr;
use std::time::Duration;

use model::Path;
use model::parse::Faults;
use serde::Deserialize;
use serde_json::{Map, Value};

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
    /// Connections that may be open at once; beyond it new ones wait to be accepted.
    pub max_connections: usize,
    /// How long a caller may take for the head of a request, and may leave an HTTP/1.1 connection idle.
    pub header_timeout: Duration,
    /// How long the body of a request that is no stream may take.
    pub body_timeout: Duration,
    /// The longest head of a request, in bytes.
    pub max_header_bytes: u32,
    /// Requests that one HTTP/2 connection may have under way.
    pub max_streams_per_connection: u32,
    /// How often an HTTP/2 connection is asked whether it is still there.
    pub ping_interval: Duration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Raw {
    listen: Option<String>,
    max_body_bytes: Option<u64>,
    max_targets_in_flight: Option<u64>,
    grace_seconds: Option<u64>,
    max_connections: Option<u64>,
    header_timeout_seconds: Option<u64>,
    body_timeout_seconds: Option<u64>,
    max_header_bytes: Option<u64>,
    max_streams_per_connection: Option<u64>,
    ping_interval_seconds: Option<u64>,
    pub(crate) tls: Option<Map<String, Value>>,
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
        let max_connections = bounded("max_connections", raw.max_connections, 10_000, 1, 1_000_000);
        let header_timeout = bounded("header_timeout_seconds", raw.header_timeout_seconds, 30, 1, 600);
        let body_timeout = bounded("body_timeout_seconds", raw.body_timeout_seconds, 30, 1, 600);
        // The least that the HTTP library can do with.
        let max_header_bytes = bounded("max_header_bytes", raw.max_header_bytes, 64 << 10, 8 << 10, 1 << 20);
        let max_streams = bounded("max_streams_per_connection", raw.max_streams_per_connection, 200, 1, 100_000);
        let ping_interval = bounded("ping_interval_seconds", raw.ping_interval_seconds, 20, 1, 3600);
        Some(Self {
            listen: listen?,
            max_body_bytes: max_body_bytes?,
            max_targets_in_flight: max_targets?,
            grace: Duration::from_secs(grace? as u64),
            max_connections: max_connections?,
            header_timeout: Duration::from_secs(header_timeout? as u64),
            body_timeout: Duration::from_secs(body_timeout? as u64),
            max_header_bytes: u32::try_from(max_header_bytes?).ok()?,
            max_streams_per_connection: u32::try_from(max_streams?).ok()?,
            ping_interval: Duration::from_secs(ping_interval? as u64),
        })
    }
}
