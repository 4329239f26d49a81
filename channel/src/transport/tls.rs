//! TLS towards vendors: rustls on ring, with the machine's or the operator's certificate authorities.

use std::sync::Arc;

use model::ClientIdentity;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

use crate::spec::{OpenFault, Roots};

/// A client's TLS configuration. `alpn` names the protocols offered, best first.
pub(super) fn config(
    roots: &Roots,
    identity: Option<&ClientIdentity>,
    alpn: &[&[u8]],
) -> Result<ClientConfig, OpenFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3");
    let builder = match roots {
        Roots::Platform => builder.dangerous().with_custom_certificate_verifier(platform(provider)?),
        Roots::Pem { file, text } => builder.with_root_certificates(store(&file.display().to_string(), text)?),
    };
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = read_identity(identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| unusable("certificate", &error.to_string()))?
        }
    };
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// A configuration under which no TLS connection can be made: for clients that need none.
pub(super) fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

/// rustls calls every verifier of one's own dangerous; this is the operating system's.
fn platform(provider: Arc<CryptoProvider>) -> Result<Arc<Verifier>, OpenFault> {
    Verifier::new(provider).map(Arc::new).map_err(|error| OpenFault::Platform(error.to_string()))
}

fn store(file: &str, text: &[u8]) -> Result<RootCertStore, OpenFault> {
    let fault = |detail: &str| OpenFault::Roots { file: file.to_owned(), detail: detail.to_owned() };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text) {
        let certificate = certificate.map_err(|_| fault("holds a broken PEM block"))?;
        store.add(certificate).map_err(|error| fault(&format!("holds an unusable certificate: {error}")))?;
    }
    if store.is_empty() {
        return Err(fault("holds no PEM certificate; give the authority's certificate as PEM"));
    }
    Ok(store)
}

fn read_identity(
    identity: &ClientIdentity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), OpenFault> {
    let certificate = identity.certificate.reveal().as_bytes();
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|_| unusable("certificate", "holds a broken PEM block"))?;
    if chain.is_empty() {
        return Err(unusable("certificate", "holds no PEM certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(identity.key.reveal().as_bytes())
        .map_err(|_| unusable("key", "holds no unencrypted PEM private key (PKCS#8, PKCS#1 or SEC1)"))?;
    Ok((chain, key))
}

fn unusable(field: &'static str, detail: &str) -> OpenFault {
    OpenFault::Identity { field, detail: detail.to_owned() }
}
