//! From a composed form and some device tokens to one request.

use bytes::Bytes;
use http::{Method, Request};
use model::{Call, Target};

use super::settings::Settings;

/// The last field of every form; what precedes it is the same for all calls of a push.
const FIELD: &[u8] = b"&registration_id=";

/// A comma as form encoding writes it.
const COMMA: &[u8] = b"%2C";

/// Characters that may end an element of the list: now, or once a server has decoded the form twice.
const SEPARATORS: [u8; 4] = [b',', b';', b'%', b'&'];

pub(super) fn address(settings: &Settings, call: &Call<'_>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body(&call.composed.payload, call.targets)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = settings.send_url.clone();
    *request.headers_mut() = settings.headers.clone();
    request
}

/// Whether a device token is one element of a comma-separated list, however often it is decoded. Observed registration
/// ids are of base64's alphabet; the vendor states none, so nothing more is demanded.
pub(super) fn is_one_element(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic() && !SEPARATORS.contains(&byte))
}

fn body(form: &[u8], targets: &[Target]) -> Vec<u8> {
    let tokens = || targets.iter().map(|target| target.token.as_str().as_bytes());
    let encoded: usize = tokens().flat_map(form_urlencoded::byte_serialize).map(str::len).sum();
    let mut body = Vec::with_capacity(form.len() + FIELD.len() + encoded + COMMA.len() * targets.len());
    body.extend_from_slice(form);
    let mut before = FIELD;
    for token in tokens() {
        body.extend_from_slice(before);
        form_urlencoded::byte_serialize(token).for_each(|part| body.extend_from_slice(part.as_bytes()));
        before = COMMA;
    }
    body
}
