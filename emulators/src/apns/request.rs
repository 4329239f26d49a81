//! The checks of one request, in this order: method, credential, path, `apns-*` headers, device token, payload.
//!
//! Apple does not document its order, but credential checkers rely on the credential before the device token, and a
//! `HEAD` on `/` without credentials is known to give 405. The rest follows the order of Apple's header table.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::push_type;
use super::session::Identity;

const PATH: &str = "/3/device/";
const PAYLOAD_BYTES: usize = 4096;
const VOIP_PAYLOAD_BYTES: usize = 5120;
const COLLAPSE_ID_BYTES: usize = 64;

const ID: HeaderName = HeaderName::from_static("apns-id");
const TOPIC: HeaderName = HeaderName::from_static("apns-topic");
const PUSH_TYPE: HeaderName = HeaderName::from_static("apns-push-type");
const EXPIRATION: HeaderName = HeaderName::from_static("apns-expiration");
const PRIORITY: HeaderName = HeaderName::from_static("apns-priority");
const COLLAPSE_ID: HeaderName = HeaderName::from_static("apns-collapse-id");

type Reason = &'static str;

/// What later checks need of the headers.
#[derive(Debug)]
pub(super) struct Checked<'r> {
    pub(super) device_token: &'r str,
    payload: Payload,
}

/// The rules for the payload.
#[derive(Debug, Clone, Copy)]
struct Payload {
    limit: usize,
    mdm: bool,
    compressed: bool,
}

#[derive(Deserialize)]
struct Push<'p> {
    #[serde(borrow, default)]
    aps: Option<BTreeMap<std::borrow::Cow<'p, str>, IgnoredAny>>,
    #[serde(default)]
    mdm: Option<IgnoredAny>,
}

/// The device token in a path, perhaps empty.
pub(super) fn device_token(path: &str) -> Option<&str> {
    path.strip_prefix(PATH).or_else(|| (path == "/3/device").then_some(""))
}

/// The header, which may come once.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, Reason> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err("DuplicateHeaders");
    }
    Ok(first.map(http::HeaderValue::as_bytes))
}

/// The authorization header.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<&[u8]>, Reason> {
    single(headers, &AUTHORIZATION)
}

/// Everything between the credential and the device token.
pub(super) fn check<'r>(parts: &Parts, path: &'r str, identity: &Identity) -> Result<Checked<'r>, Reason> {
    let device_token = device_token(path).ok_or("BadPath")?;
    if device_token.contains('/') {
        return Err("BadPath");
    }
    let headers = &parts.headers;
    message_id(headers)?;
    let topic = topic(headers, identity)?;
    let push_type = checked_push_type(headers, topic)?;
    if text(headers, &EXPIRATION, "BadExpirationDate")?.is_some_and(|value| !is_date(value)) {
        return Err("BadExpirationDate");
    }
    priority(headers, push_type)?;
    if single(headers, &COLLAPSE_ID)?.is_some_and(|id| id.is_empty() || id.len() > COLLAPSE_ID_BYTES) {
        return Err("BadCollapseId");
    }
    if device_token.is_empty() {
        return Err("MissingDeviceToken");
    }
    let voip = push_type::split(topic).1 == ".voip";
    let payload = Payload {
        limit: if voip { VOIP_PAYLOAD_BYTES } else { PAYLOAD_BYTES },
        mdm: push_type::is_mdm(topic),
        compressed: headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity"),
    };
    Ok(Checked { device_token, payload })
}

/// Only POST.
pub(super) fn method(method: &Method) -> Result<(), Reason> {
    if method == Method::POST { Ok(()) } else { Err("MethodNotAllowed") }
}

/// The id that the answer bears: the request's own, or a new one.
pub(super) fn answer_id(headers: &HeaderMap) -> String {
    match message_id(headers) {
        Ok(Some(id)) => id.to_owned(),
        _ => Uuid::new_v4().to_string(),
    }
}

fn message_id(headers: &HeaderMap) -> Result<Option<&str>, Reason> {
    let Some(id) = text(headers, &ID, "BadMessageId")? else { return Ok(None) };
    let canonical = Uuid::try_parse(id).is_ok_and(|parsed| parsed.to_string() == id);
    if canonical { Ok(Some(id)) } else { Err("BadMessageId") }
}

fn topic<'h>(headers: &'h HeaderMap, identity: &Identity) -> Result<&'h str, Reason> {
    let topic = text(headers, &TOPIC, "BadTopic")?.filter(|topic| !topic.is_empty()).ok_or("MissingTopic")?;
    let well_formed = topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if !well_formed || topic.split('.').any(str::is_empty) {
        return Err("BadTopic");
    }
    if identity.serves(topic) { Ok(topic) } else { Err("TopicDisallowed") }
}

fn checked_push_type<'h>(headers: &'h HeaderMap, topic: &str) -> Result<Option<&'h str>, Reason> {
    let push_type = text(headers, &PUSH_TYPE, "InvalidPushType")?;
    match push_type {
        Some(push_type) if !push_type::fits(push_type, topic) => Err("InvalidPushType"),
        fitting => Ok(fitting),
    }
}

/// 10 if absent; a background push must say 5.
fn priority(headers: &HeaderMap, push_type: Option<&str>) -> Result<(), Reason> {
    let priority = text(headers, &PRIORITY, "BadPriority")?.unwrap_or("10");
    match (priority, push_type) {
        ("5", _) => Ok(()),
        (_, Some("background")) => Err("BadPriority"),
        ("10" | "1", _) => Ok(()),
        _ => Err("BadPriority"),
    }
}

fn is_date(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<i64>().is_ok()
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName, otherwise: Reason) -> Result<Option<&'h str>, Reason> {
    single(headers, name)?.map(|value| std::str::from_utf8(value).map_err(|_| otherwise)).transpose()
}

// === impl Checked ===

impl Checked<'_> {
    /// The payload: there, small enough, JSON with an `aps` object. Apple does not say which reason answers a body
    /// that is no such JSON; we say `PayloadEmpty`, for it bears nothing that APNs could deliver.
    pub(super) fn check_payload(&self, body: &Bytes) -> Result<(), Reason> {
        if body.is_empty() {
            return Err("PayloadEmpty");
        }
        if body.len() > self.payload.limit {
            return Err("PayloadTooLarge");
        }
        if self.payload.compressed {
            return Err("PayloadEmpty");
        }
        match serde_json::from_slice::<Push<'_>>(body) {
            Ok(push) if push.aps.is_some() || (self.payload.mdm && push.mdm.is_some()) => Ok(()),
            _ => Err("PayloadEmpty"),
        }
    }
}
