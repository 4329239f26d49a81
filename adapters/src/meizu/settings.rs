//! `[apps.<app>.meizu]`, checked.

use std::ops::RangeInclusive;

use http::Uri;
use http::uri::PathAndQuery;
use model::parse::Faults;
use model::{Environment, Fault, Path, Secret, Section, TokenProof};
use serde::Deserialize;
use serde_json::Value;

use crate::common::settings::{self, at, within};
use crate::common::{endpoint, java, lone_proof, secret};

/// What a channel needs to know.
#[derive(Debug)]
pub(super) struct Settings {
    /// Scheme and authority of the API.
    pub(super) endpoint: Uri,
    /// Where pushes go.
    pub(super) send_url: Uri,
    /// The app's number.
    pub(super) app_id: String,
    /// What signatures end with. Without line breaks.
    pub(super) app_secret: Secret,
    /// The app's Java package.
    pub(super) package: Option<String>,
    pub(super) message_class: MessageClass,
    pub(super) payload_max_bytes: usize,
    /// What an invalid device token proves that was alone in its call.
    pub(super) lone_proof: TokenProof,
}

/// `noticeBarInfo.noticeMsgType`.
///
/// Meizu's default is public; ours is private. What comes through here is meant for one person (a message, an order), which
/// is what private messages are for, and Meizu stops public ones after three per device and day (since 2025-05-07): a
/// channel that forgets to choose would be cut off in the midst of the day. Whether private messages need Meizu's
/// approval is unconfirmed, so it is a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageClass {
    /// Operational and marketing messages; a few per device and day.
    Public = 0,
    /// Messages of users and about their own affairs; not limited.
    Private = 1,
}

/// The fields as the configuration has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct RawSettings {
    /// A number in the console: taken as text or as a number.
    app_id: Option<Value>,
    app_secret: Option<Secret>,
    package: Option<String>,
    message_class: Option<String>,
    endpoint: Option<String>,
    payload_max_bytes: Option<u64>,
    lone_invalid_token: Option<String>,
}

/// The API in mainland China; elsewhere it is `server-api-push.in.meizu.com` (since August 2023).
const ENDPOINT: &str = "https://server-api-push.meizu.com";

/// Notifications to pushIds.
const SEND_PATH: PathAndQuery = PathAndQuery::from_static("/garcia/api/server/push/varnished/pushByPushId");

/// The vendor states no bound for `messageJson`; this one is ours, and the one that most vendors have.
const PAYLOAD_MAX_BYTES: u64 = 4096;

const PAYLOAD_BYTES: RangeInclusive<u64> = 1024..=1_048_576;

// === impl Settings ===

impl Settings {
    /// Reads a section; finds all of its faults.
    pub(super) fn read(section: &Section) -> Result<Self, Vec<Fault>> {
        settings::read(section, |raw, faults| {
            if section.environment == Environment::Sandbox {
                faults.add(&Path::root(), "Meizu has no sandbox: use production with the pushId of a test device");
            }
            Self::check(raw, faults)
        })
    }

    fn check(raw: RawSettings, faults: &mut Faults) -> Option<Self> {
        let app_id = faults.require(&at("app_id"), raw.app_id);
        let app_id = app_id.and_then(|id| faults.take(&at("app_id"), self::app_id(&id)));
        let app_secret = faults.require(&at("app_secret"), raw.app_secret);
        let app_secret = app_secret.and_then(|secret| faults.take(&at("app_secret"), secret::word(&secret)));
        let package = faults.take(&at("package"), raw.package.map(java::package).transpose());
        let message_class = faults.take(&at("message_class"), message_class(raw.message_class.as_deref()));
        let endpoint = raw.endpoint.as_deref().unwrap_or(ENDPOINT);
        let endpoint = faults.take(&at("endpoint"), endpoint::host_only(endpoint, ENDPOINT));
        let payload_max_bytes = within(raw.payload_max_bytes.unwrap_or(PAYLOAD_MAX_BYTES), &PAYLOAD_BYTES);
        let payload_max_bytes = faults.take(&at("payload_max_bytes"), payload_max_bytes);
        let lone_proof = faults.take(&at("lone_invalid_token"), lone_proof::parse(raw.lone_invalid_token.as_deref()));
        let endpoint = endpoint?;
        Some(Self {
            send_url: endpoint::at(&endpoint, SEND_PATH),
            endpoint,
            app_id: app_id?,
            app_secret: app_secret?,
            package: package?,
            message_class: message_class?,
            payload_max_bytes: usize::try_from(payload_max_bytes?).ok()?,
            lone_proof: lone_proof?,
        })
    }
}

fn app_id(id: &Value) -> Result<String, &'static str> {
    let id = match id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let fits = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(id).ok_or("must be the app's number, as the console shows it")
}

fn message_class(word: Option<&str>) -> Result<MessageClass, &'static str> {
    match word {
        None | Some("private") => Ok(MessageClass::Private),
        Some("public") => Ok(MessageClass::Public),
        Some(_) => Err("must be one of private, public"),
    }
}
