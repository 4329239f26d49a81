//! The contract by which one vendor is spoken.
//!
//! Pure functions over data: no socket, no disk, no clock. So that a test is a table of files, and a vendor stands in one
//! folder. Two traits, because a vendor is known before anything is configured: [`Adapter`] is the vendor itself,
//! [`BoundAdapter`] the vendor with the checked settings of one channel.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::Uri;
use serde_json::{Map, Value};
use zeroize::Zeroize;

use crate::{
    AccessToken, Answer, Authorisation, Call, Capabilities, ClientIdentity, Composed, Composition, CredentialFile,
    CredentialNote, Environment, Fault, Limits, Outcome, Probe, ProbeFinding, Refusal, Step, Target, Vendor, Verdict,
};

/// A vendor.
pub trait Adapter: Send + Sync {
    /// Its name on the API and in the configuration.
    fn vendor(&self) -> Vendor;

    /// What it honours.
    fn capabilities(&self) -> &'static Capabilities;

    /// Checks the configuration of one channel. All faults are found, each with its path within the section.
    fn settings(&self, section: &Section) -> Result<Arc<dyn BoundAdapter>, Vec<Fault>>;

    /// The fields of a section that would use this credential file; `None` where the vendor takes no such file. What the
    /// file does not tell (a key id, a topic) is for the caller to add.
    fn fields_for(&self, file: &CredentialFile<'_>) -> Option<Map<String, Value>> {
        let _ = file;
        None
    }
}

/// A vendor's section of the configuration, as one channel sees it.
pub struct Section {
    /// Which channel of the vendor it configures.
    pub environment: Environment,
    /// The vendor's own fields, with the environment's overrides merged in and secrets resolved (see [`Secret`](crate::Secret)).
    pub fields: Map<String, Value>,
}

// === impl Section ===

/// Names the fields only: any may hold a secret.
impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&String> = self.fields.keys().collect();
        f.debug_struct("Section").field("environment", &self.environment).field("fields", &fields).finish()
    }
}

impl Drop for Section {
    /// Secrets among the fields are wiped.
    fn drop(&mut self) {
        self.fields.values_mut().for_each(wipe);
    }
}

/// Wipes every text of a value.
pub fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A vendor with the checked settings of one channel. `Debug` shows no secret.
pub trait BoundAdapter: Send + Sync + fmt::Debug {
    /// What the channel bears.
    fn limits(&self) -> Limits;

    /// Where requests go: scheme and authority only.
    fn endpoint(&self) -> &Uri;

    /// The certificate to show in the TLS handshake, if the vendor authenticates by one.
    fn client_identity(&self) -> Option<&ClientIdentity> {
        None
    }

    /// What the channel authenticates with: at least one, numbered as in [`Composed::credential`].
    fn credentials(&self) -> Vec<CredentialNote>;

    /// How to ask the vendor about the credential of that number. `nonce` is random: made-up ids are made of it.
    fn probe(&self, credential: u8, nonce: u128, now: SystemTime) -> Probe;

    /// What the answer to a [`Probe::Ask`] means.
    fn probe_answer(&self, answer: &Answer) -> Verdict {
        Verdict::new(Outcome::Unknown { status: Some(answer.status.as_u16()) })
    }

    /// What the verdict on a probe says of the credential.
    fn probed(&self, verdict: &Verdict) -> ProbeFinding {
        ProbeFinding::of(verdict)
    }

    /// Whether a target can be one of this vendor's; if not, what became of it. A cheap check of form.
    fn check_target(&self, target: &Target) -> Result<(), Verdict>;

    /// How to get an access token for the credential of that number (see [`Composed`]). `refused` is one that the vendor has just called expired: give a newer one, or the
    /// same again where the vendor would punish a newer one.
    fn authorise(&self, credential: u8, refused: Option<&AccessToken>, now: SystemTime) -> Authorisation;

    /// The access token in the answer to an [`Authorisation::Exchange`]; if there is none, what that means for the call.
    fn access_token(&self, credential: u8, answer: &Answer, now: SystemTime) -> Result<AccessToken, Verdict> {
        let _ = (credential, answer, now);
        Err(Verdict::new(Outcome::Unknown { status: None }).detail("this vendor issues no access tokens"))
    }

    /// The payload of a push for this channel. Once per push, channel and dialect.
    fn compose(&self, push: &Composition<'_>) -> Result<Composed, Refusal>;

    /// The request of one call. Once per call.
    fn address(&self, call: &Call<'_>) -> http::Request<Bytes>;

    /// Fields of a request's body that previews must not show, beside headers that are marked sensitive.
    fn masked_fields(&self) -> &'static [&'static str] {
        &[]
    }

    /// What an answer means. Once per answer; must be total: any status, headers and body have a meaning.
    fn classify(&self, call: &Call<'_>, answer: &Answer) -> Step;

    /// What the vendor's parting words mean (HTTP/2 GOAWAY debug data), where they speak of the credential and not of the
    /// connection.
    fn parting(&self, words: &[u8]) -> Option<Verdict> {
        let _ = words;
        None
    }
}
