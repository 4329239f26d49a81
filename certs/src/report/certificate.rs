//! The report on a certificate.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::key::KeyReport;
use super::{Expectation, Finding, Kind, Report, finding};
use crate::apple::{AppleCertificate, Topic};
use crate::choice::{Choice, Read};
use crate::contents::{Contents, KeyKind};
use crate::x509::{Facts, plain};

/// A certificate, described.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateReport {
    /// Its subject, in its own order: `UID=.., CN=.., OU=..`.
    pub subject: String,
    /// Its issuer, likewise.
    pub issuer: String,
    /// Hexadecimal, upper case.
    pub serial: String,
    /// SHA-256 over the whole certificate, hexadecimal, lower case.
    pub sha256: String,
    /// From when on it holds.
    #[serde(serialize_with = "rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when.
    #[serde(serialize_with = "rfc3339")]
    pub not_after: OffsetDateTime,
    /// Whole days until then; negative afterwards.
    pub days_left: i64,
    /// The environments it serves.
    pub environments: Vec<&'static str>,
    /// The topics it may send to.
    pub topics: Vec<Topic>,
    /// Apple's team id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// What kind of key it is for.
    pub key_type: String,
    /// Who signed it how.
    pub signature_algorithm: String,
}

/// A certificate's issuers.
#[derive(Clone, Debug, Serialize)]
pub struct ChainReport {
    /// Whether the file holds them up to a root.
    pub complete: bool,
    /// Those in the file, nearest first; each one's signature was verified.
    pub issuers: Vec<String>,
    /// The first one that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// One certificate or key of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// `certificate` or `key`.
    pub entry: &'static str,
    /// A certificate's subject, or a key's type.
    pub what: String,
    /// SHA-256 of a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The name the file gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is the one this report is about.
    pub chosen: bool,
}

/// Days before the end at which a warning begins.
const WARNING_DAYS: i64 = 30;
const LEAST_RSA_BITS: usize = 2048;

pub(super) fn report(choice: &Choice<'_>, contents: &Contents, expected: &Expectation, now: OffsetDateTime) -> Report {
    let Some(leaf) = choice.leaf() else { return super::wrong_file::report(contents) };
    let (kind, title) = match &leaf.apple {
        Some(apple) if apple.is_push() => (Kind::ApnsCertificate, format!("{}{}", apple.class.title, scope(apple))),
        Some(apple) => (Kind::OtherCertificate, apple.class.title.to_owned()),
        None if leaf.facts.is_authority => (Kind::OtherCertificate, "certificate of an authority".to_owned()),
        None => (Kind::OtherCertificate, "certificate that is none of Apple's".to_owned()),
    };
    let mut report = Report::new(kind, title);
    report.certificate = Some(CertificateReport::of(leaf, now));
    report.key = choice.key.map(|key| KeyReport::of(key, Some(choice.key_fits)));
    report.chain = Some(chain(choice, leaf));
    report.entries = entries(choice, contents);
    report.findings = findings(choice, leaf, expected, now);
    if contents.keys.len() > 1 || choice.all.len() > 1 + choice.chain.len() {
        let counted = format!("it holds {} certificate(s) and {} key(s)", choice.all.len(), contents.keys.len());
        report.findings.push(finding::EXTRA_ENTRIES.found(counted));
    }
    report
}

/// ` (both environments)`, where the class's title does not say it.
const fn scope(apple: &AppleCertificate) -> &'static str {
    match (apple.serves_production, apple.serves_sandbox) {
        (true, true) => " for production and the sandbox",
        _ => "",
    }
}

fn findings(choice: &Choice<'_>, leaf: &Read<'_>, expected: &Expectation, now: OffsetDateTime) -> Vec<Finding> {
    let facts = &leaf.facts;
    let mut findings = validity(facts, now);
    match &leaf.apple {
        Some(apple) if apple.is_push() => findings.extend(purpose(apple, facts, expected)),
        Some(apple) => {
            findings.push(
                finding::NOT_A_PUSH_CERTIFICATE.found(format!("{} has nothing to do with push", apple.class.title)),
            );
        }
        None => {
            findings.push(
                finding::NOT_A_PUSH_CERTIFICATE.found("its name is not one that Apple gives to push certificates"),
            );
        }
    }
    findings.extend(key(choice, leaf));
    findings.extend(strength(facts));
    if facts.allows_client_auth == Some(false) {
        findings.push(finding::NOT_FOR_CLIENTS.found("its extended key usage does not allow clients to show it"));
    }
    if !choice.rivals.is_empty() {
        let names = std::iter::once(leaf).chain(choice.rivals.iter().map(|at| &choice.all[*at]));
        let names: Vec<&str> = names.map(|read| read.facts.subject.as_str()).collect();
        findings.push(finding::SEVERAL_CANDIDATES.found(format!("any of these may be meant: {}", names.join("; "))));
    }
    findings
}

fn validity(facts: &Facts, now: OffsetDateTime) -> Vec<Finding> {
    let days = days_left(facts, now);
    if now >= facts.not_after {
        return vec![finding::EXPIRED.found(format!("it ended on {}, {} day(s) ago", facts.not_after.date(), -days))];
    }
    let mut findings = Vec::new();
    if now < facts.not_before {
        findings.push(finding::NOT_YET_VALID.found(format!("it begins on {}", facts.not_before.date())));
    }
    if days <= WARNING_DAYS {
        findings.push(finding::EXPIRES_SOON.found(format!("it ends on {}, in {days} day(s)", facts.not_after.date())));
    }
    findings
}

