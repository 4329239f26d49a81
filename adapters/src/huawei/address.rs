//! From a composed body and some device tokens to one request.

use std::collections::HashSet;

use bytes::Bytes;
use http::{Method, Request, header};
use model::{Call, Target};

use super::settings::Settings;

/// How every body ends, whatever its dialect: behind its empty list of device tokens.
const TAIL: &[u8] = b"]}}";

/// What a device token takes beside itself: quotes and a comma.
const AROUND: usize = 3;

pub(super) fn address(settings: &Settings, call: &Call<'_>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body(&call.composed.payload, call.targets)));
    *request.method_mut() = Method::POST;
    *request.headers_mut() = call.composed.headers.clone();
    if let Some(access_token) = call.access_token {
        request.headers_mut().insert(header::AUTHORIZATION, access_token.header().clone());
    }
    let dialect = settings.dialect(call.targets.first().and_then(|target| target.dialect.as_deref()));
    let route = dialect.and_then(|dialect| settings.route(dialect));
    // What has no route was refused when it was composed.
    *request.uri_mut() = route.map_or_else(|_| settings.endpoint.clone(), |route| route.url.clone());
    request
}

/// The body with each device token once: Huawei delivers to a repeated one twice.
fn body(payload: &[u8], targets: &[Target]) -> Vec<u8> {
    debug_assert!(payload.ends_with(TAIL), "a body ends with its device tokens");
    let head = &payload[..payload.len().saturating_sub(TAIL.len())];
    let tokens = || targets.iter().map(|target| target.token.as_str());
    let room: usize = tokens().map(|token| token.len() + AROUND).sum();
    let mut body = Vec::with_capacity(payload.len() + room);
    body.extend_from_slice(head);
    let mut seen = HashSet::with_capacity(targets.len());
    for token in tokens().filter(|token| seen.insert(*token)) {
        if body.len() > head.len() {
            body.push(b',');
        }
        serde_json::to_writer(&mut body, token).expect("a vector takes any text");
    }
    body.extend_from_slice(TAIL);
    body
}
