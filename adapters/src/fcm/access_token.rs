//! What the token endpoint answers.
//!
//! Its errors are those of OAuth 2, never a `google.rpc.Status`. The push was surely not sent, whatever it answers; but it
//! is not asked again at once either.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use model::{AccessToken, Answer, Outcome, Resend, Scope, Sent, Verdict};
use serde_json::{Map, Value};

use crate::common::retry_after;
use crate::common::words::with_words;

/// An `error` and what to look at.
struct Row {
    error: &'static str,
    advice: &'static str,
}

const fn row(error: &'static str, advice: &'static str) -> Row {
    Row { error, advice }
}

/// Every one of them is a fault of the configuration. Texts and order of the real checks: recorded 2026-09-02.
static ERRORS: &[Row] = &[
    row("invalid_request", "the assertion could not be read: check token_endpoint"),
    row("invalid_grant", "the key is revoked, its account deleted, token_uri wrong, or this machine's clock is off"),
    row("invalid_scope", "check scope"),
    row("unauthorized_client", "the service account may not ask for this scope"),
    row("disabled_client", "the service account is disabled"),
    row("deleted_client", "the service account is deleted"),
    row("invalid_client", "check service_account"),
];

/// Life of an access token whose answer does not say.
const LIFE_SECONDS: u64 = 3600;

/// No access token is believed to live longer.
const MAX_LIFE_SECONDS: u64 = 86_400;

/// An access token is not used in its last minute.
const MARGIN: Duration = Duration::from_mins(1);

pub(super) fn read(answer: &Answer, now: SystemTime) -> Result<AccessToken, Verdict> {
    let status = answer.status.as_u16();
    let fields: Option<Map<String, Value>> = serde_json::from_slice(&answer.body).ok();
    match (status, fields) {
        (200, Some(fields)) => issued(&fields, now),
        (200, None) => {
            Err(unavailable(answer, now).code("unreadable_answer").detail("not the answer of a token endpoint"))
        }
        (408 | 429 | 500..=599, fields) => Err(worded(unavailable(answer, now), status, fields.as_ref(), None)),
        (_, fields) => Err(refused(status, fields.as_ref())),
    }
}

fn issued(fields: &Map<String, Value>, now: SystemTime) -> Result<AccessToken, Verdict> {
    let token = fields.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
    let header = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
    // An unknown scope is answered with an `id_token` alone.
    let header = header.ok_or_else(|| {
        let detail = "the answer holds no access token: check scope";
        Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }).code("no_access_token").detail(detail)
    })?;
    let life = Duration::from_secs(life_seconds(fields.get("expires_in")));
    let expires_at = now + (life - MARGIN.min(life / 10));
    Ok(AccessToken::new(header, now, now + life * spread_percent(token) / 100, expires_at))
}

/// A number, which some servers write as text.
fn life_seconds(expires_in: Option<&Value>) -> u64 {
    let seconds = match expires_in {
        Some(Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_u64(),
        None => None,
    };
    seconds.unwrap_or(LIFE_SECONDS).min(MAX_LIFE_SECONDS)
}

/// When to replace it: after 80 to 90 % of its life. The token itself is the die, so that replicas do not ask all at once.
fn spread_percent(token: Option<&str>) -> u32 {
    80 + token.unwrap_or_default().bytes().map(u32::from).sum::<u32>() % 11
}

fn refused(status: u16, fields: Option<&Map<String, Value>>) -> Verdict {
    let error = fields.and_then(|fields| fields.get("error")).and_then(Value::as_str);
    let known = error.and_then(|error| ERRORS.iter().find(|row| row.error == error));
    let (outcome, advice) = match (known, error, status) {
        (Some(row), ..) => (Outcome::BadCredentials { scope: Scope::Channel }, Some(row.advice)),
        (None, None, 401 | 403 | 404) => {
            (Outcome::BadCredentials { scope: Scope::Channel }, Some("check token_endpoint"))
        }
        (None, ..) => (Outcome::Unknown { status: Some(status) }, None),
    };
    worded(Verdict::new(outcome), status, fields, advice)
}

/// With the endpoint's words and ours.
fn worded(verdict: Verdict, status: u16, fields: Option<&Map<String, Value>>, advice: Option<&str>) -> Verdict {
    let word = |name: &str| fields.and_then(|fields| fields.get(name)).and_then(Value::as_str);
    let verdict = match word("error") {
        Some(error) => verdict.code(error),
        None => verdict.code(&format!("http_{status}")),
    };
    with_words(verdict, [Some("access token refused"), word("error_description"), advice])
}

fn unavailable(answer: &Answer, now: SystemTime) -> Verdict {
    Verdict::unavailable(Sent::No, retry_after::header(&answer.headers, now)).resend(Resend::Never)
}
