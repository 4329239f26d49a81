//! Texts with a grammar: URLs, class names, keys, times. And how long a text is.

use time::PrimitiveDateTime;
use time::format_description::parse_borrowed;

const KEY_CHARS_MAX: usize = 8;

/// Characters as Java counts them; the document does not say, and this is the stricter reading.
pub(super) fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// An absolute http or https URL.
pub(super) fn is_web(text: &str) -> bool {
    host(text).is_some()
}

/// The host of an absolute http or https URL.
pub(super) fn host(text: &str) -> Option<String> {
    let without_fragment = text.split('#').next().unwrap_or(text);
    let uri: http::Uri = without_fragment.parse().ok()?;
    matches!(uri.scheme_str(), Some("http" | "https")).then(|| uri.host().map(str::to_owned)).flatten()
}

/// A web address, or a URI of an app's own scheme.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    if matches!(scheme, "http" | "https") {
        return is_web(text);
    }
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(letter)
        && !rest.is_empty()
        && !rest.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

/// A fully qualified class, as in `com.example.app.OpenActivity`.
pub(super) fn is_class(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    text.contains('.') && text.split('.').all(part)
}

/// `notifyKey`: at most eight of `[0-9A-Za-z_-]`.
pub(super) fn is_key(text: &str) -> bool {
    text.len() <= KEY_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `yyyy-MM-dd HH:mm:ss`.
pub(super) fn is_time(text: &str) -> bool {
    let format = parse_borrowed::<2>("[year]-[month]-[day] [hour]:[minute]:[second]");
    format.is_ok_and(|format| PrimitiveDateTime::parse(text, &format).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grammar, texts that are of it, and texts that are not.
    type Row = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

    #[test]
    fn each_grammar_tells_good_from_bad() {
        let rows: [Row; 5] = [
            (is_web, &["https://example.com/a?b#c", "http://x"], &["", "/a", "ftp://x/y", "https://", "app://x"]),
            (
                is_uri,
                &["https://example.com/a", "myapp://open?id=1", "tel:123"],
                &["", "no scheme", "://x", "1a:b", "http:", "https://", "a: b", "https:example.com"],
            ),
            (is_class, &["com.example.app.Open", "a.B$C"], &["", "Open", ".Open", "a..B", "a.B-C", "a.b/.C"]),
            (is_key, &["", "a", "c-42", "AZaz09_-"], &["123456789", "a b", "é"]),
            (is_time, &["2026-11-22 19:00:00"], &["", "2026-11-22", "2026-13-01 00:00:00", "2026-11-22T19:00:00"]),
        ];
        for (row, (is, good, bad)) in rows.into_iter().enumerate() {
            for text in good {
                assert!(is(text), "{row} {text:?}");
            }
            for text in bad {
                assert!(!is(text), "{row} {text:?}");
            }
        }
    }

    #[test]
    fn astral_characters_count_twice() {
        assert_eq!(utf16("你好😀"), 4);
    }
}
