//! What is to be said about a credential file, the same for people and programs.

mod certificate;
mod finding;
mod key;
mod service_account;
mod strength;
mod text;
mod wrong_file;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::choice::Choice;
use crate::contents::{Contents, Format, KeyKind, PasswordUse, Protection};
use crate::unreadable::Unreadable;

pub use crate::apple::Topic;
pub use certificate::{CertificateReport, ChainReport, Entry, WARNING_DAYS};
pub use finding::{CODES, Code, Finding, Severity};
pub use key::KeyReport;
pub use service_account::ServiceAccountReport;

/// What the asker knows beside the file.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// The file's name: Apple's keys bear their id in it.
    pub file: Option<String>,
    /// The app it is meant for.
    pub topic: Option<String>,
    /// The environment it is meant for: `production` or `sandbox`.
    pub environment: Option<&'static str>,
    /// Apple's key id.
    pub key_id: Option<String>,
    /// Apple's team id.
    pub team_id: Option<String>,
}

/// What was found out about a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CredentialReport)]
pub struct Report {
    /// What it is.
    pub kind: Kind,
    /// The same in words.
    pub title: String,
    /// Whether it can be used for push, as far as the file tells: no finding is a problem.
    pub usable: bool,
    /// How the file is written and protected.
    pub container: Container,
    /// The certificate that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateReport>,
    /// The private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyReport>,
    /// The certificate's issuers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainReport>,
    /// The service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccountReport>,
    /// Everything in the file, where it is more than one certificate and one key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
    /// What to know, worst first.
    pub findings: Vec<Finding>,
}

/// What a credential file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CredentialKind)]
pub enum Kind {
    /// A certificate that Apple's push servers take.
    ApnsCertificate,
    /// A key that may sign provider tokens for Apple.
    ApnsKey,
    /// Google's, for FCM.
    FcmServiceAccount,
    /// Huawei's, for Push Kit.
    HuaweiServiceAccount,
    /// A certificate for something else.
    OtherCertificate,
    /// A key for something else, or one that needs its certificate.
    PrivateKey,
    /// No credential.
    WrongFile,
}

/// How a file is written and protected.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Container {
    /// `pkcs12`, `pem`, `der`, `json`, `other`
    pub format: &'static str,
    /// Whether something in it is encrypted.
    pub encrypted: bool,
    /// Which password opened it: `not_needed`, `given`, `empty`, `null`.
    pub password: &'static str,
    /// The ciphers met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ciphers: Vec<String>,
    /// The integrity check of a PKCS#12 file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// The least iterations of a key derivation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u64>,
}

/// Fewer iterations than this are no hindrance (RFC 8018 names 1,000 as the least, in 2000's terms).
const FEW_ITERATIONS: u64 = 1000;

// === impl Report ===

impl Report {
    /// Describes a file's contents as of `now`.
    ///
    /// # Errors
    ///
    /// [`Unreadable::Malformed`] if a certificate in it is damaged.
    pub fn of(contents: &Contents, expected: &Expectation, now: OffsetDateTime) -> Result<Self, Unreadable> {
        let choice = Choice::of(contents, expected.topic.as_deref(), now)?;
        let mut report = if let Some(account) = &contents.service_account {
            service_account::report(account)
        } else if choice.leaf().is_some() {
            certificate::report(&choice, contents, expected, now)
        } else if let Some(key) = choice.key.or(contents.keys.first()) {
            key::report(key, contents, expected)
        } else {
            wrong_file::report(contents)
        };
        report.container = Container::of(contents);
        report.findings.extend(container_findings(contents));
        report.findings.sort_by_key(|finding| finding.severity);
        report.usable = report.findings.iter().all(|finding| finding.severity != Severity::Problem);
        Ok(report)
    }

    /// With nothing in it but what it is.
    fn new(kind: Kind, title: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            usable: false,
            container: Container::default(),
            certificate: None,
            key: None,
            chain: None,
            service_account: None,
            entries: Vec::new(),
            findings: Vec::new(),
        }
    }
}

