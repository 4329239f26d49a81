//! `[server.tls]`: TLS towards callers.

use std::time::Duration;

use model::parse::Faults;
use model::{Path, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::channel::Authorities;
use crate::section;
use crate::source::Source;

/// What the service shows of itself, and whom it lets in.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// Where it stands in the file.
    pub path: Path,
    /// `certificate`: the chain, PEM, the service's own certificate first.
    pub certificate: Secret,
    /// `key`: the certificate's private key, PEM.
    pub key: Secret,
    /// `client_ca_file`: callers must show a certificate of these authorities.
    pub client_authorities: Option<Authorities>,
    /// `handshake_timeout_seconds`: for one handshake.
    pub handshake_timeout: Duration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    certificate: Option<Secret>,
    key: Option<Secret>,
    client_ca_file: Option<String>,
    handshake_timeout_seconds: Option<u64>,
}

const DEFAULT_HANDSHAKE_SECONDS: u64 = 10;

// === impl TlsConfig ===

impl TlsConfig {
    pub(crate) fn check(fields: Map<String, Value>, path: &Path, source: &Source, faults: &mut Faults) -> Option<Self> {
        section::read(fields, path, source, faults, |raw: Raw, is_read, faults| {
            let at = |field: &str| Path::root().at(field);
            let mut secret = |field: &str, secret: Option<Secret>| match secret {
                None if !is_read(field) => None,
                secret => faults.require(&at(field), secret),
            };
            let (certificate, key) = (secret("certificate", raw.certificate), secret("key", raw.key));
            let authorities = raw.client_ca_file.map(|file| Authorities::read(file, source)).transpose();
            let client_authorities = faults.take(&at("client_ca_file"), authorities);
            let seconds = raw.handshake_timeout_seconds.unwrap_or(DEFAULT_HANDSHAKE_SECONDS);
            if !(1..=120).contains(&seconds) {
                faults.add(&at("handshake_timeout_seconds"), "must be 1 to 120");
            }
            Some(Self {
                path: path.clone(),
                certificate: certificate?,
                key: key?,
                client_authorities: client_authorities?,
                handshake_timeout: Duration::from_secs(seconds),
            })
        })
    }
}
