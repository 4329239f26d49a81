//! What the vendor counts per device: five messages in a minute, three public ones in a day (since 2025-05-07).
//!
//! Kept for pushIds that ask for it by their prefix alone, so that a test that sends much to one device is not surprised.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use time::{Date, Duration, OffsetDateTime, UtcOffset};

use super::codes;

const PER_MINUTE: usize = 5;
const PUBLIC_PER_DAY: u32 = 3;
/// More devices than that are counted from the start again.
const DEVICES_MAX: usize = 100_000;
/// The vendor's day; that it is China's is a guess.
const CHINA_HOURS: i8 = 8;

/// The counts of every device.
#[derive(Default)]
pub(super) struct Limits {
    devices: Mutex<HashMap<String, Device>>,
}

#[derive(Default)]
struct Device {
    /// Taken within the last minute.
    minute: VecDeque<OffsetDateTime>,
    /// Public ones taken that day.
    day: Option<(Date, u32)>,
}

// === impl Limits ===

impl Limits {
    /// Counts a message to a device, or says with which code it is not taken. Those do not count.
    pub(super) fn take(&self, push_id: &str, public: bool, now: OffsetDateTime) -> Result<(), i64> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if devices.len() >= DEVICES_MAX {
            devices.clear();
        }
        devices.entry(push_id.to_owned()).or_default().take(public, now)
    }
}

// === impl Device ===

impl Device {
    fn take(&mut self, public: bool, now: OffsetDateTime) -> Result<(), i64> {
        let today = now.to_offset(UtcOffset::from_hms(CHINA_HOURS, 0, 0).unwrap_or(UtcOffset::UTC)).date();
        let sent_today = self.day.filter(|(date, _)| *date == today).map_or(0, |(_, count)| count);
        if public && sent_today >= PUBLIC_PER_DAY {
            return Err(codes::PUBLIC_LIMIT);
        }
        while self.minute.front().is_some_and(|at| now - *at >= Duration::MINUTE) {
            self.minute.pop_front();
        }
        if self.minute.len() >= PER_MINUTE {
            return Err(codes::FOLDED);
        }
        self.minute.push_back(now);
        if public {
            self.day = Some((today, sent_today + 1));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 00:00 in China.
    const MIDNIGHT: i64 = 1_799_942_400;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(MIDNIGHT + seconds).unwrap()
    }

    #[test]
    fn the_sixth_message_of_a_minute_is_folded() {
        let limits = Limits::default();
        for second in 0..5 {
            assert_eq!(limits.take("a", false, at(second)), Ok(()));
        }
        assert_eq!(limits.take("a", false, at(59)), Err(codes::FOLDED));
        assert_eq!(limits.take("b", false, at(59)), Ok(()));
        assert_eq!(limits.take("a", false, at(60)), Ok(()));
        assert_eq!(limits.take("a", false, at(60)), Err(codes::FOLDED));
    }

    #[test]
    fn the_fourth_public_message_of_a_day_is_refused() {
        let limits = Limits::default();
        for hour in 0..3 {
            assert_eq!(limits.take("a", true, at(hour * 3600)), Ok(()));
        }
        assert_eq!(limits.take("a", true, at(86_399)), Err(codes::PUBLIC_LIMIT));
        assert_eq!(limits.take("a", false, at(86_399)), Ok(()));
        assert_eq!(limits.take("a", true, at(86_400)), Ok(()));
    }
}
