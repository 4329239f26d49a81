//! How results lie in a row: the targets as ranges, the outcomes in the same order with equal neighbours kept once.
//!
//! All numbers are LEB128 varints. Ranges: distance from the end of the one before, then length less one. Outcomes: how
//! many targets share it, its length, its bytes.

use bytes::Bytes;

use crate::{TargetRanges, TargetResult};

/// The two columns of a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) ranges: Vec<u8>,
    pub(super) outcomes: Vec<u8>,
}

// === impl Chunk ===

impl Chunk {
    /// Packs results; of two for one target the first stands.
    pub(super) fn pack(results: &[TargetResult]) -> Self {
        let mut sorted: Vec<&TargetResult> = results.iter().collect();
        sorted.sort_by_key(|result| result.target);
        sorted.dedup_by_key(|result| result.target);
        // What they take if all outcomes differ, with numbers below 2^14; the rows of equal ones are short anyway.
        let bytes = sorted.iter().map(|result| result.outcome.len() + 3).sum::<usize>().min(64 << 10);
        let mut chunk = Self { ranges: Vec::with_capacity(4), outcomes: Vec::with_capacity(bytes) };
        let mut end = 0;
        for run in sorted.chunk_by(|one, next| one.target.checked_add(1) == Some(next.target)) {
            let first = u64::from(run[0].target);
            write(&mut chunk.ranges, first - end);
            write(&mut chunk.ranges, run.len() as u64 - 1);
            end = first + run.len() as u64;
        }
        for run in sorted.chunk_by(|one, next| one.outcome == next.outcome) {
            write(&mut chunk.outcomes, run.len() as u64);
            write(&mut chunk.outcomes, run[0].outcome.len() as u64);
            chunk.outcomes.extend_from_slice(&run[0].outcome);
        }
        chunk
    }
}

/// The targets of a row; `None` if these are not bytes that were packed here.
pub(super) fn targets(mut ranges: &[u8]) -> Option<Vec<std::ops::RangeInclusive<u32>>> {
    let mut found = Vec::new();
    let mut end = 0_u64;
    while !ranges.is_empty() {
        let first = end.checked_add(read(&mut ranges)?)?;
        let last = first.checked_add(read(&mut ranges)?)?;
        found.push(u32::try_from(first).ok()?..=u32::try_from(last).ok()?);
        end = last + 1;
    }
    Some(found)
}

/// The outcomes of a row, one for each target.
pub(super) fn outcomes(ranges: &[u8], mut packed: &[u8]) -> Option<Vec<(u32, Bytes)>> {
    let mut found = Vec::new();
    let mut targets = targets(ranges)?.into_iter().flatten();
    while !packed.is_empty() {
        let count = read(&mut packed)?;
        let length = usize::try_from(read(&mut packed)?).ok()?;
        let (outcome, rest) = packed.split_at_checked(length)?;
        packed = rest;
        let outcome = Bytes::copy_from_slice(outcome);
        for _ in 0..count {
            found.push((targets.next()?, outcome.clone()));
        }
    }
    targets.next().is_none().then_some(found)
}

/// Puts the targets of a row into a set, which is to be normalised at the end.
pub(super) fn collect(ranges: &[u8], into: &mut TargetRanges) -> Option<()> {
    into.push_ranges(targets(ranges)?);
    Some(())
}

/// Appends a varint.
pub(super) fn write(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Takes a varint from the front.
pub(super) fn read(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_packed_is_read_back(picked in prop::collection::vec((any::<u32>(), 0_u8..3), 0..60), dense: bool) {
            let outcome = |kind: u8| Bytes::from(vec![kind; usize::from(kind) * 100]);
            let target = |target: u32| if dense { target % 50 } else { target };
            let results: Vec<TargetResult> =
                picked.iter().map(|(at, kind)| TargetResult { target: target(*at), outcome: outcome(*kind) }).collect();
            let chunk = Chunk::pack(&results);
            let mut want = std::collections::BTreeMap::new();
            for result in results {
                want.entry(result.target).or_insert(result.outcome);
            }
            let got = outcomes(&chunk.ranges, &chunk.outcomes);
            prop_assert_eq!(got, Some(want.into_iter().collect::<Vec<_>>()));
        }

        #[test]
        fn rubbish_is_refused_and_not_believed(ranges: Vec<u8>, packed: Vec<u8>) {
            if targets(&ranges).is_some_and(|found| found.iter().all(|range| range.end() - range.start() < 1000)) {
                let _ = outcomes(&ranges, &packed);
            }
        }
    }

    #[test]
    fn a_thousand_equal_outcomes_take_a_few_bytes() {
        let result = |target| TargetResult { target, outcome: Bytes::from_static(b"accepted") };
        let chunk = Chunk::pack(&(0..1000).map(result).collect::<Vec<_>>());
        assert!(chunk.ranges.len() + chunk.outcomes.len() < 20, "{chunk:?}");
    }
}
