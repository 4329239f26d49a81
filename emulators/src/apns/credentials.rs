//! The credentials that are made at every start, and the sections of `pushmux.toml` that use them.
//!
//! Besides the good ones there is a wrong set that no section uses: a key that was never registered, one that was revoked,
//! one for the sandbox only and one for another app; client certificates that are expired, revoked, or for the sandbox only.

use rcgen::{KeyPair, SerialNumber};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::keys::{Key, Scope};
use super::{BUNDLE_ID, PRODUCTION, SANDBOX, certificate};
use crate::authority::{Authority, Issued, REVOKED_SERIAL};
use crate::error::StartError;
use crate::folder::Folder;

const CERTIFICATE: &str = "apns-cert";
const SANDBOX_CERTIFICATE: &str = "apns-sandbox";
const EXPIRED_CERTIFICATE: &str = "apns-expired";
const REVOKED_CERTIFICATE: &str = "apns-revoked";
const WRONG_KEY: &str = "AuthKey_WRONG.p8";
/// Another app of the team, to which the topic-specific key is bound.
const OTHER_BUNDLE_ID: &str = "com.example.other";
/// Apple's alphabet for key and team ids: 10 upper-case alphanumerics.
const ID_ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const ID_CHARS: usize = 10;

/// Every registered key: how the manifest calls it, and what it is for.
const KEYS: [(&str, Scope); 4] = [
    ("key", Scope::of_team(BUNDLE_ID)),
    ("sandbox_key", Scope { environment: Some(SANDBOX), ..Scope::of_team(BUNDLE_ID) }),
    ("revoked_key", Scope { revoked: true, ..Scope::of_team(BUNDLE_ID) }),
    ("topic_key", Scope { environment: Some(PRODUCTION), ..Scope::of_team(OTHER_BUNDLE_ID) }),
];

/// The team that the emulator knows, with its signing keys in the order of [`KEYS`].
pub(super) struct Account {
    pub(super) team_id: String,
    pub(super) keys: Vec<Key>,
}

/// Makes and writes all of them.
pub(super) fn make(authority: &Authority, folder: &Folder) -> Result<Account, StartError> {
    let team_id = random_id();
    let keys = KEYS.iter().map(|(_, scope)| key(*scope, folder)).collect::<Result<Vec<_>, _>>()?;
    folder.write_secret(WRONG_KEY, &signing_key()?.serialize_pem())?;
    certificates(authority, folder, &team_id)?;
    Ok(Account { team_id, keys })
}

fn key(scope: Scope, folder: &Folder) -> Result<Key, StartError> {
    let (id, pair) = (random_id(), signing_key()?);
    folder.write_secret(&file_of(&id), &pair.serialize_pem())?;
    Ok(Key { id, public_key: pair.public_key_raw().to_vec(), scope })
}

fn certificates(authority: &Authority, folder: &Folder, team_id: &str) -> Result<(), StartError> {
    let universal = certificate::params("Apple Push Services: ", BUNDLE_ID, team_id, true);
    let sandbox = certificate::params("Apple Sandbox Push Services: ", BUNDLE_ID, team_id, false);
    let mut expired = universal.clone();
    expired.not_before = OffsetDateTime::now_utc() - Duration::days(397);
    expired.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    let mut revoked = universal.clone();
    revoked.serial_number = Some(SerialNumber::from(REVOKED_SERIAL));
    for (name, what, params) in [
        (CERTIFICATE, "a client certificate", universal),
        (SANDBOX_CERTIFICATE, "a sandbox client certificate", sandbox),
        (EXPIRED_CERTIFICATE, "an expired client certificate", expired),
        (REVOKED_CERTIFICATE, "a revoked client certificate", revoked),
    ] {
        let Issued { certificate, key } = authority.issue(what, &params)?;
        folder.write(&format!("{name}.pem"), &certificate)?;
        folder.write_secret(&format!("{name}.key"), &key)?;
    }
    Ok(())
}

/// What `pushmux.toml` says: app `demo` with the key, app `demo-cert` with the certificate. URLs come quoted.
pub(super) fn sections(account: &Account, production: &str, sandbox: &str) -> String {
    let team_id = &account.team_id;
    let key_id = account.keys.first().map_or("", |key| &key.id);
    let key_file = file_of(key_id);
    format!(
        r#"[apps.demo.apns]
auth = "token"
key = {{ file = "{key_file}" }}
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

/// Every file, by what it is good for. The private key of a certificate lies beside it, as `.key`.
pub(super) fn manifest(account: &Account) -> Value {
    let mut manifest = json!({
        "team_id": account.team_id,
        "topic": BUNDLE_ID,
        "wrong_key": WRONG_KEY,
        "certificate": format!("{CERTIFICATE}.pem"),
        "sandbox_certificate": format!("{SANDBOX_CERTIFICATE}.pem"),
        "expired_certificate": format!("{EXPIRED_CERTIFICATE}.pem"),
        "revoked_certificate": format!("{REVOKED_CERTIFICATE}.pem"),
    });
    for ((name, _), key) in KEYS.iter().zip(&account.keys) {
        manifest[*name] = file_of(&key.id).into();
    }
    manifest
}

/// As Apple names it.
fn file_of(key_id: &str) -> String {
    format!("AuthKey_{key_id}.p8")
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
