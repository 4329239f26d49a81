//! Targets of some settlements by their outcome, until those are durable.

use model::Outcome;

/// A number for each word of [`Outcome::WORDS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally([u32; Outcome::WORDS.len()]);

// === impl Tally ===

impl Tally {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.0[outcome.index()] += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// By the outcome's index.
    pub(super) fn counts(&self) -> impl Iterator<Item = (usize, u64)> {
        self.0.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, count)| (at, u64::from(*count)))
    }
}
