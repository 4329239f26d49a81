//! What was taken in of an app.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one app.
#[derive(Debug, Default)]
pub struct AppCounters {
    direct: Counter,
    durable: Counter,
}

#[derive(Debug, Default)]
struct Counter {
    pushes: AtomicU64,
    targets: AtomicU64,
}

/// The counters at one moment: pushes and their targets, by mode.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Admissions {
    pub(crate) direct: [u64; 2],
    pub(crate) durable: [u64; 2],
}

// === impl AppCounters ===

impl AppCounters {
    pub(super) fn admit_direct(&self, targets: usize) {
        self.direct.add(targets);
    }

    pub(super) fn admit_durable(&self, targets: usize) {
        self.durable.add(targets);
    }

    pub(crate) fn admitted(&self) -> Admissions {
        Admissions { direct: self.direct.read(), durable: self.durable.read() }
    }
}

// === impl Counter ===

impl Counter {
    fn add(&self, targets: usize) {
        self.pushes.fetch_add(1, Ordering::Relaxed);
        self.targets.fetch_add(targets as u64, Ordering::Relaxed);
    }

    fn read(&self) -> [u64; 2] {
        [self.pushes.load(Ordering::Relaxed), self.targets.load(Ordering::Relaxed)]
    }
}

// === impl Admissions ===

impl Admissions {
    pub(crate) fn add(&mut self, other: Self) {
        for (mine, theirs) in [(&mut self.direct, other.direct), (&mut self.durable, other.durable)] {
            mine[0] += theirs[0];
            mine[1] += theirs[1];
        }
    }
}
