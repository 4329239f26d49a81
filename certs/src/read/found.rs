//! What has been found so far, within bounds.

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::ber::malformed;
use crate::{Certificate, Foreign, PrivateKey, ServiceAccount, Unreadable};

/// Certificates of one file. The greatest file of sense is a trust store with some 150.
const MAX_CERTIFICATES: usize = 200;
/// Keys of one file.
const MAX_KEYS: usize = 100;
/// Other things of one file.
const MAX_FOREIGN: usize = 200;

/// The gathering half of [`Contents`](crate::Contents).
#[derive(Default)]
pub(super) struct Found {
    pub(super) certificates: Vec<Certificate>,
    pub(super) keys: Vec<PrivateKey>,
    pub(super) service_account: Option<ServiceAccount>,
    pub(super) foreign: Vec<Foreign>,
    /// PKCS#12 bags that were looked at.
    pub(super) bags: usize,
}

// === impl Found ===

impl Found {
    /// Adds a certificate, unless it is there already.
    pub(super) fn certificate(&mut self, der: &[u8], friendly_name: Option<String>) -> Result<(), Unreadable> {
        if let Some(known) = self.certificates.iter_mut().find(|known| known.der == der) {
            known.friendly_name = known.friendly_name.take().or(friendly_name);
            return Ok(());
        }
        match X509Certificate::from_der(der) {
            Ok(([], _)) => {}
            Ok(_) => return Err(malformed("certificate", "something follows it")),
            Err(_) => return Err(malformed("certificate", "its fields are not those of an X.509 certificate")),
        }
        self.certificates.push(Certificate { der: der.to_vec(), friendly_name });
        bounded(self.certificates.len(), MAX_CERTIFICATES, "certificates")
    }

    /// Adds a key, unless it is there already.
    pub(super) fn key(&mut self, key: PrivateKey) -> Result<(), Unreadable> {
        if let Some(known) = self.keys.iter_mut().find(|known| *known.pkcs8 == *key.pkcs8) {
            known.friendly_name = known.friendly_name.take().or(key.friendly_name);
            // It is as open as where it lies most openly.
            known.was_encrypted &= key.was_encrypted;
            return Ok(());
        }
        self.keys.push(key);
        bounded(self.keys.len(), MAX_KEYS, "keys")
    }

    /// Adds a service account; there can be one only.
    pub(super) fn service_account(&mut self, account: ServiceAccount) -> Result<(), Unreadable> {
        match &self.service_account {
            Some(known) if *known.json == *account.json => {}
            Some(_) => {
                let detail = "two service accounts do not belong together: give one at a time";
                return Err(malformed("set of files", detail));
            }
            None => self.service_account = Some(account),
        }
        Ok(())
    }

    /// Adds what is no credential, once.
    pub(super) fn foreign(&mut self, foreign: Foreign) -> Result<(), Unreadable> {
        if !self.foreign.contains(&foreign) {
            self.foreign.push(foreign);
        }
        bounded(self.foreign.len(), MAX_FOREIGN, "other things")
    }
}

fn bounded(count: usize, limit: usize, what: &str) -> Result<(), Unreadable> {
    if count > limit { Err(malformed("file", format!("it holds more than {limit} {what}"))) } else { Ok(()) }
}
