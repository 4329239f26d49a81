//! Requests that a web page of somebody else makes in a user's browser.
//!
//! A form can be posted to any address without asking, also to a service on the user's own machine. Browsers say where a
//! request comes from; what is no browser does not.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, StatusCode, Uri};

use super::Problem;

/// Fetch Metadata (W3C), sent by every current browser.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site's page sent.
pub(crate) fn same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_own = match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin
            .parse::<Uri>()
            .is_ok_and(|origin| origin.authority().map(http::uri::Authority::as_str) == text(&HOST)),
        (None, None) => true,
    };
    if is_own {
        return Ok(());
    }
    let detail = "a page of another site sent this; open the console itself, or use a program";
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", "Refused", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        same_origin(&headers.collect()).is_ok()
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        assert!(!taken(&[("sec-fetch-site", "cross-site")]));
        assert!(!taken(&[("sec-fetch-site", "same-site"), ("origin", "http://localhost:1"), ("host", "localhost:2")]));
        assert!(!taken(&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")]));
        assert!(!taken(&[("origin", "null"), ("host", "127.0.0.1:8080")]));
    }

    #[test]
    fn the_console_and_programs_are_not() {
        assert!(taken(&[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8080")]));
        assert!(taken(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(taken(&[]));
    }
}
