//! What each vendor would be sent, without sending it.

use std::time::{Duration, SystemTime};

use channel::{Channel, ChannelId};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use model::{AccessToken, Adjustment, Authorisation, Call, Composed, Composition, NotifyId, Push, PushId, Target};
use serde_json::{Map, Value};

use super::dispatch::{checked, prepared, refused};
use super::report::Report;
use super::route::{Group, route};
use crate::channels::Channels;

/// As many requests of one channel are shown; a push may have ten thousand that differ in the device token only.
const MAX_REQUESTS: usize = 100;

/// Stands in the place of everything secret.
const MASK: &str = "[secret]";

/// What would become of a push.
pub struct Preview {
    /// Its id.
    pub id: PushId,
    /// One for each channel (and dialect) that it goes through.
    pub channels: Vec<ChannelPreview>,
    /// Targets that no channel takes.
    pub refused: Vec<Report>,
}

/// What would go through one channel.
pub struct ChannelPreview {
    /// Which.
    pub channel: ChannelId,
    /// Which of the vendor's APIs.
    pub dialect: Option<String>,
    /// What would be changed.
    pub adjustments: Vec<Adjustment>,
    /// How many requests would be made.
    pub total_requests: usize,
    /// The first of them.
    pub requests: Vec<RequestPreview>,
    /// Targets that would not be sent to.
    pub refused: Vec<Report>,
}

/// One HTTP request, secrets masked.
pub struct RequestPreview {
    /// The places of its targets in the caller's list.
    pub targets: Vec<u32>,
    /// HTTP method.
    pub method: String,
    /// Whole URL.
    pub url: String,
    /// Headers by name.
    pub headers: Map<String, Value>,
    /// JSON as it is; a form as an object of its fields; else text.
    pub body: Value,
}

/// What all channels of a preview share.
struct Previewing<'a> {
    channels: &'a Channels,
    composition: Composition<'a>,
}

pub(super) fn preview(channels: &Channels, push: &Push, notify_id: NotifyId, now: SystemTime) -> Preview {
    let nonce = uuid::Uuid::new_v4().as_u128();
    let (message, options) = (&push.message, &push.options);
    let composition = Composition { message, options, dialect: None, notify_id, nonce, now };
    let previewing = Previewing { channels, composition };
    let (groups, refused) = route(&push.app, push.targets.clone());
    let channels = groups.into_iter().map(|group| previewing.group(group)).collect();
    Preview { id: push.id.clone(), channels, refused }
}

// === impl Previewing ===

impl Previewing<'_> {
    fn group(&self, group: Group) -> ChannelPreview {
        let composition = Composition { dialect: group.dialect(), ..self.composition };
        let dialect = group.dialect().map(str::to_owned);
        let preview = ChannelPreview {
            channel: group.channel.clone(),
            dialect,
            adjustments: Vec::new(),
            total_requests: 0,
            requests: Vec::new(),
            refused: Vec::new(),
        };
        let (channel, composed) = match prepared(self.channels, &group.channel, &composition) {
            Ok(prepared) => prepared,
            Err(verdict) => return ChannelPreview { refused: refused(&group.targets, &verdict), ..preview },
        };
        let (good, refused) = checked(channel, group.targets);
        let size = channel.limits().targets_per_call.max(1);
        let requests = good.chunks(size).take(MAX_REQUESTS);
        ChannelPreview {
            adjustments: composed.adjustments.to_vec(),
            total_requests: good.len().div_ceil(size),
            requests: requests.map(|targets| request(channel, &composed, targets, self.composition.now)).collect(),
            refused,
            ..preview
        }
    }
}

fn request(channel: &Channel, composed: &Composed, targets: &[Target], now: SystemTime) -> RequestPreview {
    let adapter = channel.adapter();
    let access_token = match adapter.authorise(composed.credential, None, now) {
        Authorisation::NotNeeded => None,
        Authorisation::Ready(token) => Some(token),
        Authorisation::Exchange(_) => Some(placeholder(now)),
    };
    let request = adapter.address(&Call { composed, targets, access_token: access_token.as_ref(), now });
    RequestPreview {
        targets: targets.iter().map(|target| target.index).collect(),
        method: request.method().to_string(),
        url: request.uri().to_string(),
        headers: headers(&request),
        body: body(&request, adapter.masked_fields()),
    }
}

/// Stands for what the vendor's token endpoint would give; it is not asked.
fn placeholder(now: SystemTime) -> AccessToken {
    let end = now + Duration::from_secs(3600);
    AccessToken::new(HeaderValue::from_static(MASK), now, end, end)
}

fn headers<B>(request: &Request<B>) -> Map<String, Value> {
    let shown = |value: &HeaderValue| match value.is_sensitive() {
        true => MASK.to_owned(),
        false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    request.headers().iter().map(|(name, value)| (name.to_string(), shown(value).into())).collect()
}

fn body(request: &Request<bytes::Bytes>, masked: &[&str]) -> Value {
    let bytes = request.body();
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let fields = form_urlencoded::parse(bytes).map(|(name, value)| {
            let value = if masked.contains(&&*name) { MASK.into() } else { Value::String(value.into_owned()) };
            (name.into_owned(), value)
        });
        return Value::Object(fields.collect());
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}
