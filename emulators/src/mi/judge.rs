//! What becomes of one call: path and method, secret, form, targets, message, then what the regids say.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{Method, StatusCode};

use super::answer::{self, Refusal};
use super::form::{self, Form};
use super::prefixes::{self, Effect};
use super::{MiSite, message};
use crate::answer::{Act, Answer};

/// Regids in one call.
const TARGETS_MAX: usize = 1000;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// What a call gets, when, and how many of its regids were accepted.
pub(super) struct Plan {
    pub(super) delay: Duration,
    pub(super) act: Act,
    pub(super) accepted: u64,
}

/// What a path is for.
#[derive(Clone, Copy)]
enum Call {
    Send {
        v3: bool,
    },
    Quota,
    /// V1 and V2 revocation, which ends 2026-12-01; V3 is not emulated.
    Gone,
}

/// Judges a call.
pub(super) fn judge(site: &MiSite, parts: &Parts, body: &Bytes, now_ms: u64) -> Plan {
    match call(parts).and_then(|call| authorised(site, parts).map(|()| call)) {
        Ok(Call::Gone) => Plan::answer(Answer::empty(StatusCode::NOT_FOUND)),
        Ok(Call::Quota) => Plan::answer(answer::quota(site.acked.load(Relaxed))),
        Ok(Call::Send { v3 }) => send(site, parts, body, v3, now_ms).unwrap_or_else(|refusal| Plan::refused(&refusal)),
        Err(refusal) => Plan::refused(&refusal),
    }
}

fn call(parts: &Parts) -> Result<Call, Refusal> {
    let path = parts.uri.path();
    let (method, call) = match path {
        "/v3/message/regid" => (Method::POST, Call::Send { v3: true }),
        "/v2/message/regid" => (Method::POST, Call::Send { v3: false }),
        "/v1/trace/quota/get" => (Method::GET, Call::Quota),
        _ if is_old_revoke(path) => return Ok(Call::Gone),
        _ => return Err(Refusal::plain(10020)),
    };
    if parts.method == method { Ok(call) } else { Err(Refusal::plain(10021)) }
}

fn is_old_revoke(path: &str) -> bool {
    path == "/v2/message/revoke" || path.starts_with("/v1/message/") && path.ends_with("/revoke")
}

/// `key=<secret>`; the word in lower case, no scheme.
fn authorised(site: &MiSite, parts: &Parts) -> Result<(), Refusal> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let secret = header.and_then(|header| header.strip_prefix("key="));
    if secret == Some(site.secret.as_str()) { Ok(()) } else { Err(Refusal::plain(21301)) }
}

fn send(site: &MiSite, parts: &Parts, body: &Bytes, v3: bool, now_ms: u64) -> Result<Plan, Refusal> {
    content_type(parts)?;
    let form = Form::parse(body).ok_or_else(|| Refusal::new(10008, "the form is not UTF-8"))?;
    let regids = form.get("registration_id").map(form::regids).unwrap_or_default();
    if regids.is_empty() {
        return Err(Refusal::new(10016, "registration_id is required"));
    }
    if regids.len() > TARGETS_MAX {
        return Err(Refusal::new(10017, format!("registration_id has more than {TARGETS_MAX} regids")));
    }
    message::check(&form, v3, now_ms)?;
    Ok(deliver(site, &regids))
}

fn content_type(parts: &Parts) -> Result<(), Refusal> {
    let header = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut pieces = header.split(';').map(str::trim);
    let form = pieces.next().is_some_and(|kind| kind.eq_ignore_ascii_case(FORM_TYPE));
    let utf8 = |piece: &str| match piece.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    if form && pieces.all(utf8) { Ok(()) } else { Err(Refusal::plain(10007)) }
}

/// The first regid that speaks for the whole call decides it; delays add up to the longest.
fn deliver(site: &MiSite, regids: &[&str]) -> Plan {
    let mut delay = Duration::ZERO;
    let mut bad = Vec::new();
    let mut decided = None;
    for regid in regids {
        let reading = prefixes::read(regid);
        delay = delay.max(reading.delay);
        match reading.effect {
            Effect::Accept => {}
            Effect::Bad => bad.push(*regid),
            other => decided = decided.or(Some(other)),
        }
    }
    let plan = match decided {
        Some(effect) => Plan { delay, act: whole_call(effect), accepted: 0 },
        None if bad.len() == regids.len() => Plan::refused(&Refusal::plain(20301)),
        None => accept(site, regids.len(), &bad),
    };
    Plan { delay, ..plan }
}

fn accept(site: &MiSite, regids: usize, bad: &[&str]) -> Plan {
    let accepted = (regids - bad.len()) as u64;
    let acked = site.acked.fetch_add(accepted, Relaxed) + accepted;
    Plan { delay: Duration::ZERO, act: Act::Answer(answer::sent(regids, bad, acked)), accepted }
}

fn whole_call(effect: Effect) -> Act {
    match effect {
        Effect::Code(code) => Act::Answer(Refusal::plain(code).answer(StatusCode::OK)),
        Effect::Unavailable => Act::Answer(Answer::empty(StatusCode::SERVICE_UNAVAILABLE)),
        Effect::Html => Act::Answer(Answer::html(StatusCode::BAD_GATEWAY)),
        Effect::Rubbish => Act::Answer(Answer::rubbish(StatusCode::OK)),
        Effect::Empty | Effect::Accept | Effect::Bad => Act::Answer(Answer::empty(StatusCode::OK)),
        Effect::Hang => Act::Hang,
        Effect::Reset => Act::Reset(Reason::INTERNAL_ERROR),
        Effect::RefuseAlways => Act::Reset(Reason::REFUSED_STREAM),
        Effect::Close => Act::Close,
    }
}

// === impl Plan ===

impl Plan {
    pub(super) fn now(act: Act) -> Self {
        Self { delay: Duration::ZERO, act, accepted: 0 }
    }

    fn answer(answer: Answer) -> Self {
        Self::now(Act::Answer(answer))
    }

    fn refused(refusal: &Refusal) -> Self {
        Self::answer(refusal.answer(StatusCode::OK))
    }
}
