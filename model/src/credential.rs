//! Credentials: what a channel authenticates with, and how to find out whether the vendor takes it.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::Request;

use crate::{Composed, Outcome, Secret, Target, Verdict};

/// A client certificate with its private key, both PEM.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The certificate, and its chain if there is one.
    pub certificate: Secret,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: Secret,
    /// The app it must be allowed to send to.
    pub app_id: String,
}

/// One credential of a channel, told without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialNote {
    /// The configuration's field that holds it: `key`, `certificate`, `service_account`.
    pub field: &'static str,
    /// What it is.
    pub kind: CredentialKind,
    /// The public part of its name, for people: a key id, a client id, a service account's address.
    pub id: Option<String>,
}

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A certificate that is shown in the TLS handshake. The only kind that ends by itself.
    ClientCertificate,
    /// A private key that signs access tokens.
    SigningKey,
    /// A service account's key file, whose signatures are exchanged for access tokens or are such.
    ServiceAccount,
    /// A word that goes with the requests, or signs them, or is exchanged for access tokens.
    Secret,
}

/// A credential file that somebody holds, and wants to know whether a vendor takes it.
#[derive(Clone, Copy)]
pub enum CredentialFile<'a> {
    /// A client certificate and its key, both PEM.
    Certificate {
        /// The certificate, and its chain if there is one.
        certificate: &'a str,
        /// The private key.
        key: &'a str,
        /// The app it says it is for.
        app_id: Option<&'a str>,
    },
    /// A bare private key, PEM.
    SigningKey {
        /// The key.
        key: &'a str,
        /// The file's name, which may bear the key's id.
        file: Option<&'a str>,
    },
    /// A service account's key file.
    ServiceAccount {
        /// Its JSON text.
        json: &'a str,
        /// Whether the file may say where its signatures are exchanged. A stranger's must not: it would choose whom we connect
        /// to.
        trusted: bool,
    },
}

/// How to ask a vendor about one credential of a channel while delivering nothing to anyone.
#[derive(Debug)]
pub enum Probe {
    /// A push to a made-up device token, which goes the way of every push: a complaint about the token means that the
    /// credential was taken.
    Push {
        /// What is sent.
        composed: Box<Composed>,
        /// To nobody.
        target: Target,
    },
    /// A harmless request of its own, whose answer goes to [`BoundAdapter::probe_answer`].
    ///
    /// [`BoundAdapter::probe_answer`]: crate::BoundAdapter::probe_answer
    Ask(Request<Bytes>),
}

/// What a vendor's answer says of the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFinding {
    /// In one word.
    pub state: CredentialState,
    /// What to do about it, or what is still not proved.
    pub advice: Cow<'static, str>,
}

/// Whether a vendor takes a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialState {
    /// Yes.
    Works,
    /// It is good, but in the other environment.
    WrongEnvironment,
    /// It is good, but not for this app.
    AppNotAllowed,
    /// It has ended, or this machine's clock is wrong.
    Expired,
    /// No: unknown, revoked, or not what the configuration says.
    Refused,
    /// The answer says nothing about it: the vendor was not reached, or cannot now.
    Inconclusive,
}

// === impl ProbeFinding ===

impl ProbeFinding {
    /// A finding.
    pub fn new(state: CredentialState, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { state, advice: advice.into() }
    }

    /// What a verdict says where the vendor's own codes say no more.
    pub fn of(verdict: &Verdict) -> Self {
        let state = CredentialState::of(&verdict.outcome);
        Self { state, advice: verdict.detail.clone().unwrap_or(Cow::Borrowed(state.advice())) }
    }
}

// === impl CredentialState ===

impl CredentialState {
    /// The word on the API and in the terminal.
    pub const fn as_str(self) -> &'static str {
        match self {
            CredentialState::Works => "works",
            CredentialState::WrongEnvironment => "wrong_environment",
            CredentialState::AppNotAllowed => "app_not_allowed",
            CredentialState::Expired => "expired",
            CredentialState::Refused => "refused",
            CredentialState::Inconclusive => "inconclusive",
        }
    }

    /// Only what can be said of the credential counts: a token that is refused, or a payload, was looked at after it.
    const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Accepted { .. } | Outcome::InvalidToken { .. } => CredentialState::Works,
            Outcome::BadCredentials { .. } => CredentialState::Refused,
            Outcome::ExpiredCredentials => CredentialState::Expired,
            _ => CredentialState::Inconclusive,
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            CredentialState::Works => "the vendor took the credential",
            CredentialState::WrongEnvironment => "use it in the other environment, or get one for this",
            CredentialState::AppNotAllowed => {
                "use the app's own credential, or allow it this app in the vendor's console"
            }
            CredentialState::Expired => "get a new one in the vendor's console",
            CredentialState::Refused => "compare it with the vendor's console; it may be revoked",
            CredentialState::Inconclusive => "try again later",
        }
    }
}

// === impl CredentialKind ===

impl CredentialKind {
    /// The word on the API and in the terminal.
    pub const fn as_str(self) -> &'static str {
        match self {
            CredentialKind::ClientCertificate => "client_certificate",
            CredentialKind::SigningKey => "signing_key",
            CredentialKind::ServiceAccount => "service_account",
            CredentialKind::Secret => "secret",
        }
    }
}

impl fmt::Debug for CredentialFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CredentialFile::Certificate { .. } => "Certificate",
            CredentialFile::SigningKey { .. } => "SigningKey",
            CredentialFile::ServiceAccount { .. } => "ServiceAccount",
        })
    }
}
