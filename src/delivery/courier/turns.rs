//! Whose turn it is: urgent before ordinary, first attempts before retries, and nobody starves.

use model::Priority;

/// Where a part comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Its first attempt, at once.
    Fresh,
    /// A retry, or what was to be sent later.
    Timed,
}

/// Gives turns.
#[derive(Debug, Default)]
pub(super) struct Turns {
    given: u32,
}

/// Of so many turns ordinary pushes have one before the urgent ones.
const ORDINARY: u32 = 16;
/// Of so many turns retries have one before first attempts: their share while first attempts wait. Without any, they have all.
const RETRIES: u32 = 5;

/// Whether ordinary pushes come first after so many turns.
pub(super) const fn is_ordinary_turn(given: u32) -> bool {
    given % ORDINARY == ORDINARY - 1
}

// === impl Turns ===

impl Turns {
    /// The lanes in the order in which they are to be looked at for the next turn.
    pub(super) fn order(&self) -> [(Priority, Kind); 4] {
        let (first, second) = match is_ordinary_turn(self.given) {
            true => (Priority::Normal, Priority::High),
            false => (Priority::High, Priority::Normal),
        };
        let (kind, other) = match self.given % RETRIES == RETRIES - 1 {
            true => (Kind::Timed, Kind::Fresh),
            false => (Kind::Fresh, Kind::Timed),
        };
        [(first, kind), (first, other), (second, kind), (second, other)]
    }

    /// A turn was taken.
    pub(super) fn taken(&mut self) {
        self.given = self.given.wrapping_add(1) % (ORDINARY * RETRIES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_has_its_share_when_all_of_them_wait() {
        let mut turns = Turns::default();
        let mut shares = std::collections::HashMap::new();
        for _ in 0..80 {
            *shares.entry(turns.order()[0]).or_insert(0) += 1;
            turns.taken();
        }
        assert_eq!(shares[&(Priority::High, Kind::Fresh)], 60);
        assert_eq!(shares[&(Priority::High, Kind::Timed)], 15);
        assert_eq!(shares[&(Priority::Normal, Kind::Fresh)], 4);
        assert_eq!(shares[&(Priority::Normal, Kind::Timed)], 1);
    }
}
