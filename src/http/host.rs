//! Which host a request was meant for.
//!
//! A page of anybody's can let its own name resolve to this machine after it was loaded (DNS rebinding): its requests are then
//! of one origin with us and no browser refuses them, but they still bear that name. Where a key is asked for, such a page has
//! none. Where none is, whoever reaches us from this machine calls us by an address or as localhost, and by nothing else.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderValue, StatusCode};

use super::Problem;
use crate::access::Keys;

/// Puts the host in its one place, whichever HTTP the caller speaks, and refuses other hosts' requests where no key is asked for.
pub(super) async fn know(State(keys): State<Keys>, mut request: Request, next: Next) -> Response {
    // HTTP/2 names it with the path (RFC 9113, section 8.3.1).
    if !request.headers().contains_key(HOST)
        && let Some(authority) = request.uri().authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(HOST, host);
    }
    let is_ours = request.headers().get_all(HOST).iter().all(is_this_machine);
    if keys.is_open() && !is_ours {
        let detail =
            "without keys only this machine is served, by an address or as localhost; configure a key for other names";
        return Problem::new(StatusCode::MISDIRECTED_REQUEST, "foreign_host", "Refused", detail).into_response();
    }
    next.run(request).await
}

fn is_this_machine(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let name = authority.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_an_address_or_localhost() {
        for host in
            ["127.0.0.1:8080", "[::1]:8080", "192.168.1.2", "localhost", "LocalHost:8080", "a.localhost", "localhost."]
        {
            assert!(is_this_machine(&HeaderValue::from_static(host)), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8080", "notlocalhost", "", "a b"] {
            assert!(!is_this_machine(&HeaderValue::from_static(host)), "{host}");
        }
    }
}
