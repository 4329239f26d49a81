//! How long things took, in a few buckets: two additions each, no lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many bounds every histogram has.
pub(crate) const BOUNDS: usize = 8;

/// A histogram of durations with fixed bounds.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// Upper bounds in microseconds, rising.
    bounds: &'static [u64; BOUNDS],
    /// How many were within each bound and above the one before; the last of them, beyond all.
    counts: [AtomicU64; BOUNDS + 1],
    sum_micros: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    bounds: &'static [u64; BOUNDS],
    counts: [u64; BOUNDS + 1],
    sum_micros: u64,
}

/// Of calls to vendors: a near vendor answers in some ten milliseconds, and a call is given up after some ten seconds.
pub(crate) const CALL_BOUNDS: [u64; BOUNDS] =
    [25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000];
/// Of waiting in the queue: at once, or until a vendor is back.
pub(crate) const QUEUE_BOUNDS: [u64; BOUNDS] =
    [100_000, 1_000_000, 5_000_000, 30_000_000, 120_000_000, 600_000_000, 3_600_000_000, 21_600_000_000];

// === impl Histogram ===

impl Histogram {
    pub(crate) fn new(bounds: &'static [u64; BOUNDS]) -> Self {
        Self { bounds, counts: Default::default(), sum_micros: AtomicU64::new(0) }
    }

    /// Counts one.
    pub(crate) fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        // All of them are looked at: eight comparisons without a branch cost less than a guess that fails.
        let at = self.bounds.iter().map(|bound| usize::from(micros > *bound)).sum::<usize>();
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Durations {
        Durations {
            bounds: self.bounds,
            counts: std::array::from_fn(|at| self.counts[at].load(Ordering::Relaxed)),
            sum_micros: self.sum_micros.load(Ordering::Relaxed),
        }
    }
}

// === impl Durations ===

impl Durations {
    /// None yet, of calls to vendors.
    pub const CALLS: Self = Self { bounds: &CALL_BOUNDS, counts: [0; BOUNDS + 1], sum_micros: 0 };
    /// None yet, of waiting in the queue.
    pub const QUEUE: Self = Self { bounds: &QUEUE_BOUNDS, counts: [0; BOUNDS + 1], sum_micros: 0 };

    /// How many.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Of all of them together.
    pub fn sum_seconds(&self) -> f64 {
        self.sum_micros as f64 / 1e6
    }

    /// The upper bound of each bucket in seconds, infinity last, and how many lie in it alone.
    pub fn buckets(&self) -> [(f64, u64); 9] {
        let bound = |at: usize| self.bounds.get(at).map_or(f64::INFINITY, |micros| *micros as f64 / 1e6);
        std::array::from_fn(|at| (bound(at), self.counts[at]))
    }

    /// Takes those of another in, which has the same bounds.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        self.sum_micros += other.sum_micros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let histogram = Histogram::new(&CALL_BOUNDS);
        for millis in [0, 25, 26, 10_000, 10_001, 3_600_000] {
            histogram.record(Duration::from_millis(millis));
        }
        let durations = histogram.snapshot();
        let counts = durations.buckets().map(|(_, count)| count);
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!((durations.count(), durations.sum_seconds()), (6, 3620.052));
        assert_eq!(durations.buckets()[0].0, 0.025);
        assert!(durations.buckets()[8].0.is_infinite());
    }

    #[test]
    fn bounds_rise() {
        assert!(CALL_BOUNDS.is_sorted() && QUEUE_BOUNDS.is_sorted());
    }
}
