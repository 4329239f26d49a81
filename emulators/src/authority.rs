//! The emulators' own certificate authority: a fresh root per start, server certificates, client certificates.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SanType,
    SerialNumber,
};
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::error::StartError;

/// How long what we issue is valid; emulators are restarted more often than that.
const VALIDITY: Duration = Duration::days(397);

/// The serial number that our revocation list names: a client certificate that bears it gets the alert
/// `certificate_revoked`. Other serial numbers are hashes, and longer.
pub(crate) const REVOKED_SERIAL: u64 = 0x7265_766f_6b65_6421;

/// A root certificate with its key.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, both PEM; the key is PKCS#8.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Whether a listener looks at client certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// Never asked for.
    None,
    /// Asked for; a client without one is let in, one with a bad one gets a TLS alert.
    Optional,
}

// === impl Authority ===

impl Authority {
    pub(crate) fn new() -> Result<Self, StartError> {
        let what = "the certificate authority";
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Emulated push vendors, root of this run");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        validity(&mut params);
        let key = KeyPair::generate().map_err(|cause| StartError::Certificate { what, cause })?;
        CertifiedIssuer::self_signed(params, key)
            .map(|issuer| Self { issuer })
            .map_err(|cause| StartError::Certificate { what, cause })
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a client certificate with a fresh key.
    pub(crate) fn issue(&self, what: &'static str, params: &CertificateParams) -> Result<Issued, StartError> {
        let fault = |cause| StartError::Certificate { what, cause };
        let key = KeyPair::generate().map_err(fault)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(fault)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// TLS for one vendor's listeners: a certificate for 127.0.0.1 and localhost, and the protocols it speaks.
    pub(crate) fn server_config(&self, alpn: &[&str], clients: ClientAuth) -> Result<Arc<ServerConfig>, StartError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (certificate, key) = self.server_certificate()?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(tls)?;
        let builder = match clients {
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional => builder.with_client_cert_verifier(self.verifier(provider)?),
        };
        let mut config = builder.with_single_cert(vec![certificate], key).map_err(tls)?;
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }

    fn server_certificate(
        &self,
    ) -> Result<(rustls_pki_types::CertificateDer<'static>, PrivateKeyDer<'static>), StartError> {
        let fault = |cause| StartError::Certificate { what: "a server certificate", cause };
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(fault)?;
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        validity(&mut params);
        let key = KeyPair::generate().map_err(fault)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(fault)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok((certificate.der().clone(), key))
    }

    fn revocations(&self) -> Result<CertificateRevocationListDer<'static>, StartError> {
        let now = OffsetDateTime::now_utc();
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(REVOKED_SERIAL),
            revocation_time: now,
            reason_code: Some(RevocationReason::CessationOfOperation),
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: now,
            next_update: now + VALIDITY,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let signed = params.signed_by(&self.issuer);
        let fault = |cause| StartError::Certificate { what: "a list of revoked certificates", cause };
        signed.map(CertificateRevocationListDer::from).map_err(fault)
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, StartError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).map_err(tls)?;
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .with_crls([self.revocations()?])
            .build()
            .map_err(tls)
    }
}

/// From an hour ago, so that a clock that is a little slow still takes it.
pub(crate) fn validity(params: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::hours(1);
    params.not_after = now + VALIDITY;
}

fn tls(error: impl std::fmt::Display) -> StartError {
    StartError::Tls { detail: error.to_string() }
}
