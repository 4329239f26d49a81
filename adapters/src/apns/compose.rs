//! From the normalized message to Apple's request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use model::{
    Adjustment, Call, Capabilities, Click, Composed, Composition, Importance, Message, Options, PushType, Refusal,
    Sound,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::VENDOR;
use super::push_type::Kind;
use super::settings::{Settings, TokenFormat};
use super::wire;
use crate::common::json_text::Excess;
use crate::common::{endpoint, merge_patch};

/// Apple stores a notification for at most 30 days.
const MAX_TTL: Duration = Duration::from_hours(30 * 24);

const APNS_ID: HeaderName = HeaderName::from_static("apns-id");
pub(super) const APNS_TOPIC: HeaderName = HeaderName::from_static("apns-topic");
pub(super) const APNS_PUSH_TYPE: HeaderName = HeaderName::from_static("apns-push-type");
pub(super) const APNS_PRIORITY: HeaderName = HeaderName::from_static("apns-priority");
pub(super) const APNS_EXPIRATION: HeaderName = HeaderName::from_static("apns-expiration");
const APNS_COLLAPSE_ID: HeaderName = HeaderName::from_static("apns-collapse-id");

/// What may stand in a path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn compose(
    settings: &Settings,
    capabilities: &Capabilities,
    push: &Composition<'_>,
) -> Result<Composed, Refusal> {
    let kind = Kind::of(push.message.push_type);
    if kind.token_only && !settings.auth.is_token() {
        return Err(Refusal::rejected("message.push_type", "this push type needs token authentication"));
    }
    refuse_taken_names(push.message)?;
    let mut adjustments = capabilities.left_out(push.message);
    let sound = sound(push.message, &mut adjustments);
    let payload = fitted(push, kind, sound, &mut adjustments)?;
    let headers = headers(settings, kind, push, &mut adjustments);
    Ok(Composed { payload, headers, nonce: push.nonce, credential: 0, adjustments: adjustments.into() })
}

pub(super) fn address(settings: &Settings, call: &Call<'_>) -> Request<Bytes> {
    let target = call.targets.first().expect("a call has a target");
    let mut request = Request::new(call.composed.payload.clone());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = device_uri(settings, target.token.as_str());
    let mut headers = call.composed.headers.clone();
    headers.insert(APNS_ID, apns_id(call.composed.nonce, target.index));
    if let Some(access_token) = call.access_token {
        headers.insert(AUTHORIZATION, access_token.header().clone());
    }
    *request.headers_mut() = headers;
    request
}

fn device_uri(settings: &Settings, token: &str) -> Uri {
    let path = match settings.token_format {
        TokenFormat::Hex => format!("/3/device/{}", token.to_ascii_lowercase()),
        TokenFormat::Any => format!("/3/device/{}", utf8_percent_encode(token, SEGMENT)),
    };
    endpoint::at(&settings.endpoint, path.try_into().expect("a percent-encoded path is one"))
}

/// The same when the request is sent again, so that Apple's two answers can be matched. A push that its caller posts again
/// gets another one.
fn apns_id(nonce: u128, index: u32) -> HeaderValue {
    let bits = nonce.wrapping_add(u128::from(index));
    let id = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
    let mut text = uuid::Uuid::encode_buffer();
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)).expect("a UUID is ASCII")
}

fn headers(settings: &Settings, kind: &Kind, push: &Composition<'_>, adjustments: &mut Vec<Adjustment>) -> HeaderMap {
    let text = |text: &str| HeaderValue::from_str(text).expect("checked to be printable ASCII");
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(APNS_TOPIC, text(&format!("{}{}", settings.topic, kind.suffix)));
    headers.insert(APNS_PUSH_TYPE, HeaderValue::from_static(kind.push_type.as_str()));
    headers.insert(APNS_PRIORITY, HeaderValue::from_static(kind.priority(push.options.priority)));
    if let Some(seconds) = expiration(push.options, push.now, adjustments) {
        headers.insert(APNS_EXPIRATION, HeaderValue::from(seconds));
    }
    if let Some(key) = &push.options.replace_key {
        headers.insert(APNS_COLLAPSE_ID, text(key));
    }
    headers
}

