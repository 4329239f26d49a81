//! What is done once for all pushes that a commit settles: their bodies are dropped, and it is written down when they
//! will be forgotten.
//!
//! Pushes that are settled together were mostly admitted together, so their numbers are neighbours.

use crate::MAX_PURGED_PUSHES;

use super::chunk;
use super::executor::Executor;
use super::failure::Failure;

/// Pushes settled by the running transaction: when, and which.
pub(super) type Ended = Vec<(i64, i64)>;

// === impl Executor ===

impl Executor<'_> {
    /// Writes down what the transaction has settled so far.
    pub(super) fn finish_ended(&mut self) -> Result<(), Failure> {
        let mut ended = std::mem::take(&mut self.ended);
        ended.sort_unstable_by_key(|(_, seq)| *seq);
        for run in ended.chunk_by(|one, next| one.1 + 1 == next.1) {
            self.run.remove_bodies.execute((run[0].1, run[run.len() - 1].1))?;
        }
        ended.sort_by_key(|(at, _)| *at);
        for together in ended.chunk_by(|one, next| one.0 == next.0) {
            let seqs: Vec<i64> = together.iter().map(|(_, seq)| *seq).collect();
            // No row holds more than one purge removes, so that it need not be written anew many times.
            for seqs in seqs.chunks(MAX_PURGED_PUSHES) {
                self.add_settled(together[0].0, seqs)?;
            }
        }
        ended.clear();
        self.ended = ended;
        Ok(())
    }

    /// Writes down pushes that were settled at that time, in ascending order.
    pub(super) fn add_settled(&mut self, at: i64, seqs: &[i64]) -> Result<(), Failure> {
        let Some(first) = seqs.first() else { return Ok(()) };
        self.run.add_settled.execute((at, first, pack(seqs)))?;
        Ok(())
    }
}

/// All but the first.
fn pack(seqs: &[i64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(seqs.len());
    for pair in seqs.windows(2) {
        chunk::write(&mut packed, pair[0].abs_diff(pair[1]));
    }
    packed
}

/// The first and those packed after it; `None` if these are not bytes that were packed here.
pub(super) fn unpack(first: i64, mut packed: &[u8]) -> Option<Vec<i64>> {
    let mut seqs = vec![first];
    let mut last = first;
    while !packed.is_empty() {
        last = last.checked_add_unsigned(chunk::read(&mut packed)?)?;
        seqs.push(last);
    }
    Some(seqs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_back() {
        for seqs in [vec![7], vec![1, 2, 3], vec![1, 200, 100_000, i64::MAX]] {
            assert_eq!(unpack(seqs[0], &pack(&seqs)), Some(seqs));
        }
        assert_eq!(unpack(1, &[0x80]), None);
        assert_eq!(unpack(i64::MAX, &[1]), None);
    }
}
