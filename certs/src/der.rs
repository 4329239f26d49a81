//! Writing DER. Whatever is written may hold a key, so all of it is wiped on drop.

use zeroize::Zeroizing;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed when explicit, primitive when implicit.
pub(crate) const CONTEXT_0: u8 = 0xa0;
pub(crate) const CONTEXT_0_PRIMITIVE: u8 = 0x80;
/// The whole of a NULL.
pub(crate) const NULL: &[u8] = &[0x05, 0x00];

pub(crate) type Der = Zeroizing<Vec<u8>>;

/// One element: tag, shortest length, contents.
pub(crate) fn element(tag: u8, contents: &[&[u8]]) -> Der {
    let length: usize = contents.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    // Room for all at once: a buffer that grows leaves copies of a key behind.
    let mut out = Zeroizing::new(Vec::with_capacity(length + digits.len() + 2));
    out.push(tag);
    match length {
        0..=0x7f => out.push(digits[digits.len() - 1]),
        _ => {
            let zeros = digits.iter().take_while(|digit| **digit == 0).count();
            let digits = &digits[zeros..];
            out.push(0x80 | digits.len().to_le_bytes()[0]);
            out.extend_from_slice(digits);
        }
    }
    contents.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// A number that is not negative, from its digits without leading zeros.
pub(crate) fn number(magnitude: &[u8]) -> Der {
    match magnitude.first() {
        Some(first) if *first < 0x80 => element(INTEGER, &[magnitude]),
        _ => element(INTEGER, &[&[0], magnitude]),
    }
}

/// A small number.
pub(crate) fn integer(value: u32) -> Der {
    let digits = value.to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    number(&digits[zeros..])
}

/// Text as a `BMPString` has it: UTF-16 big endian. What does not fit in 16 bits becomes a surrogate pair, as every other
/// implementation has it.
pub(crate) fn bmp(text: &str) -> Der {
    // Room for all, and for the zero that ends a password.
    let mut out = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
    text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_be_bytes()));
    out
}

/// A password as PKCS#12's own derivation takes it: a `BMPString` ended by a zero.
pub(crate) fn bmp_password(password: &str) -> Der {
    let mut out = bmp(password);
    out.extend_from_slice(&[0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_shortest_length() {
        for (length, head) in [(0, &[4, 0][..]), (127, &[4, 127]), (128, &[4, 0x81, 128]), (300, &[4, 0x82, 1, 44])] {
            let element = element(OCTET_STRING, &[&vec![7; length]]);
            assert_eq!((&element[..head.len()], element.len()), (head, head.len() + length));
        }
    }

    #[test]
    fn keeps_numbers_positive() {
        assert_eq!(number(&[])[..], [2, 1, 0]);
        assert_eq!(number(&[0x7f])[..], [2, 1, 0x7f]);
        assert_eq!(*integer(0), [2, 1, 0]);
        assert_eq!(*integer(128), [2, 2, 0, 128]);
        assert_eq!(*integer(100_000), [2, 3, 1, 0x86, 0xa0]);
    }

    #[test]
    fn spells_passwords_as_bmp_strings() {
        assert_eq!(bmp_password("")[..], [0, 0]);
        assert_eq!(bmp_password("aä")[..], [0, 0x61, 0, 0xe4, 0, 0]);
        assert_eq!(bmp_password("😀")[..], [0xd8, 0x3d, 0xde, 0x00, 0, 0]);
    }
}
