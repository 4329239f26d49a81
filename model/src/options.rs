//! How a push is to be delivered.

use std::time::{Duration, SystemTime};

/// Delivery options; every one of them is optional for the caller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// How long the push is worth delivering. `None`: the vendor's own default. Zero: now or never.
    pub ttl: Option<Duration>,
    /// How urgent it is.
    pub priority: Priority,
    /// Pushes of one app with the same key replace each other on the device; without one every push stands alone.
    /// 1 to 64 bytes (APNs' bound, the narrowest).
    pub replace_key: Option<Box<str>>,
    /// Not before this moment. In the past means now.
    pub send_at: Option<SystemTime>,
    /// What to do with texts that are too long for a vendor.
    pub overflow: Overflow,
}

/// How urgent a push is, for the vendor and in our own queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// May wait until the device wakes.
    Normal,
    /// At once. The default, as a notification is meant to be seen.
    #[default]
    High,
}

/// What to do with a text that a vendor would find too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Refuse the push at that vendor. The default.
    #[default]
    Refuse,
    /// Shorten it on a character boundary and report an adjustment.
    Shorten,
}
