//! `[apps.<app>.apns]`, checked.

use http::Uri;
use model::parse::Faults;
use model::{ClientIdentity, Environment, Fault, Outcome, Path, Secret, Section, TokenProof, Verdict};
use serde::Deserialize;

use super::auth::Signer;
use super::push_type::Kind;
use crate::common::{endpoint, settings};

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) auth: Auth,
    /// The app's bundle id; push types add their suffix to it.
    pub(super) topic: String,
    /// Scheme and authority.
    pub(super) endpoint: Uri,
    pub(super) token_format: TokenFormat,
    pub(super) environment: Environment,
}

#[derive(Debug)]
pub(super) enum Auth {
    Token(Box<Signer>),
    Certificate(ClientIdentity),
}

/// Which device tokens are let through to Apple, who counts malformed ones against the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenFormat {
    /// 64 to 200 hexadecimal digits, an even number. Apple's are 64 today and may grow.
    Hex,
    /// Anything: for the emulator, whose well-known tokens are words.
    Any,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Raw {
    auth: Option<String>,
    key: Option<Secret>,
    key_id: Option<String>,
    team_id: Option<String>,
    certificate: Option<Secret>,
    topic: Option<String>,
    endpoint: Option<String>,
    token_format: Option<String>,
}

// === impl Settings ===

impl Settings {
    pub(super) fn check(section: &Section) -> Result<Self, Vec<Fault>> {
        settings::read(section, |raw, faults| Self::collect(raw, section.environment, faults))
    }

    fn collect(raw: Raw, environment: Environment, faults: &mut Faults) -> Option<Self> {
        let root = Path::root();
        let topic = faults.require(&root.at("topic"), raw.topic);
        let topic = topic.and_then(|topic| faults.take(&root.at("topic"), checked_topic(topic)));
        let endpoint = raw.endpoint.as_deref().unwrap_or(default_endpoint(environment));
        let endpoint = faults.take(&root.at("endpoint"), checked_endpoint(endpoint));
        let token_format = match raw.token_format.as_deref() {
            None | Some("hex") => Ok(TokenFormat::Hex),
            Some("any") => Ok(TokenFormat::Any),
            Some(_) => Err("must be \"hex\" or \"any\""),
        };
        let token_format = faults.take(&root.at("token_format"), token_format);
        let auth = match faults.require(&root.at("auth"), raw.auth.as_deref()) {
            Some("token") => token_auth(raw.key, raw.key_id, raw.team_id, raw.certificate.is_some(), faults),
            Some("certificate") => certificate_auth(raw.certificate, raw.key, topic.as_deref(), faults),
            Some(_) => {
                faults.add(&root.at("auth"), "must be \"token\" or \"certificate\"");
                None
            }
            None => None,
        };
        Some(Self { auth: auth?, topic: topic?, endpoint: endpoint?, token_format: token_format?, environment })
    }
}

// === impl Auth ===

impl Auth {
    pub(super) const fn is_token(&self) -> bool {
        matches!(self, Auth::Token(_))
    }
}

// === impl TokenFormat ===

impl TokenFormat {
    pub(super) fn check(self, token: &str) -> Result<(), Verdict> {
        let is_hex = (64..=200).contains(&token.len())
            && token.len().is_multiple_of(2)
            && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        if self == TokenFormat::Any || is_hex {
            return Ok(());
        }
        Err(Verdict::new(Outcome::InvalidToken { proof: TokenProof::Foreign })
            .code("malformed")
            .detail("an APNs device token is 64 to 200 hexadecimal digits; not sent"))
    }
}

fn token_auth(
    key: Option<Secret>,
    key_id: Option<String>,
    team_id: Option<String>,
    has_certificate: bool,
    faults: &mut Faults,
) -> Option<Auth> {
    let root = Path::root();
    if has_certificate {
        faults.add(&root.at("certificate"), "goes with auth = \"certificate\"");
    }
    let key = faults.require(&root.at("key"), key);
    // Apple names the file after the key.
    let named = key.as_ref().and_then(|key| key_id_in(key.file()?));
    let key_id = faults.require(&root.at("key_id"), key_id.or(named));
    let key_id = key_id.and_then(|id| faults.take(&root.at("key_id"), apple_id(id)));
    let team_id = faults.require(&root.at("team_id"), team_id);
    let team_id = team_id.and_then(|id| faults.take(&root.at("team_id"), apple_id(id)));
    let key = key.and_then(|key| faults.take(&root.at("key"), Signer::read_key(&key)));
    Some(Auth::Token(Box::new(Signer::new(key?, key_id?, team_id?))))
}

fn certificate_auth(
    certificate: Option<Secret>,
    key: Option<Secret>,
    topic: Option<&str>,
    faults: &mut Faults,
) -> Option<Auth> {
    let root = Path::root();
    let certificate = faults.require(&root.at("certificate"), certificate);
    let key = faults.require(&root.at("key"), key);
    let (certificate, key) = (certificate?, key?);
    for (field, secret, block) in
        [("certificate", &certificate, "-----BEGIN CERTIFICATE-----"), ("key", &key, "PRIVATE KEY-----")]
    {
        if !secret.reveal().contains(block) {
            faults.add(&root.at(field), format!("must be PEM and hold a block \"{block}\""));
        }
    }
    Some(Auth::Certificate(ClientIdentity { certificate, key, app_id: topic?.to_owned() }))
}

/// `AuthKey_ABC123DEFG.p8` -> `ABC123DEFG`
fn key_id_in(file: &str) -> Option<String> {
    let name = file.rsplit('/').next()?;
    Some(name.strip_prefix("AuthKey_")?.strip_suffix(".p8")?.to_owned())
}

fn apple_id(id: String) -> Result<String, &'static str> {
    let fits = id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    fits.then_some(id).ok_or("must be 10 upper-case letters and digits, as Apple shows it")
}

/// A topic without the suffix of a push type.
pub(super) fn checked_topic(topic: String) -> Result<String, String> {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    if topic.is_empty() || topic.len() > 255 || !topic.chars().all(plain) {
        return Err("must be the app's bundle id, such as com.example.app".to_owned());
    }
    match Kind::suffix_in(&topic) {
        Some(suffix) => Err(format!("must be the bundle id without \"{suffix}\"; the push type adds it")),
        None => Ok(topic),
    }
}

const fn default_endpoint(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "https://api.push.apple.com",
        Environment::Sandbox => "https://api.sandbox.push.apple.com",
    }
}

fn checked_endpoint(text: &str) -> Result<Uri, &'static str> {
    let fault = "must be an https URL of host and port only, such as https://api.push.apple.com:2197";
    endpoint::https(text).filter(|uri| uri.path() == "/").ok_or(fault)
}