/// UNIX seconds after which Apple drops the push; 0 is "now or never"; none is Apple's own default.
fn expiration(options: &Options, now: SystemTime, adjustments: &mut Vec<Adjustment>) -> Option<u64> {
    let ttl = options.ttl?;
    if ttl.is_zero() {
        return Some(0);
    }
    if ttl > MAX_TTL {
        adjustments.push(Adjustment::new("ttl", "shortened to 30 days, the longest that APNs stores"));
    }
    let until = now + ttl.min(MAX_TTL);
    Some(until.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// The payload, within Apple's bound; shortened where the caller allows it.
fn fitted<'a>(
    push: &Composition<'a>,
    kind: &Kind,
    sound: Option<wire::Sound<'a>>,
    adjustments: &mut Vec<Adjustment>,
) -> Result<Bytes, Refusal> {
    let bytes = with_overrides(&payload(push, sound), push.message);
    if bytes.len() <= kind.payload_bytes {
        return Ok(bytes.into());
    }
    let excess = Excess { bytes: bytes.len(), max_bytes: kind.payload_bytes };
    let mut tree = serde_json::from_slice(&bytes).unwrap_or_default();
    excess.cut(&mut tree, "/aps/alert/body", push.options.overflow, adjustments)?;
    Ok(tree.to_string().into())
}

fn with_overrides(payload: &wire::Payload<'_>, message: &Message) -> Vec<u8> {
    const WHY: &str = "strings and numbers are JSON";
    let Some(overrides) = message.overrides_for(VENDOR) else {
        return serde_json::to_vec(payload).expect(WHY);
    };
    let mut tree = serde_json::to_value(payload).expect(WHY);
    merge_patch::merge(&mut tree, overrides);
    serde_json::to_vec(&tree).expect(WHY)
}

fn payload<'a>(push: &Composition<'a>, sound: Option<wire::Sound<'a>>) -> wire::Payload<'a> {
    let message = push.message;
    wire::Payload {
        aps: (message.push_type != PushType::Mdm).then(|| aps(push, sound)),
        image: message.image.as_deref(),
        click: message.click.as_ref().map(click),
        data: &message.data,
    }
}

fn aps<'a>(push: &Composition<'a>, sound: Option<wire::Sound<'a>>) -> wire::Aps<'a> {
    let message = push.message;
    let live = message.push_type == PushType::LiveActivity;
    let (inner, outer) = if live { (sound, None) } else { (None, sound) };
    let alert = message.is_notification().then_some(wire::Alert {
        title: message.title.as_deref(),
        subtitle: message.subtitle.as_deref(),
        body: message.body.as_deref(),
        sound: inner,
    });
    let timestamp = push.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    wire::Aps {
        alert,
        badge: message.badge,
        sound: outer,
        thread_id: message.group.as_deref(),
        category: message.category.as_deref(),
        interruption_level: match message.importance {
            Importance::Low => Some("passive"),
            Importance::Normal => None,
            Importance::High => Some("time-sensitive"),
        },
        content_available: (message.push_type == PushType::Background).then_some(1),
        mutable_content: message.image.is_some().then_some(1),
        timestamp: live.then_some(timestamp),
    }
}

/// iOS names the file with its extension; nothing plays where nothing is shown.
fn sound<'a>(message: &'a Message, adjustments: &mut Vec<Adjustment>) -> Option<wire::Sound<'a>> {
    const SYSTEM: &str = "default";
    if !message.is_notification() {
        return None;
    }
    let ringtone = match &message.sound {
        Sound::None => return None,
        Sound::Default => return Some(wire::Sound::Name(SYSTEM)),
        Sound::Ringtone(ringtone) => ringtone,
    };
    let name = match ringtone.ios.as_deref() {
        Some(name) if name.contains('.') => name,
        Some(_) => {
            let detail = "iOS needs the file's extension, such as .wav; system sound used";
            adjustments.push(Adjustment::new("sound", detail));
            SYSTEM
        }
        None => SYSTEM,
    };
    Some(match ringtone.critical {
        true => wire::Sound::Critical { critical: 1, name, volume: ringtone.volume },
        false => wire::Sound::Name(name),
    })
}

fn click(click: &Click) -> wire::Click<'_> {
    match click {
        Click::App => wire::Click::App(true),
        Click::Url(url) => wire::Click::Url(url),
        Click::DeepLink(link) => wire::Click::DeepLink(link),
        Click::Activity { class, params } => wire::Click::Activity { activity: class, params },
        Click::Intent(intent) => wire::Click::Intent(intent.to_string()),
    }
}

/// The app's own data stand beside `aps`; none may take the place of what we put there.
fn refuse_taken_names(message: &Message) -> Result<(), Refusal> {
    let taken = [("aps", true), ("image", message.image.is_some()), ("click", message.click.is_some())];
    match taken.iter().find(|(name, used)| *used && message.data.contains_key(*name)) {
        Some((name, _)) => Err(Refusal::rejected("message.data", format!("the key \"{name}\" is taken at APNs"))),
        None => Ok(()),
    }
}
