//! What becomes of one call: path and method, secret, form, targets, message, then what the regids say.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, StatusCode};

use super::answer::{self, Refusal};
use super::form;
use super::prefixes::{self, Effect};
use super::{MiSite, message};
use crate::answer::{Act, Answer};
use crate::content_type;
use crate::form::Form;
use crate::plan::Plan;

/// Regids in one call.
const TARGETS_MAX: usize = 1000;
/// Statistics are called too often.
const TOO_OFTEN: i64 = 10039;

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

/// Judges a call; there is no form if it is not UTF-8.
pub(super) fn judge(site: &MiSite, parts: &Parts, form: Option<&Form>, now_ms: u64) -> Plan {
    match call(parts).and_then(|call| authorised(site, parts).map(|()| call)) {
        Ok(Call::Gone) => Plan::answer(Answer::empty(StatusCode::NOT_FOUND)),
        Ok(Call::Quota) if !site.may_tell_quota(now_ms) => refused(&Refusal::plain(TOO_OFTEN)),
        Ok(Call::Quota) => Plan::answer(answer::quota(site.acked.load(Relaxed))),
        Ok(Call::Send { v3 }) => send(site, parts, form, v3, now_ms).unwrap_or_else(|no| refused(&no)),
        Err(refusal) => refused(&refusal),
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

fn send(site: &MiSite, parts: &Parts, form: Option<&Form>, v3: bool, now_ms: u64) -> Result<Plan, Refusal> {
    if !content_type::is_in_utf8(&parts.headers, content_type::FORM) {
        return Err(Refusal::plain(10007));
    }
    let form = form.ok_or_else(|| Refusal::new(10008, "the form is not UTF-8"))?;
    let regids = form::targets(form);
    if regids.is_empty() {
        return Err(Refusal::new(10016, "registration_id is required"));
    }
    if regids.len() > TARGETS_MAX {
        return Err(Refusal::new(10017, format!("registration_id has more than {TARGETS_MAX} regids")));
    }
    message::check(form, v3, now_ms)?;
    Ok(deliver(site, &regids))
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
        Some(effect) => Plan::now(whole_call(effect)),
        None if bad.len() == regids.len() => refused(&Refusal::plain(20301)),
        None => accept(site, regids.len(), &bad),
    };
    Plan { delay, ..plan }
}

fn accept(site: &MiSite, regids: usize, bad: &[&str]) -> Plan {
    let accepted = (regids - bad.len()) as u64;
    let acked = site.acked.fetch_add(accepted, Relaxed) + accepted;
    Plan { accepted, authorised: accepted > 0, ..Plan::answer(answer::sent(regids, bad, acked)) }
}

fn whole_call(effect: Effect) -> Act {
    match effect {
        Effect::Code(code) => Act::Answer(Refusal::plain(code).answer(StatusCode::OK)),
        Effect::Unavailable => Act::Answer(Answer::empty(StatusCode::SERVICE_UNAVAILABLE)),
        Effect::Trouble(trouble) => trouble.act(),
        // they speak for one regid each and do not get here
        Effect::Accept | Effect::Bad => Act::Answer(Answer::empty(StatusCode::OK)),
    }
}

fn refused(refusal: &Refusal) -> Plan {
    Plan::answer(refusal.answer(StatusCode::OK))
}
