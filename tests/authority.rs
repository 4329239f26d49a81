//! Certificates for services over TLS and for their callers.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::support::Rig;

/// An authority, and what it has signed.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::default();
        // OpenSSL takes a certificate with its issuer's name for one that signed itself.
        parameters.distinguished_name.push(DnType::CommonName, "pushmux test authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for this machine, and for the host of the documentation's examples.
    pub(crate) fn sign(&self) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names = ["localhost", "127.0.0.1", "push.example.com"].map(str::to_owned);
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A service over TLS, with these lines in `[server]` and below.
pub(crate) async fn secure(identity: &Identity, clients: Option<&Authority>, more: &str) -> Rig {
    Rig::start_in(|config, folder| {
        let config = config.replace("[server]", &format!("[server]\n{more}"));
        with_tls(&config, folder, identity, clients)
    })
    .await
}

/// A configuration that ends with the table of TLS; its files lie in that folder.
pub(crate) fn with_tls(config: &str, folder: &Path, identity: &Identity, clients: Option<&Authority>) -> String {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("server.pem", &identity.certificate);
    write("server.key", &identity.key);
    let mut config = format!(
        "{config}\n[server.tls]\ncertificate = {{ file = \"server.pem\" }}\nkey = {{ file = \"server.key\" }}\n"
    );
    if let Some(clients) = clients {
        write("clients.pem", &clients.pem());
        config.push_str("client_ca_file = \"clients.pem\"\n");
    }
    config
}
