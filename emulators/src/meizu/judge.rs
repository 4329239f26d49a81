//! What becomes of one call: path and method, parameters, app and signature, targets, message, then what the pushIds
//! say.

use http::header::HOST;
use http::request::Parts;
use http::{Method, StatusCode};
use time::OffsetDateTime;

use super::answer::{self, Failures, Refusal, Shape};
use super::message::{self, Notice};
use super::prefixes::{self, Effect, Place, Reading};
use super::sign::sign;
use super::{APP_ID, MeizuSite, PACKAGE, codes, form};
use crate::answer::{Act, Answer};
use crate::content_type;
use crate::form::Form;
use crate::plan::Plan;

/// pushIds in one call, since 2023-08-21; 1000 before.
const TARGETS_MAX: usize = 100;
/// Marks a call that followed a redirect.
const REDIRECTED: &str = "redirected=1";

/// What a path is for.
#[derive(Clone, Copy)]
enum Call {
    /// A notification to pushIds.
    Send,
    /// The switch of one pushId.
    Switch,
}

/// Judges a call; there is no form if it is not UTF-8.
pub(super) fn judge(site: &MeizuSite, parts: &Parts, form: Option<&Form>, now: OffsetDateTime) -> Plan {
    match call(parts) {
        Ok(call) => answered(site, call, parts, form, now).unwrap_or_else(|refusal| refused(&refusal)),
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

fn answered(
    site: &MeizuSite,
    call: Call,
    parts: &Parts,
    form: Option<&Form>,
    now: OffsetDateTime,
) -> Result<Plan, Refusal> {
    if parts.method == Method::POST && !content_type::is_in_utf8(&parts.headers, content_type::FORM) {
        let why = format!("the content type is not {} in UTF-8", content_type::FORM);
        return Err(Refusal::new(codes::PARAMETER, why));
    }
    let form = form.ok_or_else(|| Refusal::new(codes::PARAMETER, "the parameters are not UTF-8"))?;
    if let Some(name) = form.repeated() {
        return Err(Refusal::new(codes::PARAMETER, format!("{name} comes more than once")));
    }
    authorised(site, form)?;
    match call {
        Call::Send => {
            let targets = targets(form)?;
            let notice = message::check(mandatory(form, "messageJson")?)?;
            packages(form)?;
            Ok(deliver(site, parts, &targets, notice, now))
        }
        Call::Switch => Ok(switch(parts, mandatory(form, "pushId")?)),
    }
}

/// The app, then the signature over everything else that came.
fn authorised(site: &MeizuSite, form: &Form) -> Result<(), Refusal> {
    if mandatory(form, "appId")? != APP_ID {
        return Err(Refusal::plain(codes::APP_ID));
    }
    mandatory(form, "sign")?;
    if form::sign(form) == Some(sign(form::signed(form), &site.app_secret).as_str()) {
        Ok(())
    } else {
        Err(Refusal::plain(codes::SIGNATURE))
    }
}

fn mandatory<'f>(form: &'f Form, name: &str) -> Result<&'f str, Refusal> {
    let value = form.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| Refusal::new(codes::EMPTY, format!("{name} must not be empty")))
}

/// No blanks, no trailing comma.
fn targets(form: &Form) -> Result<Vec<&str>, Refusal> {
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
fn packages(form: &Form) -> Result<(), Refusal> {
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
    Plan { accepted, ..Plan::answer(answer) }
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
    Plan { delay, ..Plan::now(act) }
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
        Effect::Trouble(trouble) => trouble.act(),
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

fn refused(refusal: &Refusal) -> Plan {
    Plan::answer(refusal.answer(StatusCode::OK))
}