fn purpose(apple: &AppleCertificate, facts: &Facts, expected: &Expectation) -> Vec<Finding> {
    let mut findings = Vec::new();
    let environments = environments(apple);
    if let Some(wanted) = expected.environment.filter(|wanted| !environments.contains(wanted)) {
        let served = if environments.is_empty() { "neither".to_owned() } else { environments.join(" and ") };
        findings.push(finding::WRONG_ENVIRONMENT.found(format!("it is wanted for {wanted} and serves {served}")));
    }
    if let Some(wanted) = &expected.topic
        && apple.topics.iter().all(|topic| topic.topic != *wanted)
    {
        let topics: Vec<&str> = apple.topics.iter().map(|topic| topic.topic.as_str()).collect();
        findings.push(finding::WRONG_TOPIC.found(format!(
            "{} is not among its topics: {}",
            plain(wanted),
            topics.join(", ")
        )));
    }
    if facts.is_self_issued {
        findings.push(finding::SELF_SIGNED.found("it is signed by itself, not by Apple"));
    } else if !AppleCertificate::has_known_issuer(facts) {
        findings.push(finding::UNKNOWN_ISSUER.found(format!("its issuer is none of Apple's: {}", facts.issuer)));
    }
    findings
}

fn key(choice: &Choice<'_>, leaf: &Read<'_>) -> Option<Finding> {
    match (choice.key, choice.key_fits) {
        (_, true) => None,
        (Some(key), false) => {
            let detail =
                format!("the {} key in the file is not that of the certificate ({})", key.kind, leaf.facts.key);
            Some(finding::KEY_MISMATCH.found(detail))
        }
        // Of what is not for push nobody wants the key.
        (None, false) if !leaf.apple.as_ref().is_some_and(AppleCertificate::is_push) => None,
        (None, false) => Some(finding::NO_PRIVATE_KEY.found("the file holds the certificate without its private key")),
    }
}

fn strength(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let KeyKind::Rsa { bits } = facts.key
        && bits < LEAST_RSA_BITS
    {
        findings.push(finding::WEAK_KEY.found(format!("its RSA key has {bits} bits")));
    }
    if facts.weak_signature {
        findings.push(finding::WEAK_SIGNATURE.found(format!("it is signed with {}", facts.signature_algorithm)));
    }
    findings
}

fn chain(choice: &Choice<'_>, leaf: &Read<'_>) -> ChainReport {
    let last = choice.chain.last().map_or(leaf, |at| &choice.all[*at]);
    let complete = last.facts.is_self_issued;
    ChainReport {
        complete,
        issuers: choice.chain.iter().map(|at| choice.all[*at].facts.subject.clone()).collect(),
        missing: (!complete).then(|| last.facts.issuer.clone()),
    }
}

fn entries(choice: &Choice<'_>, contents: &Contents) -> Vec<Entry> {
    if choice.all.len() <= 1 && contents.keys.len() <= 1 {
        return Vec::new();
    }
    let certificates = choice.all.iter().enumerate().map(|(at, read)| Entry {
        entry: "certificate",
        what: read.facts.subject.clone(),
        sha256: Some(read.facts.sha256.clone()),
        name: read.certificate.friendly_name.as_deref().map(plain),
        chosen: choice.leaf == Some(at),
    });
    let keys = contents.keys.iter().map(|key| Entry {
        entry: "key",
        what: key.kind.to_string(),
        sha256: None,
        name: key.friendly_name.as_deref().map(plain),
        chosen: choice.key.is_some_and(|chosen| std::ptr::eq(chosen, key)),
    });
    certificates.chain(keys).collect()
}

fn environments(apple: &AppleCertificate) -> Vec<&'static str> {
    let served = [(apple.serves_production, "production"), (apple.serves_sandbox, "sandbox")];
    served.into_iter().filter(|(serves, _)| *serves).map(|(_, name)| name).collect()
}

/// Rounded down: 0 on the last day, -1 from the end on.
fn days_left(facts: &Facts, now: OffsetDateTime) -> i64 {
    (facts.not_after - now).whole_seconds().div_euclid(24 * 3600)
}

// === impl CertificateReport ===

impl CertificateReport {
    fn of(read: &Read<'_>, now: OffsetDateTime) -> Self {
        let facts = &read.facts;
        Self {
            subject: facts.subject.clone(),
            issuer: facts.issuer.clone(),
            serial: facts.serial.clone(),
            sha256: facts.sha256.clone(),
            not_before: facts.not_before,
            not_after: facts.not_after,
            days_left: days_left(facts, now),
            environments: read.apple.as_ref().map(environments).unwrap_or_default(),
            topics: read.apple.as_ref().map(|apple| apple.topics.clone()).unwrap_or_default(),
            team_id: read.apple.as_ref().and(facts.organizational_unit.clone()),
            key_type: facts.key.to_string(),
            signature_algorithm: facts.signature_algorithm.clone(),
        }
    }
}

fn rfc3339<S: Serializer>(moment: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let text = moment.format(&Rfc3339).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&text)
}
