//! Requests that HTTP/2 itself forbids and `h2` lets through (h2 0.4.20).

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};

use crate::listen::Connection;
use crate::record::Outcome;

/// Whether the stream is to be reset with PROTOCOL_ERROR: a field value starts or ends with a blank (RFC 9113 section
/// 8.2.1). HTTP/1.1 takes such blanks off instead.
pub(crate) fn is_malformed(headers: &HeaderMap) -> bool {
    headers.values().map(HeaderValue::as_bytes).any(|value| {
        let ends = [value.first(), value.last()];
        ends.iter().flatten().any(|byte| matches!(byte, b' ' | b'\t'))
    })
}

/// Records such a request; its body is not read.
pub(crate) fn record(connection: &Connection, parts: &Parts) {
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let entry = connection.arrived(parts, path.to_owned(), bytes::Bytes::new());
    entry.ended(Outcome::Fault("malformed"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_either_end_are_found() {
        for (value, want) in [("a", false), ("a b", false), ("", false), (" a", true), ("a\t", true), (" ", true)] {
            let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(is_malformed(&headers), want, "{value:?}");
        }
    }
}
