//! The key of a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

/// The key that a request bears: `Authorization: Bearer <key>` (RFC 6750), or `Basic` (RFC 7617) with the key as the password
/// and any name, which is what browsers can do. Two keys are none.
pub(super) fn bearer(headers: &HeaderMap) -> Option<Zeroizing<Vec<u8>>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, given) = value.to_str().ok()?.split_once(' ')?;
    let given = given.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Zeroizing::new(given.as_bytes().to_vec()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Zeroizing::new(STANDARD.decode(given).ok()?);
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(Zeroizing::new(pair[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        bearer(&headers).map(|key| String::from_utf8(key.to_vec()).unwrap())
    }

    #[test]
    fn a_key_comes_as_bearer_or_as_a_browsers_password() {
        assert_eq!(read(&["Bearer pmx_1"]), Some("pmx_1".to_owned()));
        assert_eq!(read(&["bearer  pmx_1 "]), Some("pmx_1".to_owned()));
        assert_eq!(read(&["Basic bWU6cG14XzE6Mg=="]), Some("pmx_1:2".to_owned()));
        assert_eq!(read(&["Basic OnBteF8x"]), Some("pmx_1".to_owned()));
    }

    #[test]
    fn anything_else_is_no_key() {
        for bad in ["pmx_1", "Digest x", "Basic ???", "Basic bWU="] {
            assert_eq!(read(&[bad]), None, "{bad}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["Bearer a", "Bearer b"]), None);
    }
}
