//! `[apps.<app>.meizu]`, checked.

use std::ops::RangeInclusive;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};
use model::parse::{Faults, shape};
use model::{Environment, Fault, Path, Secret, Section, TokenProof};
use serde::Deserialize;
use serde_json::Value;

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
const SEND_PATH: &str = "/garcia/api/server/push/varnished/pushByPushId";

/// The vendor states no bound for `messageJson`; this one is ours, and the one that most vendors have.
const PAYLOAD_MAX_BYTES: u64 = 4096;

const PAYLOAD_BYTES: RangeInclusive<u64> = 1024..=1_048_576;

// === impl Settings ===

impl Settings {
    /// Reads a section; finds all of its faults.
    pub(super) fn read(section: &Section) -> Result<Self, Vec<Fault>> {
        let (raw, mut faults) = shape::<RawSettings>(&Value::Object(section.fields.clone()))?;
        if section.environment == Environment::Sandbox {
            faults.add(&Path::root(), "Meizu has no sandbox: use production with the pushId of a test device");
        }
        match Self::check(raw, &mut faults) {
            Some(settings) if faults.is_empty() => Ok(settings),
            _ => Err(faults.into_list()),
        }
    }

    fn check(raw: RawSettings, faults: &mut Faults) -> Option<Self> {
        let at = |field: &str| Path::root().at(field);
        let app_id = faults.require(&at("app_id"), raw.app_id);
        let app_id = app_id.and_then(|id| faults.take(&at("app_id"), self::app_id(&id)));
        let app_secret = faults.require(&at("app_secret"), raw.app_secret);
        let app_secret = app_secret.and_then(|secret| faults.take(&at("app_secret"), self::app_secret(&secret)));
        let package = faults.take(&at("package"), raw.package.map(self::package).transpose());
        let message_class = faults.take(&at("message_class"), message_class(raw.message_class.as_deref()));
        let endpoint = faults.take(&at("endpoint"), endpoint(raw.endpoint.as_deref().unwrap_or(ENDPOINT)));
        let payload_max_bytes = within(raw.payload_max_bytes.unwrap_or(PAYLOAD_MAX_BYTES), &PAYLOAD_BYTES);
        let payload_max_bytes = faults.take(&at("payload_max_bytes"), payload_max_bytes);
        let lone_proof = faults.take(&at("lone_invalid_token"), proof(raw.lone_invalid_token.as_deref()));
        let endpoint = endpoint?;
        Some(Self {
            send_url: send_url(&endpoint),
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

fn app_secret(secret: &Secret) -> Result<Secret, &'static str> {
    let secret = secret.reveal().trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err("must not be empty");
    }
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be visible ASCII characters without blanks or line breaks");
    }
    Ok(Secret::new(secret))
}

fn package(package: String) -> Result<String, &'static str> {
    let part = |part: &str| {
        part.starts_with(|char: char| char.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let fits = package.len() <= 255 && package.contains('.') && package.split('.').all(part);
    fits.then_some(package).ok_or("must be one Java package such as com.example.app")
}

fn message_class(word: Option<&str>) -> Result<MessageClass, &'static str> {
    match word {
        None | Some("private") => Ok(MessageClass::Private),
        Some("public") => Ok(MessageClass::Public),
        Some(_) => Err("must be one of private, public"),
    }
}

fn endpoint(text: &str) -> Result<Uri, &'static str> {
    const WANTED: &str = "must be an https URL of scheme and host only, such as https://server-api-push.meizu.com";
    let uri: Uri = text.parse().map_err(|_| WANTED)?;
    let bare = uri.scheme() == Some(&Scheme::HTTPS) && uri.path() == "/" && uri.query().is_none();
    let named = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if bare && named { Ok(uri) } else { Err(WANTED) }
}

fn send_url(endpoint: &Uri) -> Uri {
    let mut parts = endpoint.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static(SEND_PATH));
    Uri::from_parts(parts).expect("an endpoint with a path is a URI")
}

fn proof(word: Option<&str>) -> Result<TokenProof, &'static str> {
    match word {
        None | Some("foreign") => Ok(TokenProof::Foreign),
        Some("dead") => Ok(TokenProof::Dead { since: None }),
        Some(_) => Err("must be one of foreign, dead"),
    }
}

fn within(number: u64, range: &RangeInclusive<u64>) -> Result<u64, String> {
    range.contains(&number).then_some(number).ok_or_else(|| format!("must be {} to {}", range.start(), range.end()))
}
