//! What becomes of one request: path and method, credential, id, content type, body, then what the tokens say.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, StatusCode};
use serde_json::Value;

use super::answer::{self, BadToken, Refusal};
use super::call::{Call, Dialect, Sent, call};
use super::codes::{AUTHENTICATION, NO_PERMISSION, PARAMETER, STRUCTURE, TESTS_TOO_OFTEN, TOKEN_EXPIRED, TOO_LARGE};
use super::credentials::Credentials;
use super::next::{self, PushType};
use super::oauth::{self, Standing};
use super::prefixes::{self, Effect};
use super::rules::Object;
use super::{HuaweiSite, jwt, message};
use crate::answer::{Act, Answer};
use crate::content_type;
use crate::plan::Plan;

/// The body without its tokens.
const BODY_BYTES: usize = 4096;
const PUSH_TYPE: HeaderName = HeaderName::from_static("push-type");

/// A message that was found good, before anything is known of its tokens.
#[derive(Debug)]
pub(super) struct Push<'b> {
    /// None for a topic or condition.
    pub(super) tokens: Vec<&'b str>,
    pub(super) test: bool,
    /// It is checked, but nothing is delivered.
    pub(super) dry: bool,
}

/// Judges a request.
pub(super) fn judge(site: &HuaweiSite, parts: &Parts, body: &[u8], sent: &Sent, now: u64) -> Plan {
    match call(&parts.method, parts.uri.path()) {
        Call::Token => Plan::answer(oauth::answer(&site.credentials, parts, body, now)),
        Call::Send { dialect, id } => match authorised(&site.credentials, parts, dialect, now) {
            Ok(()) => {
                let push = push(site, parts, sent, dialect, id, now);
                let plan = push.map_or_else(|no| Plan::answer(no.answer()), |push| deliver(site, &push, dialect, now));
                Plan { authorised: true, ..plan }
            }
            Err(refusal) => Plan::answer(refusal.answer()),
        },
        Call::NotAllowed => Plan::answer(Answer::empty(StatusCode::METHOD_NOT_ALLOWED)),
        Call::Unknown => Plan::answer(Answer::empty(StatusCode::NOT_FOUND)),
    }
}

/// `Bearer` and an access token or JWT; v3 takes a JWT only.
fn authorised(credentials: &Credentials, parts: &Parts, dialect: Dialect, now: u64) -> Result<(), Refusal> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|header| header.split_once(' '));
    let Some(("Bearer", bearer)) = bearer else { return Err(Refusal::plain(AUTHENTICATION)) };
    if jwt::is_jwt(bearer) {
        return jwt::check(credentials, bearer, now);
    }
    if dialect == Dialect::V3 {
        return Err(Refusal::new(AUTHENTICATION, "v3 takes a service-account JWT only"));
    }
    match credentials.access_tokens.standing(bearer, now) {
        Standing::Good => Ok(()),
        Standing::Expired => Err(Refusal::plain(TOKEN_EXPIRED)),
        Standing::Unknown => Err(Refusal::plain(AUTHENTICATION)),
    }
}

fn push<'b>(
    site: &HuaweiSite,
    parts: &Parts,
    sent: &'b Sent,
    dialect: Dialect,
    id: &str,
    now: u64,
) -> Result<Push<'b>, Refusal> {
    let own_id = match dialect {
        Dialect::V1 => site.credentials.client_id,
        Dialect::V2 | Dialect::V3 => &site.credentials.project_id,
    };
    if id != own_id {
        return Err(Refusal::plain(NO_PERMISSION));
    }
    if !content_type::is_in_utf8(&parts.headers, content_type::JSON) {
        return Err(Refusal::new(PARAMETER, "content type must be application/json"));
    }
    let push = match dialect {
        Dialect::V1 | Dialect::V2 => message::check_body(sized(sent)?)?,
        Dialect::V3 => {
            let push_type = PushType::read(parts.headers.get(PUSH_TYPE).and_then(|value| value.to_str().ok()))?;
            next::check_body(sized(sent)?, push_type)?
        }
    };
    let (quota, count) = site.test_quota(dialect, push.tokens.len() as u64);
    if push.test && !quota.has_room(now, count) {
        return Err(Refusal::plain(TESTS_TOO_OFTEN));
    }
    Ok(push)
}

