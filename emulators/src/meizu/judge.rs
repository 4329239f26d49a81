//! What becomes of one call: path and method, parameters, app and signature, targets, message, then what the pushIds
//! say.

use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{Method, StatusCode};
use time::OffsetDateTime;

use super::answer::{self, Failures, Refusal, Shape};
use super::form::Form;
use super::message::{self, Notice};
use super::prefixes::{self, Effect, Place, Reading};
use super::sign::sign;
use super::{APP_ID, MeizuSite, PACKAGE, codes};
use crate::answer::{Act, Answer};

/// pushIds in one call, since 2023-08-21; 1000 before.
const TARGETS_MAX: usize = 100;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";
/// Marks a call that followed a redirect.
const REDIRECTED: &str = "redirected=1";

/// What a call gets, when, and how many of its pushIds were accepted.
pub(super) struct Plan {
    pub(super) delay: Duration,
    pub(super) act: Act,
    pub(super) accepted: u64,
}

/// What a path is for.
#[derive(Clone, Copy)]
enum Call {
    /// A notification to pushIds.
    Send,
    /// The switch of one pushId.
    Switch,
}

/// Judges a call.
pub(super) fn judge(site: &MeizuSite, parts: &Parts, body: &Bytes, now: OffsetDateTime) -> Plan {
    match call(parts) {
        Ok(call) => answered(site, call, parts, body, now).unwrap_or_else(|refusal| Plan::refused(&refusal)),
        Err(status) => Plan::answer(Answer::empty(status)),
    }
}

fn call(parts: &Parts) -> Result<Call, StatusCode> {
    let (method, call) = match parts.uri.path() {
        "/garcia/api/server/push/varnished/pushByPushId" => (Method::POST, Call::Send),
        "/garcia/api/server/message/getRegisterSwitch" => (Method::GET, Call::Switch),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    if parts.method == method { Ok(call) } else { Err(StatusCode::METHOD_NOT_ALLOWED) }
}

fn answered(site: &MeizuSite, call: Call, parts: &Parts, body: &Bytes, now: OffsetDateTime) -> Result<Plan, Refusal> {
    if parts.method == Method::POST {
        content_type(parts)?;
    }
    let form = Form::parse(&parts.method, parts.uri.query(), body)
        .ok_or_else(|| Refusal::new(codes::PARAMETER, "the parameters are not UTF-8"))?;
    if let Some(name) = form.repeated() {
        return Err(Refusal::new(codes::PARAMETER, format!("{name} comes more than once")));
    }
    authorised(site, &form)?;
    match call {
        Call::Send => {
            let targets = targets(&form)?;
            let notice = message::check(mandatory(&form, "messageJson")?)?;
            packages(&form)?;
            Ok(deliver(site, parts, &targets, notice, now))
        }
        Call::Switch => Ok(switch(parts, mandatory(&form, "pushId")?)),
    }
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
    if form && pieces.all(utf8) {
        Ok(())
    } else {
        Err(Refusal::new(codes::PARAMETER, format!("the content type is not {FORM_TYPE} in UTF-8")))
    }
}

/// The app, then the signature over everything else that came.
fn authorised(site: &MeizuSite, form: &Form<'_>) -> Result<(), Refusal> {
    if mandatory(form, "appId")? != APP_ID {
        return Err(Refusal::plain(codes::APP_ID));
    }
    mandatory(form, "sign")?;
    if form.sign() == Some(sign(form.signed(), &site.app_secret).as_str()) {
        Ok(())
    } else {
        Err(Refusal::plain(codes::SIGNATURE))
    }
}

fn mandatory<'f>(form: &'f Form<'_>, name: &str) -> Result<&'f str, Refusal> {
    let value = form.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| Refusal::new(codes::EMPTY, format!("{name} must not be empty")))
}

/// No blanks, no trailing comma.
fn targets<'f>(form: &'f Form<'_>) -> Result<Vec<&'f str>, Refusal> {
    let targets: Vec<_> = mandatory(form, "pushIds")?.split(',').collect();
    let why = if targets.len() > TARGETS_MAX {
        format!("pushIds has more than {TARGETS_MAX} pushIds")
    } else if targets.iter().any(|target| target.is_empty() || target.contains(char::is_whitespace)) {
        "pushIds has a blank or an empty pushId".to_owned()
    } else {
        return Ok(targets);
    };
    Err(Refusal::new(codes::PARAMETER, why))
}

