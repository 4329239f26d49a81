//! Writes the few DER structures that a normalised key is made of.

use zeroize::Zeroizing;

use super::ber::{self, Element, OCTET_STRING};
use crate::Unreadable;

/// One element: tag, shortest length, contents.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = contents.iter().map(|part| part.len()).sum();
    // Room for all at once: a buffer that grows leaves copies of a key behind.
    let mut out = Zeroizing::new(Vec::with_capacity(length + 6));
    out.push(tag);
    let digits = length.to_be_bytes();
    match length {
        0..=0x7f => out.push(digits[digits.len() - 1]),
        _ => {
            let zeros = digits.iter().take_while(|digit| **digit == 0).count();
            let digits = &digits[zeros..];
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(digits);
        }
    }
    for part in contents {
        out.extend_from_slice(part);
    }
    out
}

/// A number that is not negative, from its digits without leading zeros.
pub(super) fn number(magnitude: &[u8]) -> Zeroizing<Vec<u8>> {
    match magnitude.first() {
        Some(first) if *first < 0x80 => element(ber::INTEGER, &[magnitude]),
        _ => element(ber::INTEGER, &[&[0], magnitude]),
    }
}

/// An element as DER spells its lengths: definite, shortest, strings in one piece. The order of sets is kept.
pub(super) fn rewritten(element: &Element<'_>) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    if element.tag == OCTET_STRING | ber::CONSTRUCTED {
        return Ok(self::element(OCTET_STRING, &[&element.octets(OCTET_STRING)?]));
    }
    if element.tag & ber::CONSTRUCTED == 0 {
        return Ok(self::element(element.tag, &[element.contents]));
    }
    let mut parts = Vec::new();
    let mut children = element.children();
    while let Some(child) = children.optional()? {
        parts.push(rewritten(&child)?);
    }
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
    Ok(self::element(element.tag, &parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_shortest_length() {
        assert_eq!(element(4, &[&[1, 2]])[..], [4, 2, 1, 2]);
        assert_eq!(element(4, &[&[0; 0x80]])[..3], [4, 0x81, 0x80]);
        assert_eq!(element(4, &[&[0; 0x1234]])[..4], [4, 0x82, 0x12, 0x34]);
    }

    #[test]
    fn rewrites_what_is_written_loosely() {
        let loose = [0x30, 0x80, 0x24, 0x81, 0x06, 4, 1, 7, 4, 1, 8, 0, 0];
        let element = ber::outermost(&loose, "thing").unwrap();
        assert_eq!(rewritten(&element).unwrap()[..], [0x30, 4, 4, 2, 7, 8]);
    }

    #[test]
    fn keeps_numbers_positive() {
        assert_eq!(number(&[])[..], [2, 1, 0]);
        assert_eq!(number(&[0x7f])[..], [2, 1, 0x7f]);
        assert_eq!(number(&[0x80])[..], [2, 2, 0, 0x80]);
    }
}
