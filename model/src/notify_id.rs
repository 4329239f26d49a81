//! The number that tells notifications of one app apart.

use sha2::{Digest, Sha256};

/// A number that no other push of the app bears, drawn at admission and kept with the push.
///
/// Vendors show one notification per id: a retry that repeats its id replaces what it may have sent before instead of
/// doubling it. Adapters reduce it to their vendor's span with [`NotifySpan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotifyId(pub u64);

/// The numbers a vendor takes as ids: `1..=max`.
///
/// The lower half is for pushes that stand alone, the upper half for replace keys, so that the two never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotifySpan {
    max: u32,
}

// === impl NotifySpan ===

impl NotifySpan {
    /// 31 bits: what a positive Java `int` holds.
    pub const BITS_31: NotifySpan = NotifySpan { max: i32::MAX as u32 };

    /// A span of ids from 1 to `max`; `None` if it is too small to be halved or exceeds 31 bits.
    pub const fn new(max: u32) -> Option<Self> {
        if max >= 2 && max <= Self::BITS_31.max { Some(Self { max }) } else { None }
    }

    /// The id of a push that stands alone.
    pub const fn alone(self, drawn: NotifyId) -> u32 {
        1 + (drawn.0 % self.half() as u64) as u32
    }

    /// The id shared by all pushes with this replace key: the same in every process and version.
    pub fn keyed(self, replace_key: &str) -> u32 {
        let digest = Sha256::digest(replace_key.as_bytes());
        let hash = digest.iter().take(8).fold(0u64, |hash, byte| (hash << 8) | u64::from(*byte));
        let upper = u64::from(self.max - self.half());
        self.half() + 1 + (hash % upper) as u32
    }

    const fn half(self) -> u32 {
        self.max / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_key_gives_the_same_id_for_ever() {
        assert_eq!(NotifySpan::BITS_31.keyed("order-4711"), 2_130_919_827);
    }

    #[test]
    fn ids_that_stand_alone_do_not_repeat_within_the_span() {
        let span = NotifySpan::new(10_000).unwrap();
        let ids: std::collections::HashSet<u32> = (7_000..12_000).map(|n| span.alone(NotifyId(n))).collect();
        assert_eq!(ids.len(), 5_000);
    }

    proptest! {
        #[test]
        fn the_two_halves_never_meet(max in 2u32..=i32::MAX as u32, drawn: u64, key in ".{1,64}") {
            let span = NotifySpan::new(max).unwrap();
            let (alone, keyed) = (span.alone(NotifyId(drawn)), span.keyed(&key));
            prop_assert!((1..=max).contains(&alone) && (1..=max).contains(&keyed));
            prop_assert!(alone < keyed);
        }
    }
}
