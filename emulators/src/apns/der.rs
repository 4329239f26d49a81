//! The little DER that Apple's topic extension needs: writing and walking tag, length, value.

pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const NULL: [u8; 2] = [0x05, 0x00];

/// One value with its tag and length before it. Values up to 65535 bytes.
pub(super) fn wrap(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match value.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length @ 0x80..=0xff => out.extend_from_slice(&[0x81, length as u8]),
        length => out.extend_from_slice(&[0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(value);
    out
}

/// Splits the first value off: tag, value, rest. Nothing if it is not whole.
pub(super) fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), &rest[2..]),
        _ => return None,
    };
    (length <= rest.len()).then(|| (tag, &rest[..length], &rest[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrapped_splits() {
        for length in [0, 1, 127, 128, 255, 256, 4000] {
            let value = vec![7; length];
            let mut bytes = wrap(SEQUENCE, &value);
            bytes.push(9);
            assert_eq!(split(&bytes), Some((SEQUENCE, &value[..], &[9][..])));
            assert_eq!(split(&bytes[..length]), None);
        }
    }
}
