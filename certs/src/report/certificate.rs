//! The report on a certificate.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::key::KeyReport;
use super::{Expectation, Finding, Kind, Report, finding, strength};
use crate::apple::{AppleCertificate, Topic};
use crate::chain::Chain;
use crate::choice::{Choice, MAX_NAMES, Read};
use crate::contents::Contents;
use crate::plain::plain;
use crate::x509::Facts;

/// A certificate, described.
#[derive(Clone, Debug, Serialize, ToSchema)]
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
    #[schema(value_type = String, format = DateTime)]
    pub not_before: OffsetDateTime,
    /// Until when.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
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
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChainReport {
    /// Whether the file holds them up to a root, which signed itself.
    pub complete: bool,
    /// Those in the file, nearest first; each one's signature was verified.
    pub issuers: Vec<String>,
    /// The first one that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// One certificate or key of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CredentialEntry)]
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

/// Days before the end of a certificate at which it is warned of.
pub const WARNING_DAYS: i64 = 30;

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
    let matches = choice.key_fits.then_some(true).or_else(|| choice.has_foreign_key(contents).then_some(false));
    report.key = choice.key.map(|key| KeyReport::of(key, matches));
    report.chain = Some(chain(choice, leaf));
    report.entries = entries(choice, contents);
    report.findings = findings(choice, contents, expected, now);
    if contents.keys.len() > 1 || choice.all.len() > 1 + choice.chain.issuers.len() {
        let counted = format!("it holds {} certificate(s) and {} key(s)", choice.all.len(), contents.keys.len());
        let renewed = match choice.passed_over {
            0 => "",
            _ => "; of those for the same topics and key the one that ends last was chosen",
        };
        report.findings.push(finding::EXTRA_ENTRIES.found(format!("{counted}{renewed}")));
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

fn findings(choice: &Choice<'_>, contents: &Contents, expected: &Expectation, now: OffsetDateTime) -> Vec<Finding> {
    let Some(leaf) = choice.leaf() else { return Vec::new() };
    let facts = &leaf.facts;
    let mut findings = validity(facts, now);
    match &leaf.apple {
        Some(apple) if apple.is_push() => {
            findings.extend(purpose(apple, expected));
            findings.extend(issuer(choice, facts));
        }
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
    findings.extend(key(choice, contents, leaf));
    findings.extend(strength(facts));
    if facts.allows_client_auth == Some(false) {
        findings.push(finding::NOT_FOR_CLIENTS.found("its extended key usage does not allow clients to show it"));
    }
    if !choice.rivals.is_empty() {
        let names = std::iter::once(leaf).chain(choice.rivals.iter().map(|at| &choice.all[*at])).take(MAX_NAMES);
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

fn purpose(apple: &AppleCertificate, expected: &Expectation) -> Vec<Finding> {
    let mut findings = Vec::new();
    if apple.topics.is_empty() {
        findings.push(finding::NO_TOPIC.found("neither its user id nor its extensions name an app"));
    }
    let environments = environments(apple);
    if let Some(wanted) = expected.environment.filter(|wanted| !environments.contains(wanted)) {
        let served = if environments.is_empty() { "neither".to_owned() } else { environments.join(" and ") };
        findings.push(finding::WRONG_ENVIRONMENT.found(format!("it is wanted for {wanted} and serves {served}")));
    }
    if let Some(wanted) = &expected.topic
        && !apple.topics.is_empty()
        && apple.topics.iter().all(|topic| topic.topic != *wanted)
    {
        let topics: Vec<&str> = apple.topics.iter().map(|topic| topic.topic.as_str()).collect();
        findings.push(finding::WRONG_TOPIC.found(format!(
            "{} is not among its topics: {}",
            plain(wanted),
            topics.join(", ")
        )));
    }
    findings
}

fn issuer(choice: &Choice<'_>, facts: &Facts) -> Option<Finding> {
    if choice.chain.is_self_signed() {
        return Some(finding::SELF_SIGNED.found("it is signed by itself, not by Apple"));
    }
    let known = AppleCertificate::has_known_issuer(facts);
    (!known).then(|| finding::UNKNOWN_ISSUER.found(format!("its issuer is none of Apple's: {}", named(&facts.issuer))))
}

/// A name, also where there is none.
fn named(name: &str) -> String {
    if name.is_empty() { "an issuer without a name".to_owned() } else { name.to_owned() }
}

fn key(choice: &Choice<'_>, contents: &Contents, leaf: &Read<'_>) -> Option<Finding> {
    if choice.key_fits {
        return None;
    }
    match (choice.key, choice.has_foreign_key(contents)) {
        (Some(key), true) => {
            let detail =
                format!("the {} key in the file is not that of the certificate ({})", key.kind, leaf.facts.key);
            Some(finding::KEY_MISMATCH.found(detail))
        }
        (None, true) => {
            let detail = format!("none of the {} keys in the file is that of the certificate", contents.keys.len());
            Some(finding::KEY_MISMATCH.found(detail))
        }
        // Such a key is not one that vendors use, which is said of the certificate's.
        _ if !contents.keys.is_empty() => None,
        // Of what is not for push nobody wants the key.
        _ if !leaf.apple.as_ref().is_some_and(AppleCertificate::is_push) => None,
        _ => Some(finding::NO_PRIVATE_KEY.found("the file holds the certificate without its private key")),
    }
}

fn strength(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::from_iter(strength::of_certificate(&facts.key, facts.rsa_exponent.as_deref()));
    if facts.weak_signature {
        findings.push(finding::WEAK_SIGNATURE.found(format!("it is signed with {}", facts.signature_algorithm)));
    }
    findings
}

fn chain(choice: &Choice<'_>, leaf: &Read<'_>) -> ChainReport {
    let Chain { issuers, complete } = &choice.chain;
    let last = issuers.last().map_or(leaf, |at| &choice.all[*at]);
    ChainReport {
        complete: *complete,
        issuers: issuers.iter().map(|at| choice.all[*at].facts.subject.clone()).collect(),
        missing: (!complete).then(|| named(&last.facts.issuer)),
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
