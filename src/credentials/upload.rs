//! A file that somebody wants to know about.

use std::time::SystemTime;

use certs::convert::{ConvertFault, ENTROPY_BYTES, Lock, Parts};
use certs::{Contents, Expectation, Report, Unreadable};
use zeroize::Zeroizing;

/// A credential with its password, in one file or in several that belong together. Wiped on drop.
pub struct Upload {
    /// The bytes of each file; at least one.
    pub files: Vec<Zeroizing<Vec<u8>>>,
    /// Their password, if they have one.
    pub password: Option<Zeroizing<String>>,
    /// What is known beside it.
    pub expected: Expectation,
}

/// What a file is to become.
pub struct ConvertRequest {
    /// The form.
    pub output: Output,
    /// Locks the private key in it.
    pub password: Option<Zeroizing<String>>,
}

/// The forms that a credential can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Certificate, chain and key in one PEM text.
    Pem,
    /// PKCS#12 with AES-256 and SHA-256.
    Pkcs12,
    /// PKCS#12 with 3DES and SHA-1, for tools that know no better.
    LegacyPkcs12,
}

/// A credential in its new form.
pub struct Converted {
    /// The whole.
    pub whole: Zeroizing<Vec<u8>>,
    /// For PEM: certificate, chain and key apart. Empty where the file did not hold them.
    pub parts: Option<certs::convert::PemParts>,
}

/// Why a file cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadFault {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It cannot be written in the form asked for.
    #[error(transparent)]
    Convert(#[from] ConvertFault),
    /// A p12 file is always locked.
    #[error("a p12 needs a password: give one for the new file")]
    NeedsPassword,
}

// === impl Upload ===

impl Upload {
    /// Opens the files, as if all were in one.
    pub fn open(&self) -> Result<Contents, Unreadable> {
        let password = self.password.as_deref().map(String::as_str);
        let files: Vec<&[u8]> = self.files.iter().map(|file| file.as_slice()).collect();
        certs::read_all(&files, password)
    }

    /// Says what the file is.
    pub fn check(&self, now: SystemTime) -> Result<(Contents, Report), Unreadable> {
        let contents = self.open()?;
        let report = Report::of(&contents, &self.expected, now.into())?;
        Ok((contents, report))
    }

    /// Writes it in another form.
    pub fn convert(&self, request: &ConvertRequest, now: SystemTime) -> Result<Converted, UploadFault> {
        let contents = self.open()?;
        let parts = Parts::of(&contents, self.expected.topic.as_deref(), now.into())?;
        let legacy = request.output == Output::LegacyPkcs12;
        let password = request.password.as_deref().filter(|password| !password.is_empty());
        let lock = password.map(|password| Lock { password, entropy: entropy(), legacy });
        match (request.output, lock) {
            (Output::Pem, lock) => {
                let parts = parts.pem(lock.as_ref());
                let whole = Zeroizing::new(parts.combined().as_bytes().to_vec());
                Ok(Converted { whole, parts: Some(parts) })
            }
            (Output::Pkcs12 | Output::LegacyPkcs12, Some(lock)) => {
                Ok(Converted { whole: parts.pkcs12(&lock)?, parts: None })
            }
            (Output::Pkcs12 | Output::LegacyPkcs12, None) => Err(UploadFault::NeedsPassword),
        }
    }
}

fn entropy() -> [u8; ENTROPY_BYTES] {
    let mut entropy = [0; ENTROPY_BYTES];
    getrandom::fill(&mut entropy).expect("the system gives random bytes");
    entropy
}

// === impl UploadFault ===

impl UploadFault {
    /// The stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            UploadFault::Unreadable(fault) => fault.code(),
            UploadFault::Convert(fault) => fault.code(),
            UploadFault::NeedsPassword => "password_needed_for_output",
        }
    }
}

// === impl Debug ===

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} file(s))", self.files.len())
    }
}

impl std::fmt::Debug for ConvertRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConvertRequest").field("output", &self.output).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Converted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Converted({} bytes)", self.whole.len())
    }
}
