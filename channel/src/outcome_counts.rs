//! Targets by what became of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Outcome;

/// A counter for each word of [`Outcome::WORDS`].
#[derive(Debug, Default)]
pub struct OutcomeCounts([AtomicU64; Outcome::WORDS.len()]);

// === impl OutcomeCounts ===

impl OutcomeCounts {
    /// So many more had that outcome.
    pub fn add(&self, outcome: &Outcome, targets: u64) {
        self.0[outcome.index()].fetch_add(targets, Ordering::Relaxed);
    }

    /// The same by the outcome's index.
    pub fn add_at(&self, index: usize, targets: u64) {
        self.0[index].fetch_add(targets, Ordering::Relaxed);
    }

    /// How many had it.
    pub fn of(&self, outcome: &Outcome) -> u64 {
        self.0[outcome.index()].load(Ordering::Relaxed)
    }

    /// Those that are not zero, by their word.
    pub fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        let counts = Outcome::WORDS.iter().zip(&self.0).map(|(word, count)| (*word, count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}
