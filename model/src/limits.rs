//! What one channel of a vendor bears.

use std::time::Duration;

/// The bounds of a channel: the vendor's, where it states them, else ours. Configuration may override most of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Targets in one request; 1 where the vendor takes a single device.
    pub targets_per_call: usize,
    /// Bytes of one payload.
    pub payload_bytes: usize,
    /// Requests or targets a second; `None` where the vendor states no figure.
    pub rate_per_second: Option<f64>,
    /// What the rate counts.
    pub rate_unit: RateUnit,
    /// How the vendor is reached.
    pub transport: TransportKind,
    /// Requests in flight on the channel.
    pub max_in_flight: usize,
    /// Time for one request, from handing it to a connection to the end of the answer.
    pub timeout: Duration,
}

/// What a vendor's rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateUnit {
    /// HTTP requests.
    Requests,
    /// Device tokens.
    Targets,
}

/// How a vendor is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// One request per device over a small pool of HTTP/2 connections.
    Pool {
        /// Connections at most.
        connections: usize,
        /// Streams in flight on one connection at most, whatever the vendor allows.
        streams: usize,
        /// One stream only until the first answer on a connection.
        starts_at_one: bool,
        /// A connection is replaced at this age.
        max_age: Duration,
        /// PING on a quiet connection after this time.
        ping_interval: Duration,
        /// A PING unanswered for this long ends the connection.
        ping_timeout: Duration,
    },
    /// Many devices per request over an ordinary HTTP client.
    Batch {
        /// Idle connections kept at most.
        connections: usize,
        /// An idle connection is closed after this time.
        idle: Duration,
    },
}
