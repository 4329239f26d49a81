//! How long to wait before the next try.

use std::time::Duration;

use crate::backoff;

/// Waits that double, each shortened by chance so that receivers are not tried by everyone in one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

/// A receiver may ask for a longer wait, up to this.
const MAX_ASKED: Duration = Duration::from_hours(1);

// === impl Backoff ===

impl Backoff {
    pub(super) const DEFAULT: Self = Self::new(Duration::from_secs(1), Duration::from_mins(10));

    /// `first` after the first failure, doubling up to `most`.
    pub(super) const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// Failures since the last success.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// Notes a failure and says how long to wait: at least as long as the receiver asks for.
    pub(super) fn fail(&mut self, asked: Option<Duration>) -> Duration {
        let wait = backoff::wait(self.first, self.most, self.failures, backoff::chance());
        self.failures = self.failures.saturating_add(1);
        wait.max(asked.unwrap_or_default().min(MAX_ASKED))
    }

    pub(super) const fn succeed(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let mut backoff = Backoff::DEFAULT;
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
            let wait = backoff.fail(None);
            let most = Duration::from_secs(seconds);
            assert!(wait >= most / 2 && wait <= most, "{wait:?} of {most:?}");
        }
        (0..100).for_each(|_| assert!(backoff.fail(None) <= Duration::from_mins(10)));
        backoff.succeed();
        assert!(backoff.fail(None) <= Duration::from_secs(1));
    }

    #[test]
    fn what_the_receiver_asks_for_is_the_least_within_an_hour() {
        let mut backoff = Backoff::DEFAULT;
        assert_eq!(backoff.fail(Some(Duration::from_secs(30))), Duration::from_secs(30));
        assert_eq!(backoff.fail(Some(Duration::from_secs(99_999))), MAX_ASKED);
        assert!(backoff.fail(Some(Duration::ZERO)) >= Duration::from_secs(2));
    }
}
