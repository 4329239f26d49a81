//! Huawei Push Kit: one JSON post per thousand device tokens, in one of three dialects.
//!
//! Devices up to HarmonyOS 4 are reached by v1 and v2, those of HarmonyOS NEXT by v3, and never the other way round; a
//! target says which it is, or takes the channel's default. A push becomes a body with an empty list of device tokens
//! ([`compose`]), a call fills the list ([`address`]), and an answer is read by its code ([`classify`]). v1 and v2 go with an
//! OAuth access token ([`oauth`]) or, like v3, with a JWT signed here ([`jwt`]).
//!
//! Not built: receipts, revoking, topics, forms, live views and voice broadcasts.
//!
//! Vendor pages, read 2026-11-22, below <https://developer.huawei.com/consumer/cn/doc/>:
//! `HMSCore-References/https-send-api-0000001050986197` (v1, v2), `harmonyos-references/push-scenariozed-api-request-param`
//! (v3), `HMSCore-Guides/oauth2-0000001212610981`, `HMSCore-Guides/push_jwt_token-0000002342515678` (authentication),
//! `HMSCore-References/server-error-codes-0000001062371380` (codes).

mod address;
mod category;
mod classify;
mod codes;
mod compose;
mod credential;
mod dialect;
mod draft;
mod jwt;
mod kind;
mod nsp_status;
mod oauth;
mod overrides;
mod probe;
mod reasons;
mod service_account;
mod settings;
mod v1;
mod v3;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Uri;
use model::{
    AccessToken, Adapter, Answer, Authorisation, BoundAdapter, Call, Capabilities, Composed, Composition,
    CredentialFile, CredentialNote, CustomSound, Fault, Limits, Probe, ProbeFinding, PushType, RateUnit, Refusal,
    Section, Step, Support, Target, TestMode, TransportKind, Vendor, Verdict,
};
use serde_json::{Map, Value};

use settings::Settings;

pub(crate) static ADAPTER: Huawei = Huawei;

/// The vendor.
pub(crate) struct Huawei;

/// The vendor with the settings of one channel.
#[derive(Debug)]
struct BoundHuawei {
    settings: Settings,
}

const VENDOR: Vendor = Vendor::new("huawei");

const CAPABILITIES: Capabilities = Capabilities {
    title: "Huawei Push Kit",
    sound: CustomSound::SystemOnly,
    test_mode: TestMode::Flag,
    data_only: true,
    replace: true,
    revoke: false,
    receipts: false,
    subtitle: Support::No,
    image: Support::Partly("https only"),
    click: Support::Partly("URLs by https only; HarmonyOS NEXT opens pages that the app declares, no browser"),
    badge: Support::Partly("99 at most; EMUI needs badge_class"),
    group: Support::Partly("not on HarmonyOS NEXT"),
    category: Support::Partly("Huawei's message classes only"),
    android_channel: Support::Partly("not on HarmonyOS NEXT, nor for apps located in China"),
    icon: Support::Partly("a resource in res/raw; not on HarmonyOS NEXT"),
    color: Support::Partly("not on HarmonyOS NEXT"),
    importance: Support::Partly("low and normal; low counts as marketing"),
    dialects: &["v1", "v2", "v3"],
    push_types: &[PushType::Voip],
};

static SHOWN: Capabilities = CAPABILITIES;

/// Device tokens in one call.
const TARGETS_PER_CALL: usize = 1000;

/// Device tokens in one test message of v3.
const TARGETS_PER_TEST: usize = 10;

/// Device tokens a second that every app has at least; the console shows its own figure.
const RATE_PER_SECOND: f64 = 6000.0;

// === impl Huawei ===

impl Adapter for Huawei {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    fn capabilities(&self) -> &'static Capabilities {
        &SHOWN
    }

    fn settings(&self, section: &Section) -> Result<Arc<dyn BoundAdapter>, Vec<Fault>> {
        let settings = Settings::read(section)?;
        Ok(Arc::new(BoundHuawei { settings }))
    }

    fn fields_for(&self, file: &CredentialFile<'_>) -> Option<Map<String, Value>> {
        credential::fields_for(file)
    }
}

// === impl BoundHuawei ===

impl BoundAdapter for BoundHuawei {
    fn limits(&self) -> Limits {
        Limits {
            targets_per_call: if self.settings.is_sandbox { TARGETS_PER_TEST } else { TARGETS_PER_CALL },
            payload_bytes: compose::MAX_BODY_BYTES,
            rate_per_second: Some(RATE_PER_SECOND),
            rate_unit: RateUnit::Targets,
            // Whether the host speaks HTTP/2 is unconfirmed.
            transport: TransportKind::Batch { connections: 32, idle: Duration::from_secs(60) },
            max_in_flight: 64,
            timeout: Duration::from_secs(10),
        }
    }

    fn endpoint(&self) -> &Uri {
        &self.settings.endpoint
    }

    fn credentials(&self) -> Vec<CredentialNote> {
        credential::notes(&self.settings)
    }

    fn probe(&self, credential: u8, nonce: u128, _: SystemTime) -> Probe {
        probe::probe(&self.settings, credential, nonce)
    }

    fn probed(&self, verdict: &Verdict) -> ProbeFinding {
        probe::finding(verdict)
    }

    fn check_target(&self, target: &Target) -> Result<(), Verdict> {
        let dialect = self.settings.dialect(target.dialect.as_deref());
        dialect.map(drop).map_err(|fault| Verdict::rejected_here("targets.dialect", fault))
    }

    fn authorise(&self, credential: u8, refused: Option<&AccessToken>, now: SystemTime) -> Authorisation {
        match (&self.settings.oauth, &self.settings.signer) {
            (Some(oauth), _) if credential == settings::OAUTH => Authorisation::Exchange(oauth.exchange()),
            (_, Some(signer)) => Authorisation::Ready(signer.token(refused, now)),
            // No push is composed for such a credential.
            _ => Authorisation::NotNeeded,
        }
    }

    fn access_token(&self, _: u8, answer: &Answer, now: SystemTime) -> Result<AccessToken, Verdict> {
        oauth::access_token(answer, now)
    }

    fn compose(&self, push: &Composition<'_>) -> Result<Composed, Refusal> {
        compose::compose(&self.settings, push)
    }

    fn address(&self, call: &Call<'_>) -> http::Request<Bytes> {
        address::address(&self.settings, call)
    }

    fn classify(&self, call: &Call<'_>, answer: &Answer) -> Step {
        Step::done(classify::classify(&self.settings, call, answer))
    }
}
