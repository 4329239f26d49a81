//! What is kept for how long.

use std::time::Duration;

/// How long finished things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Pushes, their results and their ids, from when they were settled.
    pub pushes: Duration,
    /// Events, from when they were logged.
    pub events: Duration,
}

/// What one purge removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Pushes; at most [`MAX_PURGED_PUSHES`](crate::MAX_PURGED_PUSHES).
    pub pushes: u64,
    /// Events; at most [`MAX_PURGED_EVENTS`](crate::MAX_PURGED_EVENTS).
    pub events: u64,
    /// Whether more may be left: call again, perhaps after letting others through.
    pub more: bool,
}
