//! The grammars of single values.

use http::Uri;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const NANOS: i128 = 1_000_000_000;

/// Seconds with up to nine decimals and the suffix `s`, in nanoseconds; or what is wrong with it.
pub(super) fn duration(text: &str) -> Result<i128, &'static str> {
    let Some(number) = text.strip_suffix('s') else {
        return Err("Illegal duration format; duration must end with 's'");
    };
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let fault = "Illegal duration format; invalid number";
    if !is_digits(whole, 12) || part.is_some_and(|part| !is_digits(part, 9)) {
        return Err(fault);
    }
    let nanos: i128 = format!("{:0<9}", part.unwrap_or_default()).parse().map_err(|_| fault)?;
    let whole: i128 = whole.parse().map_err(|_| fault)?;
    Ok(sign * (whole * NANOS + nanos))
}

pub(super) fn seconds(seconds: u32) -> i128 {
    i128::from(seconds) * NANOS
}

pub(super) fn is_timestamp(text: &str) -> bool {
    OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

/// `#rrggbb`.
pub(super) fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// An absolute URL with one of these schemes.
pub(super) fn is_url(text: &str, schemes: &[&str]) -> bool {
    let without_fragment = text.split('#').next().unwrap_or(text);
    without_fragment.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme))
            && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// `[a-zA-Z0-9-_.~%]+`: topics and analytics labels.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte))
}

pub(super) fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        for (text, want) in [
            ("0s", 0),
            ("3.5s", 3_500_000_000),
            ("-1s", -NANOS),
            ("1.000000001s", NANOS + 1),
            ("2419200s", seconds(2_419_200)),
        ] {
            assert_eq!(duration(text), Ok(want), "{text}");
        }
        for text in ["", "5", "s", "1.s", ".5s", "1.0000000001s", "+1s", "1e3s", " 1s", "--1s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_grammars() {
        assert!(is_color("#00fF9a") && !is_color("00ff9a") && !is_color("#fff"));
        assert!(is_url("https://example.com/a.png#x", &["https"]) && !is_url("/a.png", &["https"]));
        assert!(is_name("news-1_a.b~%20") && !is_name("") && !is_name("a b") && !is_name("/topics/a"));
        assert!(is_timestamp("2014-10-02T15:01:23.045Z") && !is_timestamp("2014-10-02"));
    }
}
