//! Forms of text that several fields share.

use http::Uri;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The longest TTL: 15 days.
pub(super) const TTL_MAX_SECS: u64 = 1_296_000;
const VIBRATION_MAX_SECS: u64 = 60;
const FRACTION_DIGITS: usize = 9;

/// An absolute https URL.
pub(super) fn is_https(text: &str) -> bool {
    let without_fragment = text.split('#').next().unwrap_or(text);
    without_fragment
        .parse::<Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty()))
}

/// `/raw/<name>`, a resource of the app.
pub(super) fn is_raw_resource(text: &str) -> bool {
    text.strip_prefix("/raw/").is_some_and(|name| !name.is_empty())
}

/// `#RRGGBB`.
pub(super) fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// UTC with a Z: `2014-10-02T15:01:23.045123456Z`.
pub(super) fn is_utc(text: &str) -> bool {
    text.ends_with('Z') && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

/// v1's TTL: `86400s`.
pub(super) fn is_ttl(text: &str) -> bool {
    duration(text).is_some_and(|(seconds, more)| seconds < TTL_MAX_SECS || (seconds == TTL_MAX_SECS && !more))
}

/// One step of a vibration: `3.5S`.
pub(super) fn is_vibration(text: &str) -> bool {
    let fits = |(seconds, more)| (seconds > 0 || more) && (seconds, more) <= (VIBRATION_MAX_SECS, false);
    duration(text).is_some_and(fits)
}

pub(super) fn is_duration(text: &str) -> bool {
    duration(text).is_some()
}

/// Whole seconds, and whether there is a fraction above zero: digits, a fraction of up to nine, `s` or `S` or neither.
fn duration(text: &str) -> Option<(u64, bool)> {
    let number = text.strip_suffix(['s', 'S']).unwrap_or(text);
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |part: &str| digits(part) && part.len() <= FRACTION_DIGITS;
    if !digits(whole) || !fraction.is_none_or(fits) {
        return None;
    }
    Some((whole.parse().ok()?, fraction.is_some_and(|part| part.bytes().any(|byte| byte != b'0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for good in ["0s", "86400s", "86400", "1.5S", "1296000s", "1296000.000s"] {
            assert!(is_ttl(good), "{good}");
        }
        for bad in ["", "s", "-1s", "1296000.1s", "1296001s", "1.s", "1.0123456789s", "1m", "+5s", "86400 s"] {
            assert!(!is_ttl(bad), "{bad}");
        }
        assert!(is_vibration("3.5S") && is_vibration("60s") && is_vibration("0.1s"));
        assert!(!is_vibration("0s") && !is_vibration("60.1s") && !is_vibration("61s"));
    }

    #[test]
    fn other_forms_are_told() {
        assert!(is_https("https://example.com/a#b") && !is_https("http://example.com") && !is_https("https:///a"));
        assert!(is_utc("2014-10-02T15:01:23.045123456Z") && !is_utc("2014-10-02T15:01:23+01:00"));
        assert!(is_color("#1a2B3c") && !is_color("1a2b3c") && !is_color("#1a2b3"));
        assert!(is_raw_resource("/raw/ic") && !is_raw_resource("/raw/") && !is_raw_resource("ic"));
    }
}