fn container_findings(contents: &Contents) -> Vec<Finding> {
    let mut findings = Vec::new();
    let protection = &contents.protection;
    let legacy: Vec<&str> =
        protection.ciphers.iter().filter(|cipher| cipher.legacy).map(|cipher| cipher.name.as_str()).collect();
    if !legacy.is_empty() {
        findings.push(finding::LEGACY_ENCRYPTION.found(format!("it is encrypted with {}", legacy.join(" and "))));
    }
    if contents.format == Format::Pkcs12 && protection.mac.is_none() {
        findings.push(finding::NO_INTEGRITY_CHECK.found("nothing in the file proves that it is whole"));
    }
    findings.extend(few_iterations(protection));
    if contents.wrapped_in_base64 {
        findings.push(finding::WRAPPED_IN_BASE64.found("the whole file was base64"));
    }
    let of_account = contents.service_account.iter().any(|account| account.key.is_some());
    let holds_key = !contents.keys.is_empty() || of_account;
    let is_plain = matches!(contents.format, Format::Pem | Format::Json) && !contents.wrapped_in_base64;
    if holds_key && !(is_plain && protection.ciphers.is_empty()) {
        findings.push(finding::NEEDS_CONVERSION.found("servers, this one too, read keys as PEM that is not encrypted"));
    }
    if holds_key && protection.ciphers.is_empty() {
        findings.push(finding::UNPROTECTED_KEY.found("the private key in it is not encrypted"));
    }
    findings
}

/// A guesser takes the cheapest way, be it the encryption or the integrity check.
fn few_iterations(protection: &Protection) -> Option<Finding> {
    let few = |iterations: &u64| *iterations < FEW_ITERATIONS;
    let cipher = protection.ciphers.iter().map(|cipher| cipher.iterations).min().filter(few);
    let mac = protection.mac.as_ref().map(|mac| mac.iterations).filter(few);
    let detail = match (cipher, mac) {
        (None, None) => return None,
        (Some(cipher), None) => format!("its password is stretched by {cipher} iteration(s) only"),
        (Some(cipher), Some(mac)) => {
            format!("its password is stretched by {cipher} iteration(s) only, and by {mac} for its integrity check")
        }
        (None, Some(mac)) => format!(
            "its integrity check stretches the password by {mac} iteration(s) only, as Keychain Access writes it: guessing \
             goes by it, past the encryption"
        ),
    };
    Some(finding::FEW_ITERATIONS.found(detail))
}

// === impl Kind ===

impl Kind {
    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::ApnsCertificate => "apns_certificate",
            Kind::ApnsKey => "apns_key",
            Kind::FcmServiceAccount => "fcm_service_account",
            Kind::HuaweiServiceAccount => "huawei_service_account",
            Kind::OtherCertificate => "other_certificate",
            Kind::PrivateKey => "private_key",
            Kind::WrongFile => "wrong_file",
        }
    }
}

// === impl Container ===

impl Default for Container {
    fn default() -> Self {
        Self {
            format: Format::Other.as_str(),
            encrypted: false,
            password: PasswordUse::NotNeeded.as_str(),
            ciphers: Vec::new(),
            mac: None,
            iterations: None,
        }
    }
}

impl Container {
    fn of(contents: &Contents) -> Self {
        let protection = &contents.protection;
        let mac = protection.mac.as_ref();
        let derivations = protection.ciphers.iter().map(|cipher| cipher.iterations);
        Self {
            format: contents.format.as_str(),
            encrypted: !protection.ciphers.is_empty(),
            password: protection.password.as_str(),
            ciphers: protection.ciphers.iter().map(|cipher| cipher.name.clone()).collect(),
            mac: mac.map(|mac| mac.name.clone()),
            iterations: derivations.chain(mac.map(|mac| mac.iterations)).min(),
        }
    }
}

// === impl Format ===

impl Format {
    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Pkcs12 => "pkcs12",
            Format::Pem => "pem",
            Format::Der => "der",
            Format::Json => "json",
            Format::Other => "other",
        }
    }
}

// === impl PasswordUse ===

impl PasswordUse {
    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            PasswordUse::NotNeeded => "not_needed",
            PasswordUse::Given => "given",
            PasswordUse::Empty => "empty",
            PasswordUse::Null => "null",
        }
    }
}

// === impl KeyKind ===

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyKind::Rsa { bits } => write!(f, "RSA {bits}"),
            KeyKind::P256 => f.write_str("P-256"),
            KeyKind::P384 => f.write_str("P-384"),
            KeyKind::P521 => f.write_str("P-521"),
            KeyKind::Ed25519 => f.write_str("Ed25519"),
            KeyKind::Other(oid) => write!(f, "key of algorithm {oid}"),
        }
    }
}