/// The body as an object of the right size: printed anew with an empty token list.
fn sized(sent: &Sent) -> Result<&Object, Refusal> {
    let not_json = || Refusal::new(STRUCTURE, "Illegal payload, the body is not a JSON object");
    let json = sent.json.as_ref().ok_or_else(not_json)?;
    let body = json.as_object().ok_or_else(not_json)?;
    let listed = json.pointer("/message/token").or(json.pointer("/target/token")).filter(|tokens| tokens.is_array());
    let tokens = listed.map_or(0, |tokens| printed_size(tokens) - "[]".len());
    if printed_size(json) - tokens > BODY_BYTES { Err(Refusal::plain(TOO_LARGE)) } else { Ok(body) }
}

fn printed_size(json: &Value) -> usize {
    json.to_string().len()
}

/// The first token that speaks for the whole call decides it; delays add up to the longest.
fn deliver(site: &HuaweiSite, push: &Push<'_>, dialect: Dialect, now: u64) -> Plan {
    let (mut delay, mut in_200, mut in_number) = (Duration::ZERO, false, false);
    let mut bad = Vec::new();
    let mut decided = None;
    for token in &push.tokens {
        let reading = prefixes::read(token);
        delay = delay.max(reading.delay);
        in_200 |= reading.in_200;
        match in_dialect(reading.effect, dialect) {
            Effect::Accept => {}
            Effect::AcceptInNumber => in_number = true,
            Effect::Bad(reason) => bad.push(BadToken { token, reason }),
            other => decided = decided.or(Some(other)),
        }
    }
    let all_bad = !bad.is_empty() && bad.len() == push.tokens.len();
    let act = match decided {
        Some(effect) => whole_call(effect, push, dialect, in_200),
        None if all_bad => refused(&Refusal::all_bad(dialect, &bad), in_200),
        None => {
            let accepted = site.accepted(push, dialect, bad.len(), now);
            let answer = match () {
                () if !bad.is_empty() => answer::partial(dialect, push.tokens.len(), &bad),
                () if in_number => answer::success_in_number(),
                () => answer::success(),
            };
            return Plan { delay, accepted, ..Plan::answer(answer) };
        }
    };
    Plan { delay, ..Plan::now(act) }
}

/// A token of the other kind of phone is a bad one.
fn in_dialect(effect: Effect, dialect: Dialect) -> Effect {
    match (effect, dialect) {
        (Effect::NextOnly, Dialect::V1 | Dialect::V2) => Effect::Bad(prefixes::FORMAT),
        (Effect::OlderOnly, Dialect::V3) => Effect::Bad(prefixes::PLATFORM),
        (Effect::NextOnly | Effect::OlderOnly, _) => Effect::Accept,
        (effect, _) => effect,
    }
}

fn whole_call(effect: Effect, push: &Push<'_>, dialect: Dialect, in_200: bool) -> Act {
    let empty = |status| Act::Answer(Answer::empty(status));
    match effect {
        Effect::Code(super::codes::ALL_BAD) => {
            let bad: Vec<_> = push.tokens.iter().map(|token| BadToken { token, reason: prefixes::FORMAT }).collect();
            refused(&Refusal::all_bad(dialect, &bad), in_200)
        }
        Effect::Code(code) => refused(&Refusal::plain(code), in_200),
        Effect::PartialUnread => refused(&Refusal::plain(super::codes::PARTIAL), in_200),
        Effect::FlowControl => empty(StatusCode::SERVICE_UNAVAILABLE),
        Effect::Unavailable => empty(StatusCode::BAD_GATEWAY),
        Effect::GatewayTimeout => empty(StatusCode::GATEWAY_TIMEOUT),
        Effect::Trouble(trouble) => trouble.act(),
        // they speak for one token each and do not get here
        Effect::Accept | Effect::AcceptInNumber | Effect::NextOnly | Effect::OlderOnly | Effect::Bad(_) => {
            empty(StatusCode::OK)
        }
    }
}

fn refused(refusal: &Refusal, in_200: bool) -> Act {
    Act::Answer(if in_200 { refusal.answer_under(StatusCode::OK) } else { refusal.answer() })
}
