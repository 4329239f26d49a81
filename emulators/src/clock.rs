//! The wall clock, as the vendors' claims and limits count it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Since 1970.
pub(crate) fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Whole seconds since 1970, signed as JWTs have them.
pub(crate) fn unix_secs() -> i64 {
    i64::try_from(unix().as_secs()).unwrap_or(i64::MAX)
}
