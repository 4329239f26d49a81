//! A token bucket, shared by whoever is bound by one rate.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// So many permits a second, and so many at once. Permits are handed out in the order of asking: who takes his does so
/// at once and is told how long to wait before using it, unless he only [tries](Self::try_take).
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    /// As many are in it when it is full.
    brim: f64,
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
    /// A full bucket that holds a second's worth. `per_second` must be above zero.
    pub(crate) fn new(per_second: f64) -> Self {
        Self::with_brim(per_second, per_second.max(1.0))
    }

    /// A full bucket that holds so many. `per_second` must be above zero, `brim` at least one.
    pub fn with_brim(per_second: f64, brim: f64) -> Self {
        let level = Level { permits: brim, at: Instant::now() };
        Self { per_second, brim, level: Mutex::new(level) }
    }

    /// Takes permits if they are there; else tells when they will be, if nobody else takes any.
    pub fn try_take(&self, permits: f64) -> Result<(), Duration> {
        let mut level = self.level.lock().expect("no one panics while holding it");
        self.fill(&mut level);
        if level.permits >= permits {
            level.permits -= permits;
            return Ok(());
        }
        // Not a nanosecond short when the time is over.
        let missing = (permits - level.permits) / self.per_second;
        Err(Duration::from_secs_f64(missing) + Duration::from_nanos(1))
    }

    /// What is in it, and how long until it is full.
    pub fn level(&self) -> (f64, Duration) {
        let mut level = self.level.lock().expect("no one panics while holding it");
        self.fill(&mut level);
        let missing = (self.brim - level.permits).max(0.0) / self.per_second;
        (level.permits.max(0.0), Duration::from_secs_f64(missing))
    }

    /// Takes permits; they may be used after the time returned.
    pub(crate) fn take(&self, permits: f64) -> Duration {
        let mut level = self.level.lock().expect("no one panics while holding it");
        self.fill(&mut level);
        level.permits -= permits;
        Duration::from_secs_f64((-level.permits / self.per_second).max(0.0))
    }

    fn fill(&self, level: &mut Level) {
        let now = Instant::now();
        let gained = now.duration_since(level.at).as_secs_f64() * self.per_second;
        level.permits = (level.permits + gained).min(self.brim);
        level.at = now;
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
