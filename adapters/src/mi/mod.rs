//! Xiaomi Mi Push: one form post per thousand device tokens.
//!
//! A push becomes a form ([`compose`]), a call adds its device tokens to it ([`address`]), and an answer, which is HTTP 200
//! even for most errors, is read by its `code` ([`classify`]). The application secret goes with every request, so there is
//! no access token.
//!
//! Not built: receipts, revoking, aliases, accounts and topics.
//!
//! Vendor pages, read 2026-11-22: <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559> (server API),
//! pId=1560 (error codes), pId=1656 (limits), pId=1854 (TTL), pId=1856 (end of custom taps), pId=2314 (templates).

mod address;
mod classify;
mod codes;
mod compose;
mod form;
mod overrides;
mod probe;
mod settings;
mod symbols;
mod template;
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

pub(crate) static ADAPTER: Mi = Mi;

/// The vendor.
pub(crate) struct Mi;

/// The vendor with the settings of one channel.
#[derive(Debug)]
struct BoundMi {
    settings: Settings,
}

const VENDOR: Vendor = Vendor::new("mi");

static CAPABILITIES: Capabilities = Capabilities {
    title: "Xiaomi Mi Push",
    sound: CustomSound::WithoutExtension,
    test_mode: TestMode::None,
    // `pass_through` = 1 still exists in the API, but its end is announced.
    data_only: false,
    replace: true,
    revoke: false,
    receipts: false,
    subtitle: Support::No,
    image: Support::Partly("must be a picture uploaded to Xiaomi; others are not shown"),
    click: Support::Yes,
    badge: Support::Partly("passed on; Xiaomi does not document it for Android"),
    group: Support::No,
    category: Support::No,
    android_channel: Support::Yes,
    icon: Support::Partly("only the URL of a small icon uploaded to Xiaomi"),
    color: Support::Partly("colours the small icon"),
    importance: Support::No,
    dialects: &[],
    push_types: &[],
};

/// Device tokens in one call (pId=1559).
const TARGETS_PER_CALL: usize = 1000;

/// Requests a second of the smallest tier, below 100,000 installs (pId=1656).
const RATE_PER_SECOND: f64 = 500.0;

// === impl Mi ===

impl Adapter for Mi {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings(&self, section: &Section) -> Result<Arc<dyn BoundAdapter>, Vec<Fault>> {
        let settings = Settings::read(section)?;
        Ok(Arc::new(BoundMi { settings }))
    }
}

// === impl BoundMi ===

impl BoundAdapter for BoundMi {
    fn limits(&self) -> Limits {
        Limits {
            targets_per_call: TARGETS_PER_CALL,
            // The vendor counts characters, and of `payload` alone: so many bytes fit in any case.
            payload_bytes: self.settings.payload_max_chars,
            rate_per_second: Some(RATE_PER_SECOND),
            rate_unit: RateUnit::Requests,
            transport: TransportKind::Batch { connections: 32, idle: Duration::from_secs(60) },
            max_in_flight: 64,
            // The vendor's own clients wait as long for a POST.
            timeout: Duration::from_secs(10),
        }
    }

    fn endpoint(&self) -> &Uri {
        &self.settings.endpoint
    }

    fn credentials(&self) -> Vec<CredentialNote> {
        let id = Some(self.settings.package.clone());
        vec![CredentialNote { field: "app_secret", kind: CredentialKind::Secret, id }]
    }

    fn probe(&self, _: u8, _: u128, _: SystemTime) -> Probe {
        probe::probe(&self.settings)
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
        Err(Verdict::new(outcome).code("malformed").detail("a registration id is plain ASCII without commas"))
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

    fn classify(&self, call: &Call<'_>, answer: &Answer) -> Step {
        Step::done(classify::classify(&self.settings, call, answer))
    }
}
