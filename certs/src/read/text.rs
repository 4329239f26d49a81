//! Text as it comes out of editors, consoles and forms: byte order marks, UTF-16, base64 around everything.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Fewer characters than this are a word and not a file in base64: the smallest key takes more.
const MIN_WRAPPED: usize = 64;

/// Padding and the last bits are where encoders differ; neither matters.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes without a mark at their start, and as UTF-8 where the mark says UTF-16, which Windows shells like to
/// write.
pub(super) fn unmarked(bytes: &[u8]) -> Unmarked<'_> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Unmarked::Same(rest),
        [0xff, 0xfe, rest @ ..] => Unmarked::Converted(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Unmarked::Converted(utf16(rest, u16::from_be_bytes)),
        _ => Unmarked::Same(bytes),
    }
}

/// What [`unmarked`] gives; the converted form is wiped, since a key may be in it.
pub(super) enum Unmarked<'a> {
    Same(&'a [u8]),
    Converted(Zeroizing<Vec<u8>>),
}

/// Decodes base64 of either alphabet, with white space anywhere. A last character that stands alone is what a cut
/// leaves; it is dropped, so that the structure inside can tell how much is missing.
pub(super) fn base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    digits.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    }));
    while digits.last() == Some(&b'=') {
        digits.pop();
    }
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    ENGINE.decode(&*digits).ok().map(Zeroizing::new)
}

/// A whole file that is nothing but base64, unwrapped.
pub(super) fn wrapped(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    if bytes.len() < MIN_WRAPPED || !bytes.iter().all(|byte| digit(byte) || byte.is_ascii_whitespace()) {
        return None;
    }
    base64(bytes)
}

/// Text of any encoding, with marks for what is not UTF-8: names around PEM blocks come in every code page.
pub(super) fn lossy(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() * 2));
    let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
    for character in char::decode_utf16(units) {
        let mut room = [0; 4];
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut room).as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_base64_of_any_hand() {
        assert_eq!(base64(b"AA ==\r\n").unwrap()[..], [0]);
        assert_eq!(base64(b"-_8").unwrap()[..], [0xfb, 0xff]);
        assert_eq!(base64(b"AAAAA").unwrap()[..], [0, 0, 0]);
        assert_eq!(base64(b"A!AA"), None);
        assert_eq!(base64(b"AA=AAA"), None);
    }

    #[test]
    fn reads_utf_16_by_its_mark() {
        let Unmarked::Converted(text) = unmarked(b"\xff\xfe-\0B\0") else { panic!("not converted") };
        assert_eq!(text[..], *b"-B");
    }

    #[test]
    fn takes_no_word_for_a_file() {
        assert!(wrapped(b"MISTAKE").is_none());
        assert!(wrapped(&[b'A'; 64]).is_some());
    }
}
