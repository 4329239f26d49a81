//! `[apps.<app>.webhook]`: where an app is told its events.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::Uri;
use model::parse::Faults;
use model::{AppId, EventKind, Path, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::channel::Authorities;
use crate::section;
use crate::source::Source;

/// One app's webhook.
pub struct WebhookConfig {
    /// Whose.
    pub app: AppId,
    /// Where it stands in the file.
    pub path: Path,
    /// `url`: where events are posted to. Absolute, `http` or `https`, without a user. Its path may be meant to be
    /// unguessable, so it is not for logs.
    pub url: String,
    /// `secret`: signs what is posted.
    pub secret: WebhookSecret,
    /// `events`: which kinds, at least one.
    pub events: Vec<EventKind>,
    /// `allow_private_addresses`: whether hosts of internal networks are posted to.
    pub allow_private_addresses: bool,
    /// `timeout_seconds`: for one request with its connection.
    pub timeout: Duration,
    /// `ca_file`: whom to trust as the receiver, instead of the machine's authorities.
    pub authorities: Option<Authorities>,
}

/// The key of a webhook's signatures, decoded. `Debug` hides it; the memory is wiped on drop.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// Why a text is no secret of a webhook. Never says what the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookSecretFault {
    /// The prefix is missing.
    #[error("must begin with whsec_, as Standard Webhooks has it: whsec_ and the base64 of 24 to 64 random bytes")]
    Prefix,
    /// What follows the prefix is no base64.
    #[error("must be base64 after whsec_")]
    Base64,
    /// Too short to be safe, or longer than receivers take.
    #[error("must hold 24 to 64 bytes after whsec_, not {actual}")]
    Length {
        /// How many it holds.
        actual: usize,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    url: Option<String>,
    allow_insecure: Option<bool>,
    secret: Option<Secret>,
    events: Option<Vec<String>>,
    allow_private_addresses: Option<bool>,
    timeout_seconds: Option<f64>,
    ca_file: Option<String>,
}

/// The table's name, beside those of vendors.
pub(crate) const NAME: &str = "webhook";

/// What is told unless the file says so: what an app acts on. Outcomes are many, and can be read from the feed.
const DEFAULT_EVENTS: [EventKind; 2] = [EventKind::DeadToken, EventKind::Channel];
const DEFAULT_TIMEOUT_SECONDS: f64 = 10.0;
const MAX_URL_BYTES: usize = 2048;

/// People copy secrets with and without the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

// === impl WebhookConfig ===

impl WebhookConfig {
    /// Checks the table; `None` if something in it is at fault.
    pub(crate) fn check(
        fields: Map<String, Value>,
        app: &AppId,
        path: &Path,
        source: &Source,
        faults: &mut Faults,
    ) -> Option<Self> {
        section::read(fields, path, source, faults, |raw, is_read, faults| {
            Self::read(raw, app, path, source, is_read, faults)
        })
    }

    fn read(
        raw: Raw,
        app: &AppId,
        path: &Path,
        source: &Source,
        is_read: impl Fn(&str) -> bool,
        faults: &mut Faults,
    ) -> Option<Self> {
        let at = |field: &str| Path::root().at(field);
        let url = faults.require(&at("url"), raw.url).and_then(|url| {
            let checked = check_url(&url, raw.allow_insecure.unwrap_or_default());
            faults.take(&at("url"), checked).map(|()| url)
        });
        let secret = match raw.secret {
            None if !is_read("secret") => None,
            secret => faults.require(&at("secret"), secret),
        };
        let secret = secret.and_then(|secret| faults.take(&at("secret"), WebhookSecret::parse(secret.reveal())));
        let events = raw.events.map_or(Some(DEFAULT_EVENTS.to_vec()), |words| kinds(&words, &at("events"), faults));
        let seconds = raw.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !(0.1..=60.0).contains(&seconds) {
            faults.add(&at("timeout_seconds"), "must be 0.1 to 60");
        }
        let authorities = raw.ca_file.map(|file| Authorities::read(file, source)).transpose();
        let authorities = faults.take(&at("ca_file"), authorities)?;
        Some(Self {
            app: app.clone(),
            path: path.clone(),
            url: url?,
            secret: secret?,
            events: events?,
            allow_private_addresses: raw.allow_private_addresses.unwrap_or_default(),
            timeout: Duration::try_from_secs_f64(seconds).ok()?,
            authorities,
        })
    }
}

impl fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookConfig").field("app", &self.app).field("events", &self.events).finish_non_exhaustive()
    }
}

