//! What settling has to know of pushes that were admitted lately, without asking the disk.

/// How many pushes are remembered, as a power of two.
const REMEMBERED: usize = 1 << 16;

/// What is known of a push of one channel that no settlement with results has left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) seq: i64,
    pub(super) channel: i64,
    pub(super) priority: i64,
    /// When its part was due at first.
    pub(super) due: i64,
}

/// The pushes of one channel among the last that were admitted, until they have results.
///
/// What it tells stays true for as long as the push is open; whether it is, the disk must say. So a settlement that ends
/// a push, a purge and a rollback may leave it as it is: a number that was taken back is drawn again at once, and then
/// overwritten.
#[derive(Debug)]
pub(super) struct Recent {
    slots: Vec<Known>,
}

// === impl Recent ===

impl Recent {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Remembers a push that was admitted, whether it is to be found or, having several channels, not.
    pub(super) fn remember(&mut self, seq: i64, known: Option<Known>) {
        let slot = Self::slot(seq);
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, Known::default());
        }
        self.slots[slot] = known.unwrap_or_default();
    }

    pub(super) fn find(&self, seq: i64) -> Option<Known> {
        self.slots.get(Self::slot(seq)).copied().filter(|known| known.seq == seq && seq > 0)
    }

    /// Forgets a push: from now on the disk is asked.
    pub(super) fn forget(&mut self, seq: i64) {
        if self.find(seq).is_some() {
            self.remember(seq, None);
        }
    }

    fn slot(seq: i64) -> usize {
        seq.unsigned_abs() as usize % REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_known_until_its_place_is_taken() {
        let mut recent = Recent::new();
        let known = |seq| Known { seq, channel: 2, priority: 1, due: 7 };
        recent.remember(5, Some(known(5)));
        assert_eq!((recent.find(5), recent.find(6), recent.find(0)), (Some(known(5)), None, None));
        recent.forget(6 + REMEMBERED as i64);
        recent.forget(5 + REMEMBERED as i64);
        assert_eq!(recent.find(5), Some(known(5)));
        let later = 5 + REMEMBERED as i64;
        assert_eq!(recent.find(later), None);
        recent.remember(later, None);
        assert_eq!((recent.find(5), recent.find(later)), (None, None));
        recent.remember(5, Some(known(5)));
        recent.forget(5);
        assert_eq!(recent.find(5), None);
    }
}
