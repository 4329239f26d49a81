//! OAuth client credentials: an id and a secret are exchanged for an access token (oauth2-0000001212610981, read
//! 2026-11-22).

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use model::{AccessToken, Answer, Outcome, Resend, Scope, Sent, Verdict};
use serde_json::{Map, Value};

use super::nsp_status::NspStatus;
use crate::common::{reply, retry_after};

/// Asks for the access tokens of one client.
pub(super) struct OAuth {
    endpoint: Uri,
    pub(super) client_id: String,
    /// The form, with the secret.
    form: Bytes,
}

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// What every source says; used where an answer does not tell.
const LIFE_SECONDS: u64 = 3600;

/// No answer is believed beyond a day.
const MAX_LIFE_SECONDS: u64 = 86_400;

/// Huawei's own examples renew five minutes before the end.
const REFRESH_EARLY: Duration = Duration::from_mins(5);

/// Time left for the way.
const MARGIN: Duration = Duration::from_secs(10);

/// `sub_error` of a refusal: all of them speak of the credential.
const SUB_ERRORS: &[(&str, &str)] = &[
    ("12304", "wrong client_secret"),
    ("20002", "client_id has a bad format"),
    ("20003", "client_id does not exist"),
    ("20171", "client_secret is missing"),
    ("20172", "client_secret has a bad format"),
    ("20182", "bad grant_type; is token_endpoint Huawei's?"),
];

// === impl OAuth ===

impl OAuth {
    pub(super) fn new(endpoint: Uri, client_id: String, client_secret: &str) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &client_id);
        form.append_pair("client_secret", client_secret);
        Self { endpoint, client_id, form: form.finish().into() }
    }

    /// The request for a new access token.
    pub(super) fn exchange(&self) -> Request<Bytes> {
        let mut request = Request::new(self.form.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, FORM);
        request
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("endpoint", &self.endpoint)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The access token in an answer; if there is none, what that means for the call, which was surely not made.
pub(super) fn access_token(answer: &Answer, now: SystemTime) -> Result<AccessToken, Verdict> {
    let fields = reply::fields(&answer.body).unwrap_or_default();
    let token = fields.get("access_token").and_then(Value::as_str).filter(|_| answer.status.is_success());
    match token.and_then(bearer) {
        Some(header) => Ok(with_times(header, life(&fields), now)),
        None => Err(failure(answer, &fields, now)),
    }
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let visible = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| visible)
}

fn life(fields: &Map<String, Value>) -> Duration {
    let seconds = fields.get("expires_in").and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    Duration::from_secs(seconds.unwrap_or(LIFE_SECONDS).min(MAX_LIFE_SECONDS))
}

/// A token of a short life is renewed when half of it is over.
fn with_times(header: HeaderValue, life: Duration, now: SystemTime) -> AccessToken {
    let expires = life.saturating_sub(MARGIN);
    let refresh = life.saturating_sub(REFRESH_EARLY).max(expires / 2);
    AccessToken::new(header, now, now + refresh, now + expires)
}

fn failure(answer: &Answer, fields: &Map<String, Value>, now: SystemTime) -> Verdict {
    let text = |name: &str| fields.get(name).and_then(reply::text);
    let sub_error = text("sub_error");
    let known = SUB_ERRORS.iter().find(|(code, _)| Some(*code) == sub_error.as_deref());
    let verdict = match known {
        Some((_, advice)) => Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }).detail(*advice),
        None => unlisted(answer, now),
    };
    let status = || match answer.status.is_success() {
        true => "unreadable_answer".to_owned(),
        false => format!("http_{}", answer.status.as_u16()),
    };
    let verdict = verdict.code(&sub_error.or_else(|| text("error")).unwrap_or_else(status));
    match (known, text("error_description")) {
        (None, Some(words)) => verdict.detail(format!("no access token: {words}")),
        (None, None) => verdict.detail("no access token was given"),
        (Some(_), _) => verdict,
    }
}

fn unlisted(answer: &Answer, now: SystemTime) -> Verdict {
    let retry_after = retry_after::header(&answer.headers, now);
    if let Some(status) = NspStatus::of(&answer.headers) {
        return status.verdict(retry_after).resend(Resend::Never);
    }
    let outcome = match answer.status.as_u16() {
        429 | 503 => Outcome::RateLimited { scope: Scope::Channel, retry_after },
        200..=299 | 408 | 500..=599 => Outcome::Unavailable { sent: Sent::No, retry_after },
        401 | 403 => Outcome::BadCredentials { scope: Scope::Channel },
        404 | 405 => Outcome::ChannelDisabled { scope: Scope::Channel },
        status => Outcome::Unknown { status: Some(status) },
    };
    Verdict::new(outcome)
}