// === impl WebhookSecret ===

impl WebhookSecret {
    /// The fewest bytes of a key; Standard Webhooks asks for them.
    pub const MIN_BYTES: usize = 24;
    /// The most.
    pub const MAX_BYTES: usize = 64;

    /// A secret in the form of Standard Webhooks. White space around it, as at a file's end, is not part of it.
    pub fn parse(text: &str) -> Result<Self, WebhookSecretFault> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(WebhookSecretFault::Prefix)?;
        let key = BASE64.decode(encoded).map(Zeroizing::new).map_err(|_| WebhookSecretFault::Base64)?;
        if !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&key.len()) {
            return Err(WebhookSecretFault::Length { actual: key.len() });
        }
        Ok(Self(key))
    }

    /// The key itself. Every caller of this is a place to review.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

fn check_url(url: &str, is_insecure_allowed: bool) -> Result<(), &'static str> {
    const WANTED: &str = "must be an absolute URL, such as https://example.com/pushmux-events";
    if url.len() > MAX_URL_BYTES {
        return Err("must be at most 2048 bytes long");
    }
    let uri: Uri = url.parse().map_err(|_| WANTED)?;
    let authority = uri.authority().ok_or(WANTED)?;
    if authority.as_str().contains('@') {
        return Err("must not hold a user or password; the signature says who posts");
    }
    if authority.host().is_empty() {
        return Err(WANTED);
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_insecure_allowed => Ok(()),
        Some("http") => Err("must be https; http only with allow_insecure = true"),
        _ => Err(WANTED),
    }
}

/// The kinds of these words, each once.
fn kinds(words: &[String], path: &Path, faults: &mut Faults) -> Option<Vec<EventKind>> {
    let mut kinds = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match EventKind::parse(word) {
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => kinds.push(kind),
            None => {
                let known = EventKind::ALL.map(EventKind::as_str).join(", ");
                faults.add(&path.at(index), format!("is no kind of event; known are {known}"));
            }
        }
    }
    if words.is_empty() {
        faults.add(path, "must name at least one kind of event, or be left out");
    }
    (!faults.any_within(path)).then_some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_whsec_and_base64() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        assert_eq!(secret.reveal().len(), 24);
        assert_eq!(format!("{secret:?}"), "[secret]");
        let unpadded = WebhookSecret::parse(&format!("whsec_{}", "A".repeat(34))).unwrap();
        assert_eq!(unpadded.reveal(), [0; 25]);
    }

    #[test]
    fn what_is_no_secret_says_why_without_saying_it() {
        let fault = |text: &str| WebhookSecret::parse(text).unwrap_err();
        assert_eq!(fault("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), WebhookSecretFault::Prefix);
        assert_eq!(fault("whsec_not base64!"), WebhookSecretFault::Base64);
        assert_eq!(fault("whsec_c2hvcnQ="), WebhookSecretFault::Length { actual: 5 });
        assert_eq!(fault(&format!("whsec_{}", "A".repeat(87))), WebhookSecretFault::Length { actual: 65 });
    }

    #[test]
    fn a_url_is_absolute_and_secure_unless_allowed() {
        for good in ["https://example.com", "https://example.com:8443/a?b=c", "https://[2001:db8::1]/"] {
            assert_eq!(check_url(good, false), Ok(()), "{good}");
        }
        for bad in ["example.com/x", "/x", "https:///x", "ftp://example.com", "https://me:pw@example.com", "a b", ""] {
            assert!(check_url(bad, true).is_err(), "{bad}");
        }
        assert!(check_url("http://example.com", false).unwrap_err().contains("allow_insecure"));
        assert_eq!(check_url("http://example.com", true), Ok(()));
    }
}
