//! The token endpoint: OAuth 2.0 client credentials, and the access tokens it has issued.
//!
//! A new access token leaves the earlier ones valid until they expire (which the documents leave open).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::credentials::Credentials;
use crate::answer::Answer;
use crate::content_type;
use crate::form::Form;

pub(super) const LIFETIME_SECS: u64 = 3600;
/// How long an expired one is still known as expired.
const REMEMBERED_SECS: u64 = 3600;
/// Access tokens per app in one window.
pub(super) const ISSUED_MAX: u32 = 1000;
pub(super) const WINDOW_SECS: u64 = 300;
const CLIENT_ID_DIGITS: usize = 64;
const CLIENT_SECRET_BYTES: usize = 256;
const PARAMETER_ERROR: i64 = 1101;

/// Every documented `sub_error`.
static SUB_ERRORS: &[(i64, &str)] = &[
    (12304, "client_secret is wrong"),
    (20002, "client_id has a bad format"),
    (20003, "client_id does not exist"),
    (20171, "client_secret is missing"),
    (20172, "client_secret has a bad format"),
    (20182, "grant_type is wrong"),
];

/// Access tokens issued by one run.
#[derive(Default)]
pub(super) struct AccessTokens {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Expiry by access token, Unix seconds.
    issued: HashMap<String, u64>,
    window_began: u64,
    in_window: u32,
}

/// What is known of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    Expired,
    Unknown,
}

// === impl AccessTokens ===

impl AccessTokens {
    /// A new one; nothing while the window's number is used up.
    pub(super) fn issue(&self, now: u64) -> Option<String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= state.window_began + WINDOW_SECS {
            state.window_began = now;
            state.in_window = 0;
            state.issued.retain(|_, expiry| *expiry + REMEMBERED_SECS > now);
        }
        if state.in_window == ISSUED_MAX {
            return None;
        }
        state.in_window += 1;
        // a slash, so that its escape in the JSON is met
        let token = format!("DQEBA/{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        state.issued.insert(token.clone(), now + LIFETIME_SECS);
        Some(token)
    }

    pub(super) fn standing(&self, token: &str, now: u64) -> Standing {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.issued.get(token) {
            Some(expiry) if *expiry > now => Standing::Good,
            Some(_) => Standing::Expired,
            None => Standing::Unknown,
        }
    }
}

/// Answers a token request.
pub(super) fn answer(credentials: &Credentials, parts: &Parts, body: &[u8], now: u64) -> Answer {
    if let Err(sub_error) = check(credentials, &form(parts, body)) {
        return refused(sub_error, None);
    }
    match credentials.access_tokens.issue(now) {
        Some(token) => issued(&token),
        None => Answer::empty(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// Whether this is a code of the token endpoint.
pub(super) fn is_sub_error(code: i64) -> bool {
    SUB_ERRORS.iter().any(|(known, _)| *known == code)
}

fn check(credentials: &Credentials, form: &Form) -> Result<(), i64> {
    if form.get("grant_type") != Some("client_credentials") {
        return Err(20182);
    }
    let id = form.get("client_id").unwrap_or_default();
    if !(1..=CLIENT_ID_DIGITS).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(20002);
    }
    match form.get("client_secret") {
        None | Some("") => Err(20171),
        Some(secret) if !is_printable(secret) => Err(20172),
        Some(_) if id != credentials.client_id => Err(20003),
        Some(secret) if secret != credentials.client_secret => Err(12304),
        Some(_) => Ok(()),
    }
}

/// A plus sign that was not percent-encoded arrives as a space and fails here.
fn is_printable(secret: &str) -> bool {
    secret.len() <= CLIENT_SECRET_BYTES && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// With the documented text, unless another is given.
pub(super) fn refused(sub_error: i64, text: Option<&str>) -> Answer {
    let known = SUB_ERRORS.iter().find(|(code, _)| *code == sub_error).map(|(_, text)| *text);
    let text = text.or(known).unwrap_or("undocumented error");
    let body = json!({ "error": PARAMETER_ERROR, "sub_error": sub_error, "error_description": text });
    Answer::new(StatusCode::BAD_REQUEST, Some("application/json"), body.to_string())
}

/// Slashes are escaped, as the vendor may.
fn issued(token: &str) -> Answer {
    let body = grant(token).to_string().replace('/', "\\/");
    let mut answer = Answer::new(StatusCode::OK, Some("application/json"), body);
    answer.headers.push((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer
}

fn grant(token: &str) -> Value {
    json!({ "access_token": token, "expires_in": LIFETIME_SECS, "token_type": "Bearer" })
}

/// An answer for the record, without its access token: no other answer says `no-store`.
pub(super) fn masked_answer(answer: &Answer) -> Bytes {
    let bears_one = answer.headers.iter().any(|(name, _)| name == CACHE_CONTROL);
    if bears_one { grant("***").to_string().into() } else { answer.body.clone() }
}

/// A token request for the record, without the secret.
pub(super) fn masked_form(body: &[u8]) -> Value {
    let shown = |name: &str, value: &str| Value::from(if name == "client_secret" { "***" } else { value });
    Form::read(body).to_json(shown)
}

/// The fields; none if the content type is not a form's.
fn form(parts: &Parts, body: &[u8]) -> Form {
    if content_type::is(&parts.headers, content_type::FORM) { Form::read(body) } else { Form::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_lives_an_hour_beside_newer_ones() {
        let tokens = AccessTokens::default();
        let first = tokens.issue(1_000_000).unwrap();
        let second = tokens.issue(1_000_001).unwrap();
        assert_ne!(first, second);
        assert_eq!(tokens.standing(&first, 1_003_599), Standing::Good);
        assert_eq!(tokens.standing(&first, 1_003_600), Standing::Expired);
        assert_eq!(tokens.standing("DQEBA", 1_000_000), Standing::Unknown);
    }

    #[test]
    fn a_window_has_a_thousand() {
        let tokens = AccessTokens::default();
        for _ in 0..ISSUED_MAX {
            assert!(tokens.issue(1_000_000).is_some());
        }
        assert_eq!(tokens.issue(1_000_299), None);
        assert!(tokens.issue(1_000_300).is_some());
    }

    #[test]
    fn the_record_bears_no_secret() {
        assert_eq!(masked_form(b"client_id=1&client_secret=x")["client_secret"], "***");
        assert_eq!(masked_answer(&issued("DQEBA/x")), grant("***").to_string());
        assert_eq!(masked_answer(&refused(20003, None)), refused(20003, None).body);
    }
}
