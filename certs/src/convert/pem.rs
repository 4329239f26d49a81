//! PEM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Lock, Parts, pkcs8};

/// The parts of a credential as PEM texts. What the file did not hold is empty.
pub struct PemParts {
    /// The certificate.
    pub certificate: String,
    /// Its issuers, nearest first.
    pub chain: String,
    /// The private key: `PRIVATE KEY`, or `ENCRYPTED PRIVATE KEY`.
    pub key: Zeroizing<String>,
}

/// RFC 7468: 64 characters a line.
const LINE_CHARS: usize = 64;

// === impl PemParts ===

impl PemParts {
    pub(super) fn of(parts: &Parts<'_>, lock: Option<&Lock<'_>>) -> Self {
        let certificate = |der: &[u8]| block("CERTIFICATE", der).to_string();
        let key = parts.key.map(|key| match lock {
            None => block("PRIVATE KEY", &key.pkcs8),
            Some(lock) => block("ENCRYPTED PRIVATE KEY", &pkcs8::encrypted(&key.pkcs8, lock)),
        });
        Self {
            certificate: parts.certificate.map(|leaf| certificate(&leaf.der)).unwrap_or_default(),
            chain: parts.chain.iter().map(|issuer| certificate(&issuer.der)).collect(),
            key: key.unwrap_or_default(),
        }
    }

    /// All in one text: certificate, chain, key.
    pub fn combined(&self) -> Zeroizing<String> {
        let Self { certificate, chain, key } = self;
        let mut text = Zeroizing::new(String::with_capacity(certificate.len() + chain.len() + key.len()));
        [certificate.as_str(), chain, key].into_iter().for_each(|part| text.push_str(part));
        text
    }
}

fn block(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let lines = body.len().div_ceil(LINE_CHARS);
    // Room for all at once: growing would leave copies behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(body.len() + lines + 2 * label.len() + 40));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE_CHARS));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

// === impl Debug ===

impl std::fmt::Debug for PemParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PemParts")
    }
}
