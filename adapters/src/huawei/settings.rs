//! `[apps.<app>.huawei]`, checked.

use std::fmt;

use http::Uri;
use model::parse::Faults;
use model::{Environment, Fault, Secret, Section, TokenProof};
use serde::Deserialize;

use super::dialect::Dialect;
use super::jwt::Signer;
use super::oauth::OAuth;
use super::service_account::{self, ServiceAccount};
use crate::common::settings::{self, at};
use crate::common::{endpoint, java, lone_proof, secret};

/// What a channel needs to know.
pub(super) struct Settings {
    /// Scheme and authority of the push API.
    pub(super) endpoint: Uri,
    /// The dialect of targets that name none.
    pub(super) dialect: Dialect,
    /// Whether everything goes out as a test message.
    pub(super) is_sandbox: bool,
    pub(super) oauth: Option<OAuth>,
    pub(super) signer: Option<Signer>,
    /// Where pushes go: for v1 with the client's id, for v2 and v3 with the project's.
    client_url: Option<Uri>,
    project_urls: Option<(Uri, Uri)>,
    /// The app's Java package.
    pub(super) package: Option<String>,
    /// Message class of notifications that name none of Huawei's.
    pub(super) category: Option<String>,
    /// Full name of the launcher activity, for badges on EMUI.
    pub(super) badge_class: Option<String>,
    /// Whether ringtones of the app are passed on.
    pub(super) custom_sound: bool,
    /// Whether Huawei granted the right to urgent data messages.
    pub(super) urgent_data: bool,
    /// What an invalid device token proves that was alone in its call.
    pub(super) lone_proof: TokenProof,
}

/// Where a dialect's pushes go, and with which credential.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route<'a> {
    pub(super) url: &'a Uri,
    pub(super) credential: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Raw {
    client_id: Option<String>,
    client_secret: Option<Secret>,
    project_id: Option<String>,
    service_account: Option<Secret>,
    dialect: Option<String>,
    package: Option<String>,
    category: Option<String>,
    badge_class: Option<String>,
    custom_sound: Option<bool>,
    urgent_data: Option<bool>,
    lone_invalid_token: Option<String>,
    endpoint: Option<String>,
    token_endpoint: Option<String>,
}

/// The number of the client's secret among the credentials, where there is one.
pub(super) const OAUTH: u8 = 0;

/// One host for all data locations.
const ENDPOINT: &str = "https://push-api.cloud.huawei.com";

const TOKEN_ENDPOINT: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";

/// What each dialect needs.
const NEEDS: [(Dialect, &str); 3] = [
    (Dialect::V1, "client_id, and client_secret or service_account"),
    (Dialect::V2, "project_id, and client_id with client_secret or service_account"),
    (Dialect::V3, "service_account"),
];

// === impl Settings ===

impl Settings {
    /// Reads a section; finds all of its faults.
    pub(super) fn read(section: &Section) -> Result<Self, Vec<Fault>> {
        settings::read(section, |raw, faults| Self::check(raw, section.environment, faults))
    }

    fn check(raw: Raw, environment: Environment, faults: &mut Faults) -> Option<Self> {
        let dialect = faults.take(&at("dialect"), raw.dialect.as_deref().map_or(Ok(Dialect::V1), Dialect::parse));
        require(&raw, dialect.unwrap_or_default(), faults);
        let client_id = faults.take(&at("client_id"), raw.client_id.map(client_id).transpose()).flatten();
        let secret =
            faults.take(&at("client_secret"), raw.client_secret.as_ref().map(secret::word).transpose()).flatten();
        let project_id = raw.project_id.map(service_account::project_id).transpose();
        let project_id = faults.take(&at("project_id"), project_id).flatten();
        let account = raw.service_account.and_then(|account| account_of(&account, faults));
        if let (Some(id), Some(account)) = (&project_id, &account)
            && *id != account.project_id
        {
            faults.add(&at("project_id"), "is another one than the service account's: leave it out");
        }
        let package = faults.take(&at("package"), raw.package.map(java::package).transpose()).flatten();
        let category = faults.take(&at("category"), raw.category.map(|word| category(&word)).transpose()).flatten();
        let badge_class = faults.take(&at("badge_class"), raw.badge_class.map(class).transpose()).flatten();
        let lone_proof = faults.take(&at("lone_invalid_token"), lone_proof::parse(raw.lone_invalid_token.as_deref()));
        let endpoint = raw.endpoint.as_deref().unwrap_or(ENDPOINT);
        let endpoint = faults.take(&at("endpoint"), endpoint::host_only(endpoint, ENDPOINT));
        let token_endpoint = raw.token_endpoint.as_deref().unwrap_or(TOKEN_ENDPOINT);
        let token_endpoint = faults.take(&at("token_endpoint"), self::token_endpoint(token_endpoint))?;
        let endpoint = endpoint?;
        let project_id = project_id.or_else(|| account.as_ref().map(|account| account.project_id.clone()));
        let send_url = |version: &str, id: &str| url(&endpoint, &format!("/{version}/{id}/messages:send"));
        Some(Self {
            dialect: dialect?,
            is_sandbox: environment == Environment::Sandbox,
            client_url: client_id.as_ref().and_then(|id| send_url("v1", id)),
            project_urls: project_id.and_then(|id| Some((send_url("v2", &id)?, send_url("v3", &id)?))),
            oauth: client_id.zip(secret).map(|(id, secret)| OAuth::new(token_endpoint, id, secret.reveal())),
            signer: account.map(|account| account.signer),
            package,
            category,
            badge_class,
            custom_sound: raw.custom_sound.unwrap_or_default(),
            urgent_data: raw.urgent_data.unwrap_or_default(),
            lone_proof: lone_proof?,
            endpoint,
        })
    }

