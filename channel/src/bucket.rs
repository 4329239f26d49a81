//! A token bucket shared by all clones of a channel.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// So many permits a second, up to one second's worth at once. Permits are handed out in the order of asking: who asks
/// takes his at once and is told how long to wait before using it.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    /// Below zero: promised to those who wait.
    permits: f64,
    at: Instant,
}

// === impl Bucket ===

impl Bucket {
    /// A full bucket. `per_second` must be above zero.
    pub(crate) fn new(per_second: f64) -> Self {
        let level = Level { permits: per_second.max(1.0), at: Instant::now() };
        Self { per_second, level: Mutex::new(level) }
    }

    /// Takes permits; they may be used after the time returned.
    pub(crate) fn take(&self, permits: f64) -> Duration {
        let mut level = self.level.lock().expect("no one panics while holding it");
        let now = Instant::now();
        let gained = now.duration_since(level.at).as_secs_f64() * self.per_second;
        level.permits = (level.permits + gained).min(self.per_second.max(1.0)) - permits;
        level.at = now;
        Duration::from_secs_f64((-level.permits / self.per_second).max(0.0))
    }

    /// Gives back permits that were not used.
    pub(crate) fn give_back(&self, permits: f64) {
        self.level.lock().expect("no one panics while holding it").permits += permits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_of_permits_is_free_and_the_rest_waits() {
        let bucket = Bucket::new(10.0);
        for _ in 0..10 {
            assert_eq!(bucket.take(1.0), Duration::ZERO);
        }
        assert_eq!(bucket.take(1.0), Duration::from_millis(100));
        assert_eq!(bucket.take(1.0), Duration::from_millis(200));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(bucket.take(10.0), Duration::ZERO, "a long rest fills it, but not over its brim");
        assert_eq!(bucket.take(1.0), Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_serves_the_next() {
        let bucket = Bucket::new(1.0);
        bucket.take(1.0);
        bucket.give_back(1.0);
        assert_eq!(bucket.take(1.0), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn never_faster_than_the_rate(per_second in 1.0f64..5_000.0, takes in prop::collection::vec(1u32..50, 1..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let bucket = Bucket::new(per_second);
                let total: u32 = takes.iter().sum();
                let wait = takes.iter().map(|permits| bucket.take(f64::from(*permits))).last().unwrap_or_default();
                let least = (f64::from(total) - per_second.max(1.0)) / per_second;
                assert!(wait.as_secs_f64() >= least - 1e-6, "{wait:?} {least}");
            });
        }
    }
}
