//! Meizu Push (Flyme): one signed form per hundred device tokens.
//!
//! A push becomes the JSON text of a notification ([`compose`]); a call adds its device tokens and signs all of it with
//! the app's secret ([`address`]); an answer, which is HTTP 200 even for most errors, is read by its `code` and by the
//! device tokens that it lists ([`classify`]). Every request bears its own signature, so there is no access token.
//!
//! Not built: receipts, tasks, aliases and tags. Meizu cannot take a push back, and has given up delivering data alone.
//!
//! Vendor pages: <https://github.com/MEIZUPUSH/PushAPI> (server API, state 2025-04-09) and
//! <https://github.com/MEIZUPUSH/JavaSdk> (server SDK 1.2.13, state 2025-04-22), both read 2026-11-22.

mod address;
mod classify;
mod click;
mod codes;
mod compose;
mod form;
mod notify_key;
mod overrides;
mod probe;
mod reply;
mod settings;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Uri;
use model::{
    AccessToken, Adapter, Answer, Authorisation, BoundAdapter, Call, Capabilities, Composed, Composition,
    CredentialKind, CredentialNote, CustomSound, Fault, Limits, Outcome, Probe, ProbeFinding, RateUnit, Refusal,
    Section, Step, Support, Target, TestMode, TokenProof, TransportKind, Vendor, Verdict,
};

use settings::Settings;

pub(crate) static ADAPTER: Meizu = Meizu;

/// The vendor.
pub(crate) struct Meizu;

/// The vendor with the settings of one channel.
#[derive(Debug)]
struct BoundMeizu {
    settings: Settings,
}

const VENDOR: Vendor = Vendor::new("meizu");

static CAPABILITIES: Capabilities = Capabilities {
    title: "Meizu Push",
    // The vendor's FAQ: not possible.
    sound: CustomSound::SystemOnly,
    test_mode: TestMode::None,
    // Transparent messages are restricted since 2018 and stand among what is discontinued.
    data_only: false,
    replace: true,
    revoke: false,
    receipts: false,
    // Subtitle, picture and grouping exist for apps of Meizu's VIP programme only: left to `overrides.meizu`.
    subtitle: Support::No,
    image: Support::No,
    click: Support::Partly("of intents, those that open an activity with text parameters, or a link"),
    badge: Support::No,
    group: Support::No,
    category: Support::No,
    android_channel: Support::No,
    icon: Support::No,
    color: Support::No,
    importance: Support::No,
    dialects: &[],
    push_types: &[],
};

/// Device tokens in one call; 1000 until 2023-08-21, as many texts still say.
const TARGETS_PER_CALL: usize = 100;

/// Requests a second of one app. A cloud vendor's comparison says 200, Meizu's maintainer said 500 in 2016: the safer one.
const RATE_PER_SECOND: f64 = 200.0;

// === impl Meizu ===

impl Adapter for Meizu {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings(&self, section: &Section) -> Result<Arc<dyn BoundAdapter>, Vec<Fault>> {
        let settings = Settings::read(section)?;
        Ok(Arc::new(BoundMeizu { settings }))
    }
}

// === impl BoundMeizu ===

impl BoundAdapter for BoundMeizu {
    fn limits(&self) -> Limits {
        Limits {
            targets_per_call: TARGETS_PER_CALL,
            payload_bytes: self.settings.payload_max_bytes,
            rate_per_second: Some(RATE_PER_SECOND),
            rate_unit: RateUnit::Requests,
            transport: TransportKind::Batch { connections: 32, idle: Duration::from_secs(60) },
            max_in_flight: 32,
            // The vendor's own client waits as long.
            timeout: Duration::from_secs(20),
        }
    }

    fn endpoint(&self) -> &Uri {
        &self.settings.endpoint
    }

    fn credentials(&self) -> Vec<CredentialNote> {
        let id = Some(self.settings.app_id.clone());
        vec![CredentialNote { field: "app_secret", kind: CredentialKind::Secret, id }]
    }

    fn probe(&self, _: u8, nonce: u128, _: SystemTime) -> Probe {
        probe::probe(&self.settings, nonce)
    }

    fn probe_answer(&self, answer: &Answer) -> Verdict {
        probe::verdict(answer)
    }

    fn probed(&self, verdict: &Verdict) -> ProbeFinding {
        probe::finding(verdict)
    }

    fn check_target(&self, target: &Target) -> Result<(), Verdict> {
        if address::is_one_element(target.token.as_str()) {
            return Ok(());
        }
        let outcome = Outcome::InvalidToken { proof: TokenProof::Foreign };
        Err(Verdict::new(outcome).code("malformed").detail("a pushId is plain ASCII without commas"))
    }

    fn authorise(&self, _: u8, _: Option<&AccessToken>, _: SystemTime) -> Authorisation {
        Authorisation::NotNeeded
    }

    fn compose(&self, push: &Composition<'_>) -> Result<Composed, Refusal> {
        compose::compose(&self.settings, push)
    }

    fn address(&self, call: &Call<'_>) -> http::Request<Bytes> {
        address::address(&self.settings, call)
    }

    /// Whoever sees the signature can send this very message again.
    fn masked_fields(&self) -> &'static [&'static str] {
        &["sign"]
    }

    fn classify(&self, call: &Call<'_>, answer: &Answer) -> Step {
        Step::done(classify::classify(&self.settings, call, answer))
    }
}
