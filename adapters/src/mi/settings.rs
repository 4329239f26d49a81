//! The configuration of one channel, checked.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri, header};
use model::parse::Faults;
use model::{Environment, Fault, NotifySpan, Path, Secret, Section, TokenProof};
use serde::Deserialize;

use super::template::Template;
use crate::common::settings::{self, at, within};
use crate::common::{endpoint, java, lone_proof, secret};

/// The fields as the configuration has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    app_secret: Option<Secret>,
    package: Option<String>,
    endpoint: Option<String>,
    path: Option<String>,
    channel_id: Option<String>,
    template_id: Option<String>,
    template_params: Option<BTreeMap<String, String>>,
    notify_id_max: Option<u64>,
    ttl_max_seconds: Option<u64>,
    title_max_chars: Option<u64>,
    description_max_chars: Option<u64>,
    payload_max_chars: Option<u64>,
    lone_invalid_token: Option<String>,
}

/// What a channel needs to know.
pub(super) struct Settings {
    /// Scheme and authority of the API.
    pub(super) endpoint: Uri,
    /// Where pushes go.
    pub(super) send_url: Uri,
    /// The headers of every request, with the secret; marked sensitive.
    pub(super) headers: HeaderMap,
    /// The app's Java package.
    pub(super) package: String,
    /// The notification channel where the message names none.
    pub(super) channel_id: Option<String>,
    /// The template of that channel.
    pub(super) template: Option<Template>,
    pub(super) notify_span: NotifySpan,
    pub(super) ttl_max: Duration,
    pub(super) title_max_chars: usize,
    pub(super) description_max_chars: usize,
    pub(super) payload_max_chars: usize,
    /// What an invalid device token proves that was alone in its call.
    pub(super) lone_proof: TokenProof,
}

/// The API in mainland China; the service elsewhere ended on 2024-04-02.
const ENDPOINT: &str = "https://api.xmpush.xiaomi.com";

/// `/v2/` and `/v4/` exist as well.
const SEND_PATH: &str = "/v3/message/regid";

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");

/// Private messages are kept for ten days, public ones for one (since 2024-09-03, pId=1854).
const TTL_MAX_SECONDS: u64 = 864_000;

/// "Shorter than 50" (pId=1559); older pages said 16.
const TITLE_MAX_CHARS: u64 = 49;

/// "Shorter than 128" (pId=1559).
const DESCRIPTION_MAX_CHARS: u64 = 127;

/// "Shorter than 4096" (older pages).
const PAYLOAD_MAX_CHARS: u64 = 4095;

/// What a limit of characters may be set to.
const CHARS: RangeInclusive<u64> = 2..=65_536;

const TTL_SECONDS: RangeInclusive<u64> = 1..=31_536_000;

// === impl Settings ===

impl Settings {
    /// Reads a section; finds all of its faults.
    pub(super) fn read(section: &Section) -> Result<Self, Vec<Fault>> {
        settings::read(section, |raw, faults| {
            if section.environment == Environment::Sandbox {
                let detail = "Mi has no sandbox for Android: use production with a device token for tests";
                faults.add(&Path::root(), detail);
            }
            Self::check(raw, faults)
        })
    }

    fn check(raw: RawSettings, faults: &mut Faults) -> Option<Self> {
        let secret = faults.require(&at("app_secret"), raw.app_secret);
        let authorization = secret.and_then(|secret| faults.take(&at("app_secret"), authorization(&secret)));
        let package = faults.require(&at("package"), raw.package);
        let package = package.and_then(|package| faults.take(&at("package"), java::package(package)));
        let endpoint = raw.endpoint.as_deref().unwrap_or(ENDPOINT);
        let endpoint = faults.take(&at("endpoint"), endpoint::host_only(endpoint, ENDPOINT));
        let path = faults.take(&at("path"), path(raw.path.as_deref().unwrap_or(SEND_PATH)));
        let channel_id = faults.take(&at("channel_id"), raw.channel_id.map(name).transpose());
        let template = template(raw.template_id, raw.template_params, faults);
        let notify_span = faults.take(&at("notify_id_max"), raw.notify_id_max.map(notify_span).transpose());
        let lone_proof = faults.take(&at("lone_invalid_token"), lone_proof::parse(raw.lone_invalid_token.as_deref()));
        let mut number = |field: &str, given: Option<u64>, default: u64, range: RangeInclusive<u64>| {
            faults.take(&at(field), within(given.unwrap_or(default), &range))
        };
        let ttl_max = number("ttl_max_seconds", raw.ttl_max_seconds, TTL_MAX_SECONDS, TTL_SECONDS);
        let mut chars = |field: &str, given: Option<u64>, default: u64| {
            number(field, given, default, CHARS).and_then(|chars| usize::try_from(chars).ok())
        };
        let title = chars("title_max_chars", raw.title_max_chars, TITLE_MAX_CHARS);
        let description = chars("description_max_chars", raw.description_max_chars, DESCRIPTION_MAX_CHARS);
        let payload = chars("payload_max_chars", raw.payload_max_chars, PAYLOAD_MAX_CHARS);
        let endpoint = endpoint?;
        Some(Self {
            send_url: endpoint::at(&endpoint, path?),
            endpoint,
            headers: HeaderMap::from_iter([(header::AUTHORIZATION, authorization?), (header::CONTENT_TYPE, FORM)]),
            package: package?,
            channel_id: channel_id?,
            template,
            notify_span: notify_span?.unwrap_or(NotifySpan::BITS_31),
            ttl_max: Duration::from_secs(ttl_max?),
            title_max_chars: title?,
            description_max_chars: description?,
            payload_max_chars: payload?,
            lone_proof: lone_proof?,
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("send_url", &self.send_url)
            .field("package", &self.package)
            .field("channel_id", &self.channel_id)
            .finish_non_exhaustive()
    }
}

/// `key` is lower case, or Xiaomi answers 21301.
fn authorization(secret: &Secret) -> Result<HeaderValue, &'static str> {
    let secret = secret::word(secret)?;
    let mut value =
        HeaderValue::try_from(format!("key={}", secret.reveal())).map_err(|_| "does not fit into an HTTP header")?;
    value.set_sensitive(true);
    Ok(value)
}

fn path(text: &str) -> Result<PathAndQuery, &'static str> {
    const WANTED: &str = "must be a path such as /v3/message/regid";
    let path: PathAndQuery = text.parse().map_err(|_| WANTED)?;
    let bare = text.starts_with('/') && path.query().is_none() && !text.contains('#');
    bare.then_some(path).ok_or(WANTED)
}

fn template(id: Option<String>, params: Option<BTreeMap<String, String>>, faults: &mut Faults) -> Option<Template> {
    if id.is_none() && params.is_some() {
        faults.add(&at("template_params"), "goes with template_id only");
    }
    let id = faults.take(&at("template_id"), id.map(name).transpose())??;
    Some(Template::read(id, &params.unwrap_or_default(), &at("template_params"), faults))
}

/// An id that the console issued.
fn name(name: String) -> Result<String, &'static str> {
    let fits = !name.trim().is_empty() && name.len() <= 256 && !name.chars().any(char::is_control);
    fits.then_some(name).ok_or("must be the id that the console shows")
}

fn notify_span(max: u64) -> Result<NotifySpan, String> {
    let span = u32::try_from(max).ok().and_then(NotifySpan::new);
    span.ok_or_else(|| format!("must be 2 to {}", i32::MAX))
}
