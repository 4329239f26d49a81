//! `[apps.<app>.fcm]`, checked.

use http::Uri;
use http::uri::PathAndQuery;
use model::parse::Faults;
use model::{Environment, Fault, Secret, Section};
use serde::Deserialize;

use super::auth::Signer;
use super::service_account::KeyFile;
use crate::common::settings::{self, at};
use crate::common::{endpoint, java};

/// What a channel needs to know.
#[derive(Debug)]
pub(super) struct Settings {
    /// Scheme and authority of the API.
    pub(super) endpoint: Uri,
    /// Where messages go.
    pub(super) send_url: Uri,
    /// Asks for access tokens.
    pub(super) signer: Signer,
    /// The app's Java package.
    pub(super) package: Option<String>,
    /// The notification channel where the message names none.
    pub(super) android_channel: Option<String>,
    /// The sandbox: FCM checks the message and delivers nothing.
    pub(super) validate_only: bool,
}

/// The fields as the configuration has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Raw {
    service_account: Option<Secret>,
    project_id: Option<String>,
    package: Option<String>,
    android_channel: Option<String>,
    scope: Option<String>,
    endpoint: Option<String>,
    token_endpoint: Option<String>,
}

const ENDPOINT: &str = "https://fcm.googleapis.com";

/// What key files name; for one that names none.
pub(super) const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// The path of a token endpoint that is given without one.
const TOKEN_PATH: PathAndQuery = PathAndQuery::from_static("/token");

/// The narrowest scope that may send.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

// === impl Settings ===

impl Settings {
    /// Reads a section; finds all of its faults.
    pub(super) fn read(section: &Section) -> Result<Self, Vec<Fault>> {
        settings::read(section, |raw, faults| Self::check(raw, section.environment, faults))
    }

    fn check(raw: Raw, environment: Environment, faults: &mut Faults) -> Option<Self> {
        let account = faults.require(&at("service_account"), raw.service_account);
        let key_file = account.and_then(|text| KeyFile::read(&text, &at("service_account"), faults));
        let own_project = faults.take(&at("project_id"), raw.project_id.map(project_id).transpose());
        let package = faults.take(&at("package"), raw.package.map(java::package).transpose());
        let android_channel = faults.take(&at("android_channel"), raw.android_channel.map(name).transpose());
        let scope = faults.take(&at("scope"), scope(raw.scope));
        let endpoint = raw.endpoint.as_deref().unwrap_or(ENDPOINT);
        let endpoint = faults.take(&at("endpoint"), endpoint::host_only(endpoint, ENDPOINT));
        let token_endpoint =
            faults.take(&at("token_endpoint"), raw.token_endpoint.as_deref().map(token_endpoint).transpose());
        let key_file = key_file?;
        let mut of_file = |fault: &str| faults.add(&at("service_account"), format!("{}{fault}", key_file.origin));
        let project_id = own_project?.map_or_else(|| project_id_of(&key_file), Ok).map_err(&mut of_file).ok();
        let token_url = token_url(token_endpoint?, key_file.token_uri.as_deref()).map_err(&mut of_file).ok();
        let (endpoint, token_url) = (endpoint?, token_url?);
        let audience = key_file.token_uri.unwrap_or_else(|| token_url.to_string());
        Some(Self {
            send_url: send_url(&endpoint, &project_id?)?,
            endpoint,
            signer: Signer::new(key_file.identity?, scope?, audience, token_url),
            package: package?,
            android_channel: android_channel?,
            validate_only: environment == Environment::Sandbox,
        })
    }
}

fn send_url(endpoint: &Uri, project_id: &str) -> Option<Uri> {
    let path = format!("/v1/projects/{project_id}/messages:send").parse().ok()?;
    Some(endpoint::at(endpoint, path))
}

/// Where assertions go: the configured place, else the one that the key file names.
fn token_url(configured: Option<Uri>, token_uri: Option<&str>) -> Result<Uri, &'static str> {
    let named = endpoint::https(token_uri.unwrap_or(TOKEN_URI));
    match (configured, named) {
        (Some(configured), named) if configured.path() == "/" => {
            let path = named.and_then(|named: Uri| named.path_and_query().cloned()).unwrap_or(TOKEN_PATH);
            Ok(endpoint::at(&configured, path))
        }
        (Some(configured), _) => Ok(configured),
        (None, Some(named)) => Ok(named),
        (None, None) => Err("must name an https URL as token_uri; or give token_endpoint"),
    }
}

fn project_id_of(key_file: &KeyFile) -> Result<String, &'static str> {
    let project_id = key_file.project_id.clone().ok_or("has no project_id; give project_id beside it")?;
    self::project_id(project_id).map_err(|_| "has a project_id that is none")
}

/// A project id, with its domain where it has one (`example.com:demo`), or a project number.
fn project_id(id: String) -> Result<String, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_');
    let fits = (1..=100).contains(&id.len()) && id.bytes().all(plain);
    fits.then_some(id).ok_or("must be the project id that the Firebase console shows, such as demo-1a2b3")
}

fn name(name: String) -> Result<String, &'static str> {
    let fits = !name.trim().is_empty() && name.len() <= 256 && !name.chars().any(char::is_control);
    fits.then_some(name).ok_or("must be the id of a notification channel of the app")
}

fn scope(scope: Option<String>) -> Result<String, &'static str> {
    let scope = scope.unwrap_or_else(|| SCOPE.to_owned());
    let fits = scope.starts_with("https://") && scope.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(scope).ok_or("must be one OAuth 2 scope, such as https://www.googleapis.com/auth/cloud-platform")
}

fn token_endpoint(text: &str) -> Result<Uri, &'static str> {
    endpoint::https(text).ok_or("must be an https URL, such as https://oauth2.googleapis.com/token")
}
