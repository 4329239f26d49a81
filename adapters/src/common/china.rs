//! The day in China, for Mi and Meizu.
//!
//! Both say that an allowance is one "of a day" without saying whose; that it is the day of the vendor's country is our
//! reading.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_OF_A_DAY: u64 = 86_400;

/// One time zone, UTC+8, without summer time.
const OFFSET_SECONDS: u64 = 8 * 3600;

/// When the next day begins there.
pub(crate) fn midnight(now: SystemTime) -> Option<SystemTime> {
    let seconds = now.duration_since(UNIX_EPOCH).ok()?.as_secs() + OFFSET_SECONDS;
    let midnight = (seconds / SECONDS_OF_A_DAY + 1) * SECONDS_OF_A_DAY - OFFSET_SECONDS;
    UNIX_EPOCH.checked_add(Duration::from_secs(midnight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_day_begins_at_sixteen_hours_utc() {
        // 2026-11-22T16:00:00Z
        const MIDNIGHT: u64 = 1_795_363_200;
        let next = |seconds: u64| midnight(UNIX_EPOCH + Duration::from_secs(seconds));
        let at = |seconds: u64| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(next(MIDNIGHT - 1), at(MIDNIGHT));
        assert_eq!(next(MIDNIGHT), at(MIDNIGHT + 86_400));
    }
}