/// Absent or empty is no restriction.
fn packages(form: &Form<'_>) -> Result<(), Refusal> {
    match form.get("restrictedPackageNames") {
        None | Some("") => Ok(()),
        Some(names) if names.split(',').all(|name| name == PACKAGE) => Ok(()),
        Some(_) => Err(Refusal::plain(codes::PACKAGE)),
    }
}

/// The first pushId that speaks for the whole call decides it; delays add up to the longest.
fn deliver(site: &MeizuSite, parts: &Parts, targets: &[&str], notice: Notice, now: OffsetDateTime) -> Plan {
    let readings: Vec<_> = targets.iter().map(|target| prefixes::read(target)).collect();
    let delay = readings.iter().map(|reading| reading.delay).max().unwrap_or_default();
    let whole = readings.iter().find_map(|reading| whole_call(reading.effect, parts));
    let plan = whole.map_or_else(|| each(site, targets, &readings, notice, now), Plan::now);
    Plan { delay, ..plan }
}

/// Every pushId for itself.
fn each(site: &MeizuSite, targets: &[&str], readings: &[Reading], notice: Notice, now: OffsetDateTime) -> Plan {
    let mut failures = Failures::new();
    let mut accepted = 0;
    for (target, reading) in targets.iter().zip(readings) {
        let (code, second) = match reading.effect {
            Effect::Each(code) => (Some(code), None),
            Effect::Twice(code, second) => (Some(code), Some(second)),
            Effect::Limited => (site.limits.take(target, notice.public, now).err(), None),
            _ => (None, None),
        };
        accepted += u64::from(code.is_none());
        for code in code.into_iter().chain(second) {
            failures.entry(code).or_default().push(*target);
        }
    }
    let answer = answer::sent(&site.ids, now, &failures, shape(readings));
    Plan { delay: Duration::ZERO, act: Act::Answer(answer), accepted }
}

/// The first one that is out of the ordinary.
fn shape(readings: &[Reading]) -> Shape {
    let mut shapes = readings.iter().filter_map(|reading| match reading.effect {
        Effect::Accept(shape) => Some(shape),
        _ => None,
    });
    shapes.find(|shape| *shape != Shape::default()).unwrap_or_default()
}

/// Every pushId but a dead or bad one has its switches. Redirects are for pushes: a query is signed as it stands.
fn switch(parts: &Parts, push_id: &str) -> Plan {
    let Reading { delay, effect } = prefixes::read(push_id);
    let act = match effect {
        Effect::Each(codes::SWITCHED_OFF) => Act::Answer(answer::switches(push_id, false)),
        Effect::Each(code @ (codes::NOT_REGISTERED | codes::ILLEGAL_PUSH_ID)) | Effect::Twice(_, code) => {
            Act::Answer(Refusal::plain(code).answer(StatusCode::OK))
        }
        Effect::Redirect(_) => Act::Answer(answer::switches(push_id, true)),
        effect => whole_call(effect, parts).unwrap_or_else(|| Act::Answer(answer::switches(push_id, true))),
    };
    Plan { delay, act, accepted: 0 }
}

/// What an effect does to the whole call, if it does.
fn whole_call(effect: Effect, parts: &Parts) -> Option<Act> {
    let act = match effect {
        Effect::Accept(_) | Effect::Limited | Effect::Each(_) | Effect::Twice(..) => return None,
        Effect::Redirect(Place::Here) if parts.uri.query().is_some_and(|query| query.contains(REDIRECTED)) => {
            return None;
        }
        Effect::Redirect(place) => Act::Answer(answer::redirected(&redirect(place, parts))),
        Effect::Code(code) => Act::Answer(Refusal::plain(code).answer(StatusCode::OK)),
        Effect::Unavailable => Act::Answer(Answer::empty(StatusCode::SERVICE_UNAVAILABLE)),
        Effect::Html => Act::Answer(Answer::html(StatusCode::BAD_GATEWAY)),
        Effect::Rubbish => Act::Answer(Answer::rubbish(StatusCode::OK)),
        Effect::Empty => Act::Answer(Answer::empty(StatusCode::OK)),
        Effect::Hang => Act::Hang,
        Effect::Reset => Act::Reset(Reason::INTERNAL_ERROR),
        Effect::RefuseAlways => Act::Reset(Reason::REFUSED_STREAM),
        Effect::Close => Act::Close,
    };
    Some(act)
}

fn redirect(place: Place, parts: &Parts) -> String {
    let host = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
    let host = parts.uri.authority().map(http::uri::Authority::as_str).or(host);
    let host = match place {
        Place::Here | Place::Round => host.unwrap_or("127.0.0.1"),
        Place::Foreign => "push.invalid",
    };
    format!("https://{host}{}?{REDIRECTED}", parts.uri.path())
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
