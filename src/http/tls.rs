//! TLS towards callers: rustls on ring, HTTP/2 and HTTP/1.1 by ALPN, client certificates if they are asked for.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use config::{Authorities, TlsConfig};
use model::Fault;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// What the service shows of itself. Clones share it, so that a new certificate reaches every listener.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Terms>>);

/// How a connection is made.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) config: Arc<ServerConfig>,
    pub(super) handshake_timeout: Duration,
}

// === impl Tls ===

impl Tls {
    /// Reads certificate, key and authorities, or tells what is wrong with them by their paths.
    pub fn open(config: &TlsConfig) -> Result<Self, Fault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for TLS 1.2 and 1.3");
        let builder = match &config.client_authorities {
            None => builder.with_no_client_auth(),
            Some(authorities) => {
                let fault = |detail: String| Fault::new(config.path.at("client_ca_file"), detail);
                let roots = Arc::new(roots(authorities).map_err(fault)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| fault(error.to_string()))?)
            }
        };
        let (chain, key) = (chain(config)?, key(config)?);
        let mut tls = builder.with_single_cert(chain, key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => Fault::new(config.path.at("key"), "is not the certificate's key"),
            error => Fault::new(config.path.at("certificate"), format!("cannot be used: {error}")),
        })?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let handshake_timeout = config.handshake_timeout;
        Ok(Self(Arc::new(RwLock::new(Terms { config: Arc::new(tls), handshake_timeout }))))
    }

    /// Shows what `other` does, from the next connection on.
    pub fn replace(&self, other: &Self) {
        let other = other.current();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = other;
    }

    /// What a connection is made with.
    pub(super) fn current(&self) -> Terms {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn chain(config: &TlsConfig) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let fault = |detail: &str| Fault::new(config.path.at("certificate"), detail);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(config.certificate.reveal().as_bytes()).collect();
    let chain = chain.map_err(|_| fault("holds a broken PEM block"))?;
    if chain.is_empty() {
        return Err(fault("holds no PEM certificate; pushmux convert makes PEM of a p12"));
    }
    Ok(chain)
}

fn key(config: &TlsConfig) -> Result<PrivateKeyDer<'static>, Fault> {
    let wanted = "holds no unencrypted PEM private key (PKCS#8, PKCS#1 or SEC1)";
    let key = PrivateKeyDer::from_pem_slice(config.key.reveal().as_bytes());
    key.map_err(|_| Fault::new(config.path.at("key"), wanted))
}

fn roots(authorities: &Authorities) -> Result<RootCertStore, String> {
    let fault = |detail: String| format!("{} {detail}", authorities.file.display());
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&authorities.text) {
        let certificate = certificate.map_err(|_| fault("holds a broken PEM block".to_owned()))?;
        store.add(certificate).map_err(|error| fault(format!("holds an unusable certificate: {error}")))?;
    }
    if store.is_empty() {
        return Err(fault("holds no PEM certificate; give the authority's certificate as PEM".to_owned()));
    }
    Ok(store)
}
