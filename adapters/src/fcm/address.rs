//! From a composed message and one target to a request.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request};
use model::{Call, Outcome, Target, TokenProof, Verdict};

use super::settings::Settings;

/// How every composed body begins; the target is put behind it.
const OPENING: &[u8] = br#"{"message":{"#;

/// Dialects and the fields of the message that name such a target. A registration token goes without saying.
const DIALECTS: [(&str, &str); 2] = [("token", "token"), ("fid", "fid")];

pub(super) fn address(settings: &Settings, call: &Call<'_>) -> Request<Bytes> {
    let target = call.targets.first().expect("a call has a target");
    let mut request = Request::new(Bytes::from(body(&call.composed.payload, target)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = settings.send_url.clone();
    let mut headers = call.composed.headers.clone();
    if let Some(access_token) = call.access_token {
        headers.insert(AUTHORIZATION, access_token.header().clone());
    }
    *request.headers_mut() = headers;
    request
}

/// Tokens are opaque: FCM states no form for them.
pub(super) fn check(target: &Target) -> Result<(), Verdict> {
    if field(target).is_some() {
        return Ok(());
    }
    let outcome = Outcome::InvalidToken { proof: TokenProof::Foreign };
    Err(Verdict::new(outcome).code("unknown_dialect").detail("a target's dialect at FCM is token or fid; not sent"))
}

fn field(target: &Target) -> Option<&'static str> {
    let dialect = target.dialect.as_deref().unwrap_or("token");
    DIALECTS.iter().find(|(known, _)| *known == dialect).map(|(_, field)| *field)
}

/// The composed body is copied as it is: it may be large, and all targets have it in common.
fn body(payload: &[u8], target: &Target) -> Vec<u8> {
    let rest = payload.strip_prefix(OPENING).expect("a body is composed with its message first");
    let token = target.token.as_str();
    let mut body = Vec::with_capacity(payload.len() + token.len() + 24);
    body.extend_from_slice(OPENING);
    body.push(b'"');
    body.extend_from_slice(field(target).unwrap_or("token").as_bytes());
    body.extend_from_slice(b"\":");
    serde_json::to_writer(&mut body, token).expect("a text is JSON, and a vector takes it");
    // A message is never empty: it has its `android`.
    body.push(b',');
    body.extend_from_slice(rest);
    body
}
