//! Writing DER. Whatever is written may hold a key, so all of it is wiped on drop.

use zeroize::Zeroizing;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, constructed when explicit, primitive when implicit.
pub(super) const CONTEXT_0: u8 = 0xa0;
pub(super) const CONTEXT_0_PRIMITIVE: u8 = 0x80;
pub(super) const NULL: &[u8] = &[0x05, 0x00];

pub(super) type Der = Zeroizing<Vec<u8>>;

/// An element of these parts.
pub(super) fn wrap(tag: u8, parts: &[&[u8]]) -> Der {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bytes = length.to_be_bytes();
    let significant = &bytes[(length.leading_zeros() / 8) as usize..];
    // Room for all at once: growing would leave copies behind that nobody wipes.
    let mut element = Zeroizing::new(Vec::with_capacity(length + bytes.len() + 2));
    element.push(tag);
    match (length, u8::try_from(length)) {
        (..0x80, Ok(short)) => element.push(short),
        _ => {
            element.push(0x80 | significant.len().to_le_bytes()[0]);
            element.extend_from_slice(significant);
        }
    }
    parts.iter().for_each(|part| element.extend_from_slice(part));
    element
}

/// An INTEGER that is not negative.
pub(super) fn integer(number: u32) -> Der {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let significant = &bytes[start..];
    match significant[0] {
        0x80.. => wrap(INTEGER, &[&[0], significant]),
        _ => wrap(INTEGER, &[significant]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        for (length, head) in [(0, &[4, 0][..]), (127, &[4, 127]), (128, &[4, 0x81, 128]), (300, &[4, 0x82, 1, 44])] {
            let element = wrap(OCTET_STRING, &[&vec![7; length]]);
            assert_eq!((&element[..head.len()], element.len()), (head, head.len() + length));
        }
    }

    #[test]
    fn numbers_do_not_become_negative() {
        assert_eq!(*integer(0), [2, 1, 0]);
        assert_eq!(*integer(128), [2, 2, 0, 128]);
        assert_eq!(*integer(100_000), [2, 3, 1, 0x86, 0xa0]);
    }
}
