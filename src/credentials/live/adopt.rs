//! From a file's contents to the vendor that takes it.

use certs::convert::Parts;
use certs::{Contents, Expectation, KeyKind, Report};
use channel::Clock;
use model::{Adapter, CredentialFile};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{LiveFault, Origin};

/// A file that a vendor takes. What it holds is secret.
pub(super) struct Adopted {
    pub(super) adapter: &'static dyn Adapter,
    /// What the vendor's section would say.
    pub(super) fields: Map<String, Value>,
    /// Tells one credential from another, whatever its file is called or how it is wrapped: a digest of the public key.
    pub(super) identity: [u8; 32],
}

/// The vendor that takes such a file, and what its section would say.
pub(super) fn adopt(
    contents: &Contents,
    report: &Report,
    expected: &Expectation,
    origin: Origin,
    clock: &Clock,
) -> Result<Adopted, LiveFault> {
    let not_askable = |what: &str| LiveFault::NotAskable(what.to_owned());
    let claim = |file: &CredentialFile<'_>, public_key: Option<&Vec<u8>>| {
        let claims = adapters::ALL.iter().find_map(|adapter| Some((*adapter, adapter.fields_for(file)?)));
        let (adapter, fields) = claims.ok_or_else(|| not_askable("no vendor takes such files"))?;
        let identity = Sha256::digest(public_key.map(Vec::as_slice).unwrap_or_default()).into();
        Ok(Adopted { adapter, fields, identity })
    };
    if let Some(account) = &contents.service_account {
        let file = CredentialFile::ServiceAccount { json: &account.json, trusted: origin == Origin::Own };
        return claim(&file, account.key.as_ref().and_then(|key| key.public_key.as_ref()));
    }
    let now = clock.now().into();
    let parts = Parts::of(contents, expected.topic.as_deref(), now).map_err(|fault| not_askable(&fault.to_string()))?;
    let pem = parts.pem(None);
    let Some(key) = parts.key() else { return Err(not_askable("the file holds no private key")) };
    if pem.certificate.is_empty() {
        if key.kind != KeyKind::P256 {
            return Err(not_askable("the file holds a key without its certificate"));
        }
        let file = CredentialFile::SigningKey { key: &pem.key, file: expected.file.as_deref() };
        return claim(&file, key.public_key.as_ref());
    }
    let topics = report.certificate.as_ref().map(|certificate| certificate.topics.as_slice());
    let app_id = topics.and_then(|topics| topics.first()).map(|topic| topic.topic.as_str());
    let certificate = format!("{}{}", pem.certificate, pem.chain);
    let file = CredentialFile::Certificate { certificate: &certificate, key: &pem.key, app_id };
    claim(&file, key.public_key.as_ref())
}
