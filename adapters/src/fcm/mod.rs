//! Firebase Cloud Messaging, HTTP v1: one HTTP/2 request per device, an OAuth 2 access token for the project.
//!
//! A push becomes a message without its target ([`compose`]), a call puts the target in front of it ([`address`]), and an
//! answer is a `google.rpc.Status` ([`answer`]) read by a table of rules ([`classify`]). The access token is got for a
//! signed assertion of the service account ([`auth`], [`access_token`]).
//!
//! A target is a registration token or, with the dialect `fid`, a Firebase installation id. The sandbox is `validate_only`:
//! FCM checks everything and delivers nothing.
//!
//! Not built: topics and conditions, APNs and web push legs (raw fields can set them), receipts.
//!
//! Vendor pages, read 2026-11-22: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>,
//! <https://firebase.google.com/docs/cloud-messaging/error-codes>,
//! <https://firebase.google.com/docs/cloud-messaging/scale-fcm>,
//! <https://developers.google.com/identity/protocols/oauth2/service-account>.

mod access_token;
mod address;
mod answer;
mod auth;
mod body;
mod classify;
mod compose;
mod data;
mod probe;
mod service_account;
mod settings;
mod tap;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Uri;
use model::{
    AccessToken, Adapter, Answer, Authorisation, BoundAdapter, Call, Capabilities, Composed, Composition,
    CredentialFile, CredentialKind, CredentialNote, CustomSound, Fault, Limits, Probe, ProbeFinding, RateUnit, Refusal,
    Section, Step, Support, Target, TestMode, TransportKind, Vendor, Verdict,
};
use serde_json::{Map, Value};

use crate::common::key_file::{self, Issuer};
use settings::Settings;

pub(crate) static ADAPTER: Fcm = Fcm;

/// The vendor.
pub(crate) struct Fcm;

/// The vendor with the settings of one channel.
#[derive(Debug)]
struct BoundFcm {
    settings: Settings,
}

const VENDOR: Vendor = Vendor::new("fcm");

static CAPABILITIES: Capabilities = Capabilities {
    title: "Firebase Cloud Messaging",
    sound: CustomSound::WithoutExtension,
    test_mode: TestMode::Flag,
    data_only: true,
    replace: true,
    revoke: false,
    receipts: false,
    subtitle: Support::No,
    image: Support::Yes,
    click: Support::Partly("activities by an intent filter of their name; everything else is handed to the app"),
    badge: Support::Partly("where the launcher counts; cannot remove the badge"),
    group: Support::No,
    category: Support::No,
    android_channel: Support::Yes,
    icon: Support::Partly("the name of a drawable of the app"),
    color: Support::Yes,
    importance: Support::Partly("up to Android 7.1; later the notification channel decides"),
    dialects: &["token", "fid"],
    push_types: &[],
};

/// 600,000 a minute and project by default ("Throttling and quotas").
const RATE_PER_SECOND: f64 = 10_000.0;

// === impl Fcm ===

impl Adapter for Fcm {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings(&self, section: &Section) -> Result<Arc<dyn BoundAdapter>, Vec<Fault>> {
        let settings = Settings::read(section)?;
        Ok(Arc::new(BoundFcm { settings }))
    }

    fn fields_for(&self, file: &CredentialFile<'_>) -> Option<Map<String, Value>> {
        match *file {
            CredentialFile::ServiceAccount { json, trusted } if key_file::issuer(json) == Some(Issuer::Google) => {
                let mut fields = Map::from_iter([("service_account".to_owned(), json.into())]);
                if !trusted {
                    // Else the file's own token_uri would say where to.
                    fields.insert("token_endpoint".to_owned(), settings::TOKEN_URI.into());
                }
                Some(fields)
            }
            _ => None,
        }
    }
}

// === impl BoundFcm ===

impl BoundAdapter for BoundFcm {
    fn limits(&self) -> Limits {
        Limits {
            targets_per_call: 1,
            payload_bytes: body::MAX_BYTES,
            rate_per_second: Some(RATE_PER_SECOND),
            rate_unit: RateUnit::Requests,
            // 100 streams a connection (measured by others; more ends in GOAWAY), which the server closes after about an
            // hour, or three minutes without a request. It punishes PINGs that come more often than every few minutes.
            transport: TransportKind::Pool {
                connections: 10,
                streams: 100,
                starts_at_one: false,
                max_age: Duration::from_mins(59),
                ping_interval: Duration::from_mins(5),
                ping_timeout: Duration::from_secs(15),
            },
            max_in_flight: 1000,
            // The service's own bound for its calls is ten seconds.
            timeout: Duration::from_secs(15),
        }
    }

    fn endpoint(&self) -> &Uri {
        &self.settings.endpoint
    }

    fn credentials(&self) -> Vec<CredentialNote> {
        let id = self.settings.signer.client_email().to_owned();
        vec![CredentialNote { field: "service_account", kind: CredentialKind::ServiceAccount, id: Some(id) }]
    }

    fn probe(&self, _: u8, nonce: u128, _: SystemTime) -> Probe {
        probe::probe(&self.settings, nonce)
    }

    fn probed(&self, verdict: &Verdict) -> ProbeFinding {
        probe::finding(verdict)
    }

    fn check_target(&self, target: &Target) -> Result<(), Verdict> {
        address::check(target)
    }

    /// Whatever was refused, Google gives another one.
    fn authorise(&self, _: u8, _: Option<&AccessToken>, now: SystemTime) -> Authorisation {
        Authorisation::Exchange(self.settings.signer.request(now))
    }

    fn access_token(&self, _: u8, answer: &Answer, now: SystemTime) -> Result<AccessToken, Verdict> {
        access_token::read(answer, now)
    }

    fn compose(&self, push: &Composition<'_>) -> Result<Composed, Refusal> {
        compose::compose(&self.settings, push)
    }

    fn address(&self, call: &Call<'_>) -> http::Request<Bytes> {
        address::address(&self.settings, call)
    }

    fn classify(&self, call: &Call<'_>, answer: &Answer) -> Step {
        classify::classify(call, answer)
    }
}
