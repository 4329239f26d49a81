//! A time of day as the spool keeps it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch; what is finer is cut off, what is earlier becomes the epoch.
///
/// A type of its own, so that what is written and what is read back are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(u64);

// === impl Moment ===

impl Moment {
    /// The epoch: before everything.
    pub const MIN: Moment = Moment(0);
    /// After everything that can be kept.
    pub const MAX: Moment = Moment(i64::MAX as u64);

    /// That many milliseconds since the Unix epoch, at most [`Moment::MAX`].
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// That much earlier, at the earliest the epoch.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// That much later, at the latest [`Moment::MAX`].
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(by)))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        Self::from_millis(time.duration_since(UNIX_EPOCH).map_or(0, millis))
    }
}

impl From<Moment> for SystemTime {
    /// The same moment; where the platform's clock does not reach so far, the epoch plus 200 years.
    fn from(moment: Moment) -> Self {
        let far = Duration::from_secs(200 * 365 * 86_400);
        UNIX_EPOCH.checked_add(Duration::from_millis(moment.0)).unwrap_or(UNIX_EPOCH + far)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_whole_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_nanos(1_999_999);
        assert_eq!(Moment::from(time), Moment::from_millis(1));
        assert_eq!(SystemTime::from(Moment::from(time)), UNIX_EPOCH + Duration::from_millis(1));
    }

    #[test]
    fn nothing_overflows() {
        assert_eq!(Moment::from(UNIX_EPOCH - Duration::from_secs(1)), Moment::MIN);
        assert_eq!(Moment::MAX.after(Duration::MAX), Moment::MAX);
        assert_eq!(Moment::from_millis(5).before(Duration::MAX), Moment::MIN);
        let _ = SystemTime::from(Moment::MAX);
    }
}
