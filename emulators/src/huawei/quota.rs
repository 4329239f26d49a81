//! What one app may send as test messages in a day. Days are China's.

use std::sync::{Mutex, MutexGuard, PoisonError};

const DAY_SECS: u64 = 86_400;
/// UTC+8.
const OFFSET_SECS: u64 = 8 * 3600;

/// A count that starts anew every day.
pub(super) struct DayQuota {
    most: u64,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    day: u64,
    count: u64,
}

// === impl DayQuota ===

impl DayQuota {
    pub(super) fn new(most: u64) -> Self {
        Self { most, used: Mutex::default() }
    }

    /// Whether so many more go.
    pub(super) fn has_room(&self, now: u64, more: u64) -> bool {
        self.today(now).count + more <= self.most
    }

    /// Notes so many as sent.
    pub(super) fn spend(&self, now: u64, count: u64) {
        self.today(now).count += count;
    }

    fn today(&self, now: u64) -> MutexGuard<'_, Used> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let day = (now + OFFSET_SECS) / DAY_SECS;
        if used.day != day {
            *used = Used { day, count: 0 };
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let quota = DayQuota::new(2);
        let evening = 20_000 * DAY_SECS + 16 * 3600 - 1;
        quota.spend(evening, 2);
        assert!(!quota.has_room(evening, 1));
        assert!(quota.has_room(evening + 1, 2));
        assert!(!quota.has_room(evening + 1, 3));
    }
}
