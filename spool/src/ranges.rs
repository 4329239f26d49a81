//! Sets of target indices, kept as ranges.

use std::ops::RangeInclusive;

/// A set of target indices as disjoint ranges in ascending order: small, because targets settle in blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetRanges(Vec<(u32, u32)>);

// === impl TargetRanges ===

impl TargetRanges {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many indices are in it.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Whether this index is in it.
    pub fn contains(&self, target: u32) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= target);
        after.checked_sub(1).is_some_and(|at| self.0[at].1 >= target)
    }

    /// The ranges.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<u32>> + '_ {
        self.0.iter().map(|(first, last)| *first..=*last)
    }

    /// Takes in ranges as they are; [`normalise`](Self::normalise) must follow.
    pub(crate) fn push_ranges(&mut self, ranges: impl IntoIterator<Item = RangeInclusive<u32>>) {
        self.0.extend(ranges.into_iter().map(|range| (*range.start(), *range.end())));
    }

    /// Puts ranges in any order into the form promised: sorted, disjoint, neighbours joined.
    pub(crate) fn normalise(&mut self) {
        self.0.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for (first, last) in self.0.drain(..) {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        self.0 = joined;
    }
}

impl FromIterator<u32> for TargetRanges {
    /// In any order.
    fn from_iter<I: IntoIterator<Item = u32>>(targets: I) -> Self {
        let mut ranges = Self(Vec::new());
        for target in targets {
            match ranges.0.last_mut() {
                Some(before) if before.1.checked_add(1) == Some(target) => before.1 = target,
                _ => ranges.0.push((target, target)),
            }
        }
        ranges.normalise();
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined() {
        let ranges: TargetRanges = [5, 1, 2, 3, 9, 4, 3].into_iter().collect();
        assert_eq!(ranges.ranges().collect::<Vec<_>>(), [1..=5, 9..=9]);
        assert_eq!(ranges.len(), 6);
    }

    #[test]
    fn membership_knows_the_edges() {
        let ranges: TargetRanges = [0, 1, u32::MAX].into_iter().collect();
        for (target, within) in [(0, true), (1, true), (2, false), (u32::MAX - 1, false), (u32::MAX, true)] {
            assert_eq!(ranges.contains(target), within, "{target}");
        }
        assert!(!TargetRanges::default().contains(0));
    }
}
