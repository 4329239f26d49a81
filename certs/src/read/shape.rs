//! What a DER structure is, told from its first few elements.
//!
//! It looks without judging: also a structure that is cut short or damaged further on has a shape, so that the error
//! can name what the file was meant to be.

use crate::der::{BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, SET};

/// What it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Certificate,
    SigningRequest,
    RevocationList,
    PublicKey,
    Pkcs8,
    EncryptedPkcs8,
    Pkcs1,
    Sec1,
    Pkcs12,
    Cms,
    Unknown,
}

/// A first element: its tag and as much of its contents as there is.
struct Peek<'a> {
    tag: u8,
    contents: &'a [u8],
}

// === impl Shape ===

impl Shape {
    /// Looks at the contents of the outermost sequence.
    pub(super) fn of(contents: &[u8]) -> Self {
        let parts = peek(contents, 4);
        let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
        match *tags {
            [INTEGER, SEQUENCE, OCTET_STRING | 0x24, ..] => Shape::Pkcs8,
            [INTEGER, SEQUENCE, ..] if parts[0].contents == [3] => Shape::Pkcs12,
            [INTEGER, INTEGER, ..] if matches!(parts[0].contents, [0 | 1]) => Shape::Pkcs1,
            [INTEGER, INTEGER] => Shape::PublicKey,
            [INTEGER, OCTET_STRING, ..] => Shape::Sec1,
            [OID, 0xa0, ..] => Shape::Cms,
            [SEQUENCE, OCTET_STRING | 0x24] | [SEQUENCE] if first_tag(&parts[0]) == Some(OID) => Shape::EncryptedPkcs8,
            [SEQUENCE, BIT_STRING] if first_tag(&parts[0]) == Some(OID) => Shape::PublicKey,
            [SEQUENCE, ..] => signed(parts[0].contents),
            _ => Shape::Unknown,
        }
    }

    /// Its name in errors.
    pub(super) fn name(self) -> &'static str {
        match self {
            Shape::Certificate => "certificate",
            Shape::SigningRequest => "signing request",
            Shape::RevocationList => "revocation list",
            Shape::PublicKey => "public key",
            Shape::Pkcs8 | Shape::EncryptedPkcs8 | Shape::Pkcs1 | Shape::Sec1 => "private key",
            Shape::Pkcs12 => "PKCS#12 file",
            Shape::Cms => "PKCS#7 file",
            Shape::Unknown => "DER structure",
        }
    }
}

/// Certificates, requests and lists are all: what is signed, how, the signature.
fn signed(contents: &[u8]) -> Shape {
    let parts = peek(contents, 5);
    let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
    match *tags {
        [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, 0xa0] if named(&parts[1]) => {
            Shape::SigningRequest
        }
        [SEQUENCE, SEQUENCE, 0x17 | 0x18, ..] | [INTEGER, SEQUENCE, SEQUENCE, 0x17 | 0x18, ..] => Shape::RevocationList,
        [0xa0, ..] | [INTEGER, ..] => Shape::Certificate,
        _ => Shape::Unknown,
    }
}

/// Whether it is a distinguished name: empty, or a list of sets.
fn named(part: &Peek<'_>) -> bool {
    part.contents.is_empty() || first_tag(part) == Some(SET)
}

fn first_tag(part: &Peek<'_>) -> Option<u8> {
    part.contents.first().copied()
}

/// Up to `count` elements; the last one may be cut short, and one of indefinite length ends the list.
fn peek(mut bytes: &[u8], count: usize) -> Vec<Peek<'_>> {
    let mut parts = Vec::with_capacity(count);
    while parts.len() < count {
        let [tag, first, rest @ ..] = bytes else { break };
        let digits = if *first > 0x80 { usize::from(first & 0x7f) } else { 0 };
        if digits > 4 || rest.len() < digits {
            parts.push(Peek { tag: *tag, contents: &[] });
            break;
        }
        let length = match *first {
            0x80 => usize::MAX,
            short if short < 0x80 => usize::from(short),
            _ => rest[..digits].iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)),
        };
        let after = &rest[digits..];
        parts.push(Peek { tag: *tag, contents: &after[..length.min(after.len())] });
        if length >= after.len() {
            break;
        }
        bytes = &after[length..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_pkcs12_file_by_its_first_bytes() {
        assert_eq!(Shape::of(&[2, 1, 3, 0x30, 0x80]), Shape::Pkcs12);
        assert_eq!(Shape::of(&[2, 1, 3, 0x30, 0x82, 9]), Shape::Pkcs12);
        assert_eq!(Shape::of(&[2, 1, 0, 0x30, 0x02, 6, 0, 4, 0]), Shape::Pkcs8);
    }

    #[test]
    fn looks_at_anything_without_a_panic() {
        for bytes in [&[][..], &[0x30], &[0x30, 0xff], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80]] {
            assert!(matches!(Shape::of(bytes), Shape::Unknown));
        }
    }
}
