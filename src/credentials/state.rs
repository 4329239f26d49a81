//! The credentials of one configured channel, as far as they tell by themselves.

use std::borrow::Cow;
use std::time::SystemTime;

use certs::convert::{Parts, PemParts};
use certs::report::{Finding, WARNING_DAYS};
use certs::{Expectation, Report, Unreadable};
use model::{BoundAdapter, ClientIdentity, CredentialNote, Environment, Fault, Outcome, Path, Scope, Secret, Verdict};
use time::OffsetDateTime;

/// What a channel authenticates with, and whether it can be used now.
#[derive(Debug)]
pub struct ChannelCredentials {
    notes: Vec<CredentialNote>,
    certificate: Option<Certificate>,
}

/// A client certificate's own facts.
#[derive(Debug)]
struct Certificate {
    /// In the order that TLS wants: the leaf first, then its issuers, and the leaf's key.
    identity: ClientIdentity,
    not_before: SystemTime,
    not_after: SystemTime,
    /// Holds as long as the configuration does: the key is another's, the environment is the other.
    misfit: Option<Finding>,
    /// Worth a warning.
    warnings: Vec<Finding>,
}

/// Something to know about a credential: why its channel does not send, or what somebody should act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// A code of `docs/credentials.md`.
    pub code: &'static str,
    /// What is wrong, and the remedy.
    pub detail: Cow<'static, str>,
}

/// Findings that close a channel whatever the time is.
const MISFITS: &[&str] =
    &["key_mismatch", "no_private_key", "several_candidates", "wrong_environment", "weak_key", "unsupported_key"];
/// What time decides is said by the clock of the moment.
const SAID_ELSEWHERE: &[&str] = &["expired", "not_yet_valid", "expires_soon"];

// === impl ChannelCredentials ===

impl ChannelCredentials {
    /// Reads what a channel is configured with. A credential that cannot be read is a fault of the configuration; one that
    /// can, but must not be used, is not.
    pub fn of(adapter: &dyn BoundAdapter, environment: Environment, now: SystemTime) -> Result<Self, Fault> {
        let certificate = adapter.client_identity().map(|identity| Certificate::of(identity, environment, now));
        Ok(Self { notes: adapter.credentials(), certificate: certificate.transpose()? })
    }

    /// What the channel has.
    pub fn notes(&self) -> &[CredentialNote] {
        &self.notes
    }

    /// When the first of them ends, if one does.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.certificate.as_ref().map(|certificate| certificate.not_after)
    }

    /// The certificate that was judged, for the TLS handshake: a file may hold several.
    pub(crate) fn identity(&self) -> Option<&ClientIdentity> {
        self.certificate.as_ref().map(|certificate| &certificate.identity)
    }

    /// What keeps it from what it is configured for, whatever the time is: a code of `docs/credentials.md`.
    pub(crate) fn misfit(&self) -> Option<&'static str> {
        self.certificate.as_ref()?.misfit.as_ref().map(|misfit| misfit.code)
    }

    /// Why nothing may be sent with them now, if so.
    pub fn closed(&self, now: SystemTime) -> Option<Notice> {
        let certificate = self.certificate.as_ref()?;
        let closed = |code, detail: String| Some(Notice { code, detail: detail.into() });
        if let Some(misfit) = &certificate.misfit {
            return closed(
                misfit.code,
                format!("the certificate cannot be used here: {}; {}", misfit.detail, misfit.remedy),
            );
        }
        if now >= certificate.not_after {
            return closed("expired", format!("the certificate ended on {}; replace it", date(certificate.not_after)));
        }
        if now < certificate.not_before {
            let begin = date(certificate.not_before);
            return closed(
                "not_yet_valid",
                format!("the certificate begins on {begin}; is this machine's clock right?"),
            );
        }
        None
    }

    /// What somebody should act on while it still works.
    pub fn warnings(&self, now: SystemTime) -> Vec<Notice> {
        let Some(certificate) = &self.certificate else { return Vec::new() };
        let told = |finding: &Finding| Notice {
            code: finding.code,
            detail: format!("{}; {}", finding.detail, finding.remedy).into(),
        };
        let mut warnings: Vec<Notice> = certificate.warnings.iter().map(told).collect();
        if let Some(days) = self.days_left(now).filter(|days| (0..=WARNING_DAYS).contains(days)) {
            let detail = format!("the certificate ends on {}, in {days} day(s)", date(certificate.not_after));
            warnings.insert(0, Notice { code: "expires_soon", detail: detail.into() });
        }
        warnings
    }

    /// Whole days until the first of them ends, rounded down; negative afterwards.
    pub fn days_left(&self, now: SystemTime) -> Option<i64> {
        self.seconds_left(now).map(|seconds| seconds.div_euclid(24 * 3600))
    }

    /// Seconds until the first of them ends; negative afterwards.
    pub fn seconds_left(&self, now: SystemTime) -> Option<i64> {
        let end = OffsetDateTime::from(self.expires_at()?);
        Some((end - OffsetDateTime::from(now)).whole_seconds())
    }
}

