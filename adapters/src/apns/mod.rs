//! Apple Push Notification service.
//!
//! One request per device over HTTP/2, authenticated by a signed token (JWT) or a client certificate. Written after
//! Apple's pages "Sending notification requests to APNs", "Handling notification responses from APNs" and "Establishing a
//! token-based connection to APNs" (developer.apple.com/documentation/usernotifications, read 2026-11-22).

mod auth;
mod classify;
mod compose;
mod credential;
mod probe;
mod push_type;
mod settings;
mod wire;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Uri;
use model::{
    AccessToken, Adapter, Answer, Authorisation, BoundAdapter, Call, Capabilities, ClientIdentity, Composed,
    Composition, CredentialFile, CredentialNote, CustomSound, Fault, Limits, Probe, ProbeFinding, PushType, RateUnit,
    Refusal, Section, Step, Support, Target, TestMode, TransportKind, Vendor, Verdict,
};
use serde_json::{Map, Value};

use settings::{Auth, Settings};

pub(crate) static ADAPTER: Apns = Apns;

/// Apple.
pub(crate) struct Apns;

/// Apple with the settings of one channel.
#[derive(Debug)]
struct BoundApns {
    settings: Settings,
}

const VENDOR: Vendor = Vendor::new("apns");

static CAPABILITIES: Capabilities = Capabilities {
    title: "Apple Push Notification service",
    sound: CustomSound::WithExtension,
    test_mode: TestMode::Host,
    data_only: true,
    replace: true,
    revoke: false,
    receipts: false,
    subtitle: Support::Yes,
    image: Support::Partly("shown by the app's notification service extension"),
    click: Support::Partly("handed to the app, which follows it"),
    badge: Support::Yes,
    group: Support::Yes,
    category: Support::Yes,
    android_channel: Support::No,
    icon: Support::No,
    color: Support::No,
    importance: Support::Yes,
    dialects: &[],
    push_types: &[
        PushType::Voip,
        PushType::Complication,
        PushType::FileProvider,
        PushType::Mdm,
        PushType::LiveActivity,
        PushType::Location,
        PushType::PushToTalk,
        PushType::Widgets,
        PushType::Controls,
    ],
};

// === impl Apns ===

impl Adapter for Apns {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings(&self, section: &Section) -> Result<Arc<dyn BoundAdapter>, Vec<Fault>> {
        let settings = Settings::check(section)?;
        Ok(Arc::new(BoundApns { settings }))
    }

    fn fields_for(&self, file: &CredentialFile<'_>) -> Option<Map<String, Value>> {
        credential::fields_for(file)
    }
}

// === impl BoundApns ===

impl BoundAdapter for BoundApns {
    fn limits(&self) -> Limits {
        Limits {
            targets_per_call: 1,
            payload_bytes: push_type::PAYLOAD_BYTES,
            rate_per_second: None,
            rate_unit: RateUnit::Requests,
            // Apple states no figure; 1,000 streams a connection is what its servers announce (observed since 2021), PING is
            // asked for sparingly, connections are to be kept for hours to days.
            transport: TransportKind::Pool {
                connections: 4,
                streams: 1000,
                starts_at_one: self.settings.auth.is_token(),
                max_age: Duration::from_hours(12),
                ping_interval: Duration::from_mins(5),
                ping_timeout: Duration::from_secs(15),
            },
            max_in_flight: 1000,
            timeout: Duration::from_secs(15),
        }
    }

    fn endpoint(&self) -> &Uri {
        &self.settings.endpoint
    }

    fn client_identity(&self) -> Option<&ClientIdentity> {
        match &self.settings.auth {
            Auth::Token(_) => None,
            Auth::Certificate(identity) => Some(identity),
        }
    }

    fn credentials(&self) -> Vec<CredentialNote> {
        vec![credential::note(&self.settings)]
    }

    fn probe(&self, _: u8, nonce: u128, _: SystemTime) -> Probe {
        probe::probe(&self.settings, nonce)
    }

    fn probed(&self, verdict: &Verdict) -> ProbeFinding {
        probe::finding(verdict)
    }

    fn check_target(&self, target: &Target) -> Result<(), Verdict> {
        self.settings.token_format.check(target.token.as_str())
    }

    fn authorise(&self, _: u8, refused: Option<&AccessToken>, now: SystemTime) -> Authorisation {
        match &self.settings.auth {
            Auth::Token(signer) => Authorisation::Ready(signer.token(refused, now)),
            Auth::Certificate(_) => Authorisation::NotNeeded,
        }
    }

    fn compose(&self, push: &Composition<'_>) -> Result<Composed, Refusal> {
        compose::compose(&self.settings, &CAPABILITIES, push)
    }

    fn address(&self, call: &Call<'_>) -> http::Request<bytes::Bytes> {
        compose::address(&self.settings, call)
    }

    fn classify(&self, _: &Call<'_>, answer: &Answer) -> Step {
        classify::classify(answer)
    }

    fn parting(&self, words: &[u8]) -> Option<Verdict> {
        classify::parting(words)
    }
}
