//! Where a vendor is reached, for all vendors.
//!
//! A push and a credential go to no place that is not https, and a URL with user and password in it, or with a port that is
//! none, is a mistake everywhere. What stands behind the host is each vendor's own.

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// An https URL of a host, with or without port and path; nothing else in it.
pub(crate) fn https(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let (host, whole) = (authority.host(), authority.as_str());
    let named = !host.is_empty() && !whole.contains('@') && (whole == host || authority.port_u16().is_some());
    let plain = uri.scheme() == Some(&Scheme::HTTPS) && uri.query().is_none() && !text.contains('#');
    (named && plain).then_some(uri)
}

/// An https URL of scheme and host only; else what is wanted, with an example.
pub(crate) fn host_only(text: &str, example: &str) -> Result<Uri, String> {
    let bare = https(text).filter(|uri| uri.path() == "/");
    bare.ok_or_else(|| format!("must be an https URL of scheme and host only, such as {example}"))
}

/// The endpoint with another path.
pub(crate) fn at(endpoint: &Uri, path: PathAndQuery) -> Uri {
    let mut parts = endpoint.clone().into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).expect("an endpoint with a path is a URI")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_to_a_host_is_taken() {
        for good in
            ["https://a.example", "https://a.example/", "https://a.example:8443", "https://[::1]:1", "HTTPS://a"]
        {
            assert!(host_only(good, "x").is_ok(), "{good}");
        }
        for bad in [
            "http://a.example",
            "a.example",
            "/path",
            "",
            "https://",
            "https://:443",
            "https://a:99999",
            "https://a:",
            "https://user@a.example",
            "https://user:word@a.example",
            "https://a.example/?q",
            "https://a.example/#f",
            "https://a.example#f",
        ] {
            assert!(https(bad).is_none(), "{bad}");
        }
        assert!(https("https://a.example/path").is_some());
        assert!(host_only("https://a.example/path", "x").is_err());
    }

    #[test]
    fn a_path_replaces_what_was_there() {
        let path = PathAndQuery::from_static("/v1/send");
        for endpoint in ["https://a.example:8443", "https://a.example:8443/old"] {
            assert_eq!(at(&https(endpoint).unwrap(), path.clone()), "https://a.example:8443/v1/send");
        }
    }
}
