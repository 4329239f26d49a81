//! The credentials that are made at every start, and the sections of `pushmux.toml` that use them.
//!
//! Besides the good ones there is a wrong set that no section uses: a key that is not registered, an expired client
//! certificate and one for the sandbox only.

use rcgen::KeyPair;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{BUNDLE_ID, certificate};
use crate::authority::{Authority, Issued};
use crate::error::StartError;
use crate::folder::Folder;

const CERTIFICATE: &str = "apns-cert";
const SANDBOX_CERTIFICATE: &str = "apns-sandbox";
const EXPIRED_CERTIFICATE: &str = "apns-expired";
const WRONG_KEY: &str = "AuthKey_WRONG.p8";
/// Apple's alphabet for key and team ids: 10 upper-case alphanumerics.
const ID_ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const ID_CHARS: usize = 10;

/// The team that the emulator knows, with its one signing key.
pub(super) struct Account {
    pub(super) key_id: String,
    pub(super) team_id: String,
    /// The uncompressed point.
    pub(super) public_key: Vec<u8>,
}

/// Makes and writes all of them.
pub(super) fn make(authority: &Authority, folder: &Folder) -> Result<Account, StartError> {
    let (key_id, team_id) = (random_id(), random_id());
    let key = signing_key()?;
    folder.write_secret(&format!("AuthKey_{key_id}.p8"), &key.serialize_pem())?;
    folder.write_secret(WRONG_KEY, &signing_key()?.serialize_pem())?;
    let universal = certificate::params("Apple Push Services: ", BUNDLE_ID, &team_id, true);
    write(folder, CERTIFICATE, &authority.issue("a client certificate", &universal)?)?;
    let sandbox = certificate::params("Apple Sandbox Push Services: ", BUNDLE_ID, &team_id, false);
    write(folder, SANDBOX_CERTIFICATE, &authority.issue("a sandbox client certificate", &sandbox)?)?;
    let mut expired = universal;
    expired.not_before = OffsetDateTime::now_utc() - Duration::days(397);
    expired.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    write(folder, EXPIRED_CERTIFICATE, &authority.issue("an expired client certificate", &expired)?)?;
    Ok(Account { key_id, team_id, public_key: key.public_key_raw().to_vec() })
}

/// What `pushmux.toml` says: app `demo` with the key, app `demo-cert` with the certificate. URLs come quoted.
pub(super) fn sections(account: &Account, production: &str, sandbox: &str) -> String {
    let Account { key_id, team_id, .. } = account;
    format!(
        r#"[apps.demo.apns]
auth = "token"
key = {{ file = "AuthKey_{key_id}.p8" }}
key_id = "{key_id}"
team_id = "{team_id}"
topic = "{BUNDLE_ID}"
endpoint = {production}
ca_file = "ca.pem"
token_format = "any"        # the emulators' well-known prefixes are not hex

[apps.demo.apns.sandbox]
endpoint = {sandbox}

[apps.demo-cert.apns]
auth = "certificate"
certificate = {{ file = "{CERTIFICATE}.pem" }}
key = {{ file = "{CERTIFICATE}.key" }}
topic = "{BUNDLE_ID}"
endpoint = {production}
ca_file = "ca.pem"
token_format = "any"

[apps.demo-cert.apns.sandbox]
endpoint = {sandbox}
"#
    )
}

fn write(folder: &Folder, name: &str, issued: &Issued) -> Result<(), StartError> {
    folder.write(&format!("{name}.pem"), &issued.certificate)?;
    folder.write_secret(&format!("{name}.key"), &issued.key)
}

/// P-256, PKCS#8, as Apple's `.p8` files are.
fn signing_key() -> Result<KeyPair, StartError> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)
        .map_err(|cause| StartError::Certificate { what: "a signing key", cause })
}

fn random_id() -> String {
    let random = Uuid::new_v4();
    let letter = |byte: &u8| char::from(ID_ALPHABET[usize::from(*byte) % ID_ALPHABET.len()]);
    random.as_bytes().iter().filter(|byte| **byte != 0).chain(&[0; ID_CHARS]).take(ID_CHARS).map(letter).collect()
}