// === impl Certificate ===

impl Certificate {
    fn of(identity: &ClientIdentity, environment: Environment, now: SystemTime) -> Result<Self, Fault> {
        let fault = |field: &str, detail: String| Fault::new(Path::root().at(field), detail);
        let read = |field: &str, secret: &Secret| {
            certs::read(secret.reveal().as_bytes(), None).map_err(|error| {
                let origin = secret.file().map(|file| format!("{file}: ")).unwrap_or_default();
                let remedy = match error {
                    Unreadable::PasswordNeeded => {
                        "must not be encrypted here: pushmux convert writes it without".to_owned()
                    }
                    other => other.to_string(),
                };
                fault(field, format!("{origin}{remedy}"))
            })
        };
        let mut contents = read("certificate", &identity.certificate)?;
        let mut key = read("key", &identity.key)?;
        contents.keys = std::mem::take(&mut key.keys);
        let expected = Expectation {
            topic: Some(identity.app_id.clone()),
            environment: Some(environment.as_str()),
            ..Expectation::default()
        };
        let report =
            Report::of(&contents, &expected, now.into()).map_err(|error| fault("certificate", error.to_string()))?;
        let Some(certificate) = report.certificate else {
            return Err(fault("certificate", "holds no certificate".to_owned()));
        };
        let identity = match Parts::of(&contents, Some(&identity.app_id), now.into()) {
            Ok(parts) => ordered(&parts.pem(None), identity),
            // A misfit, which the report tells.
            Err(_) => identity.clone(),
        };
        let mut findings = report.findings;
        let misfit = findings.iter().position(|finding| MISFITS.contains(&finding.code));
        let misfit = misfit.map(|at| findings.remove(at));
        findings.retain(|finding| {
            finding.severity != certs::report::Severity::Note && !SAID_ELSEWHERE.contains(&finding.code)
        });
        Ok(Self {
            identity,
            not_before: certificate.not_before.into(),
            not_after: certificate.not_after.into(),
            misfit,
            warnings: findings,
        })
    }
}

// === impl Notice ===

impl Notice {
    /// What becomes of targets meanwhile.
    pub fn verdict(&self) -> Verdict {
        let outcome = match self.code {
            "expired" => Outcome::ExpiredCredentials,
            _ => Outcome::BadCredentials { scope: Scope::Channel },
        };
        Verdict::new(outcome).code(self.code).detail(self.detail.clone())
    }
}

fn ordered(pem: &PemParts, given: &ClientIdentity) -> ClientIdentity {
    ClientIdentity {
        certificate: Secret::new(format!("{}{}", pem.certificate, pem.chain)),
        key: Secret::new(pem.key.as_str()),
        app_id: given.app_id.clone(),
    }
}

fn date(moment: SystemTime) -> time::Date {
    OffsetDateTime::from(moment).date()
}
