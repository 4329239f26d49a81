//! The content-type header, as strict vendors read it.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";

/// Whether the content type is this one, whatever its parameters.
pub(crate) fn is(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = text(headers).split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(wanted)
}

/// Whether it is this one and names no charset but UTF-8.
pub(crate) fn is_in_utf8(headers: &HeaderMap, wanted: &str) -> bool {
    let utf8 = |parameter: &str| match parameter.trim().split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    is(headers, wanted) && text(headers).split(';').skip(1).all(utf8)
}

fn text(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_but_utf8_are_refused() {
        for (value, want) in [
            ("application/json", true),
            ("Application/JSON; charset=\"UTF-8\"", true),
            ("application/json;charset=utf-8;v=1", true),
            ("application/json; charset=gbk", false),
            ("text/plain", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(is_in_utf8(&headers, JSON), want, "{value}");
        }
        assert!(!is(&HeaderMap::new(), JSON));
    }
}