    /// The dialect of that word; the app's own where there is none.
    pub(super) fn dialect(&self, word: Option<&str>) -> Result<Dialect, &'static str> {
        word.map_or(Ok(self.dialect), Dialect::parse)
    }

    /// The number of the service account among the credentials: behind the secret, where there is one.
    pub(super) fn jwt(&self) -> Option<u8> {
        self.signer.as_ref().map(|_| u8::from(self.oauth.is_some()))
    }

    /// Where a dialect's pushes go; else the settings that are missing.
    pub(super) fn route(&self, dialect: Dialect) -> Result<Route<'_>, &'static str> {
        let credential = match dialect {
            Dialect::V3 => self.jwt(),
            _ => self.oauth.as_ref().map(|_| OAUTH).or_else(|| self.jwt()),
        };
        let url = match dialect {
            Dialect::V1 => self.client_url.as_ref(),
            Dialect::V2 => self.project_urls.as_ref().map(|(v2, _)| v2),
            Dialect::V3 => self.project_urls.as_ref().map(|(_, v3)| v3),
        };
        match (url, credential) {
            (Some(url), Some(credential)) => Ok(Route { url, credential }),
            _ => Err(NEEDS.iter().find(|(known, _)| *known == dialect).map_or("", |(_, needs)| needs)),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("dialect", &self.dialect)
            .field("client_url", &self.client_url)
            .field("project_urls", &self.project_urls)
            .field("oauth", &self.oauth)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

/// What must be there: all that the app's own dialect needs, and an id with every secret.
fn require(raw: &Raw, dialect: Dialect, faults: &mut Faults) {
    let (has_secret, has_account) = (raw.client_secret.is_some(), raw.service_account.is_some());
    if raw.client_id.is_none() && (dialect == Dialect::V1 || has_secret) {
        faults.add(&at("client_id"), "is required");
    }
    if dialect == Dialect::V3 && !has_account {
        faults.add(&at("service_account"), "is required: v3 takes nothing else");
    }
    if dialect != Dialect::V3 && !has_secret && !has_account {
        faults.add(&at("client_secret"), "is required, unless there is a service_account");
    }
    if dialect == Dialect::V2 && raw.project_id.is_none() && !has_account {
        faults.add(&at("project_id"), "is required for v2");
    }
}

fn account_of(text: &Secret, faults: &mut Faults) -> Option<ServiceAccount> {
    let place = at("service_account");
    let read = ServiceAccount::read(text.reveal());
    let report = |(field, fault): (Option<&str>, &str)| match field {
        Some(field) => faults.add(&place.at(field), fault),
        None => faults.add(&place, fault),
    };
    read.map_err(|found| found.into_iter().for_each(report)).ok()
}

/// The pattern of Huawei's own clients: `^[0-9]{1,64}$`.
fn client_id(id: String) -> Result<String, &'static str> {
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(id).ok_or("must be the numeric id of the OAuth client (the App ID): 1 to 64 digits")
}

fn class(class: String) -> Result<String, &'static str> {
    java::is_class(&class)
        .then_some(class)
        .ok_or("must be the full name of the launcher activity, such as com.example.app.MainActivity")
}

/// Any word of the right form, as Huawei adds classes; those of a push must be known ones.
fn category(word: &str) -> Result<String, &'static str> {
    let word = word.to_ascii_uppercase();
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = (1..=64).contains(&word.len()) && word.bytes().all(plain);
    fits.then_some(word).ok_or("must be one of Huawei's message classes, such as IM or SUBSCRIPTION")
}

fn token_endpoint(text: &str) -> Result<Uri, &'static str> {
    const WANTED: &str = "must be an https URL with its path, such as \
                          https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    endpoint::https(text).filter(|uri| uri.path() != "/").ok_or(WANTED)
}

fn url(endpoint: &Uri, path: &str) -> Option<Uri> {
    Some(endpoint::at(endpoint, path.parse().ok()?))
}
