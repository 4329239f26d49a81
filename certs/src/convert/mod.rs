//! Credentials in another form: PEM for servers, PKCS#12 for tools that want it.
//!
//! Pure: what must be random comes in as [`Lock::entropy`]. Everything that holds a private key is wiped on drop.

mod pem;
mod pkcs12;
mod pkcs8;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::choice::{Choice, MAX_NAMES};
use crate::contents::{Certificate, Contents, PrivateKey};
use crate::unreadable::Unreadable;

pub use pem::PemParts;

/// What is to be written: a certificate with its issuers, its key, or both.
#[derive(Debug)]
pub struct Parts<'a> {
    certificate: Option<&'a Certificate>,
    /// Nearest first.
    chain: Vec<&'a Certificate>,
    key: Option<&'a PrivateKey>,
}

/// How the written key is locked.
pub struct Lock<'a> {
    /// The password.
    pub password: &'a str,
    /// Random bytes for salts and initialisation vectors. Never the same for two files.
    pub entropy: [u8; ENTROPY_BYTES],
    /// For PKCS#12: ciphers that old tools read (3DES and SHA-1), such as the macOS keychain, instead of AES-256 and SHA-256.
    pub legacy: bool,
}

/// How much randomness a file takes.
pub const ENTROPY_BYTES: usize = 80;

/// Why there is nothing to convert.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertFault {
    /// A certificate in the file is damaged.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The file holds neither certificate nor key.
    #[error("the file holds no certificate and no private key: {title}")]
    NothingToConvert {
        /// What it is.
        title: String,
    },
    /// The key in the file is not the certificate's.
    #[error("the private key in the file is not that of the certificate: a file made of both would not work")]
    KeyMismatch,
    /// Several certificates may be meant.
    #[error("the file holds several certificates that may be meant; name the topic of one: {}", .0.join("; "))]
    SeveralCandidates(Vec<String>),
    /// PKCS#12 is made of both.
    #[error("a p12 needs a certificate with its private key, and the file holds only one of them")]
    HalfAPair,
}

// === impl Parts ===

impl<'a> Parts<'a> {
    /// What a file is about; a topic settles which of several certificates is meant.
    pub fn of(contents: &'a Contents, topic: Option<&str>, now: OffsetDateTime) -> Result<Self, ConvertFault> {
        let choice = Choice::of(contents, topic, now)?;
        if !choice.rivals.is_empty() {
            let candidates = choice.leaf.iter().chain(&choice.rivals);
            let names = candidates.take(MAX_NAMES).map(|at| choice.all[*at].facts.subject.clone());
            return Err(ConvertFault::SeveralCandidates(names.collect()));
        }
        let certificate = choice.leaf().map(|read| read.certificate);
        if certificate.is_some() && choice.has_foreign_key(contents) {
            return Err(ConvertFault::KeyMismatch);
        }
        if (certificate.is_none() && choice.key.is_none()) || contents.service_account.is_some() {
            let report = crate::Report::of(contents, &crate::Expectation::default(), now)?;
            return Err(ConvertFault::NothingToConvert { title: report.title });
        }
        let chain = choice.chain.issuers.iter().map(|at| choice.all[*at].certificate).collect();
        Ok(Self { certificate, chain, key: choice.key })
    }

    /// The private key.
    pub fn key(&self) -> Option<&'a PrivateKey> {
        self.key
    }

    /// As PEM, the key as PKCS#8 and encrypted if there is a lock.
    pub fn pem(&self, lock: Option<&Lock<'_>>) -> PemParts {
        PemParts::of(self, lock)
    }

    /// As PKCS#12.
    pub fn pkcs12(&self, lock: &Lock<'_>) -> Result<Zeroizing<Vec<u8>>, ConvertFault> {
        match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Ok(pkcs12::write(certificate, &self.chain, key, lock)),
            _ => Err(ConvertFault::HalfAPair),
        }
    }
}

// === impl ConvertFault ===

impl ConvertFault {
    /// Every code that is not one of [`Unreadable::CODES`].
    pub const CODES: &[&str] = &["nothing_to_convert", "key_mismatch", "several_candidates", "half_a_pair"];

    /// The stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            ConvertFault::Unreadable(fault) => fault.code(),
            ConvertFault::NothingToConvert { .. } => "nothing_to_convert",
            ConvertFault::KeyMismatch => "key_mismatch",
            ConvertFault::SeveralCandidates(_) => "several_candidates",
            ConvertFault::HalfAPair => "half_a_pair",
        }
    }
}

// === impl Lock ===

impl std::fmt::Debug for Lock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lock").field("legacy", &self.legacy).finish_non_exhaustive()
    }
}
