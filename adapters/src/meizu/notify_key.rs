//! `advanceInfo.notifyKey`: of the notifications with the same key only the latest stays visible.
//!
//! Eight characters of 64, so 48 bits. The first bit tells pushes with a replace key from those that stand alone, so that
//! the two never meet. Every push bears a key: what is sent a second time then replaces what may have been shown.

use md5::{Digest, Md5};
use model::NotifyId;

/// What the vendor allows: `[0-9A-Za-z_-]`.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Set in the number of a key that stands for a replace key.
const KEYED: u64 = 1 << 47;

/// Characters of a key, and bits of each.
const CHARS: u32 = 8;
const BITS: u32 = 6;

/// The key of all pushes with this replace key: the same in every process and version.
pub(super) fn keyed(replace_key: &str) -> String {
    let digest = Md5::digest(replace_key.as_bytes());
    let hash = digest.iter().take(6).fold(0u64, |hash, byte| (hash << 8) | u64::from(*byte));
    text(KEYED | hash)
}

/// The key of a push that stands alone: repeats after 140 million million pushes of the app.
pub(super) fn alone(id: NotifyId) -> String {
    text(id.0 & (KEYED - 1))
}

fn text(number: u64) -> String {
    let digit = |place: u32| (number >> (place * BITS)) & 0x3f;
    (0..CHARS).rev().map(|place| char::from(ALPHABET[digit(place) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_key_gives_the_same_text_for_ever() {
        assert_eq!(keyed("order-4711"), "mJQ4ucaS");
        assert_eq!(alone(NotifyId(4711)), "AAAAABJn");
    }

    proptest! {
        #[test]
        fn keys_are_well_formed_and_the_two_kinds_never_meet(drawn: u64, key in ".{1,64}") {
            let (alone, keyed) = (alone(NotifyId(drawn)), keyed(&key));
            for text in [&alone, &keyed] {
                prop_assert!(text.len() == 8 && text.bytes().all(|byte| ALPHABET.contains(&byte)));
            }
            prop_assert!(matches!(alone.as_bytes()[0], b'A'..=b'Z' | b'a'..=b'f'));
            prop_assert!(matches!(keyed.as_bytes()[0], b'g'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        }
    }
}
