//! The emulated app's ids and secrets, made at every start, and the files that bear them.
//!
//! The RSA keys alone are fixed, because nothing in this workspace makes one quickly. They were made for this purpose
//! and open nothing: key id and account are new at every start, so no JWT of an earlier run passes.

use ring::signature::{KeyPair as _, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use uuid::Uuid;

use super::jwt::AUDIENCE;
use super::oauth::AccessTokens;
use crate::error::StartError;
use crate::folder::Folder;

/// App id and OAuth client id in one, as for every app made in the console.
pub(super) const CLIENT_ID: &str = "100000001";
pub(super) const SECRET_FILE: &str = "huawei.secret";
pub(super) const ACCOUNT_FILE: &str = "huawei-service-account.json";
const WRONG_SECRET_FILE: &str = "huawei-WRONG.secret";
const WRONG_ACCOUNT_FILE: &str = "huawei-service-account-WRONG.json";
const KEY: &str = include_str!("test-key.pem");
const WRONG_KEY: &str = include_str!("test-key-wrong.pem");

/// What the emulator knows of its one app.
pub(super) struct Credentials {
    pub(super) client_id: &'static str,
    pub(super) client_secret: String,
    pub(super) project_id: String,
    pub(super) key_id: String,
    pub(super) sub_account: String,
    /// PKCS#1, as `ring` takes it.
    pub(super) public_key: Vec<u8>,
    pub(super) access_tokens: AccessTokens,
}

// === impl Credentials ===

impl Credentials {
    pub(super) fn make() -> Self {
        Self {
            client_id: CLIENT_ID,
            client_secret: secret(),
            project_id: format!("7364{}", digits(14)),
            key_id: Uuid::new_v4().simple().to_string(),
            sub_account: format!("1{}", digits(8)),
            public_key: public_key(KEY),
            access_tokens: AccessTokens::default(),
        }
    }

    /// The right set, and a wrong one that no section uses.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), StartError> {
        folder.write_secret(SECRET_FILE, &format!("{}\n", self.client_secret))?;
        folder.write_secret(WRONG_SECRET_FILE, &format!("{}\n", secret()))?;
        folder.write_secret(ACCOUNT_FILE, &self.account(KEY))?;
        folder.write_secret(WRONG_ACCOUNT_FILE, &self.account(WRONG_KEY))
    }

    /// The key file as the console gives it out.
    fn account(&self, key: &str) -> String {
        let begin = key.find("-----BEGIN").unwrap_or_default();
        let account = json!({
            "project_id": self.project_id,
            "key_id": self.key_id,
            "private_key": &key[begin..],
            "sub_account": self.sub_account,
            "auth_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize",
            "token_uri": AUDIENCE,
            "auth_provider_cert_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/certs",
            "client_cert_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/x509",
        });
        format!("{account:#}\n")
    }
}

/// Plus, slash and equals sign, so that percent-encoding is not forgotten.
fn secret() -> String {
    format!("{}+/{}==", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

fn digits(count: usize) -> String {
    let mut digits = format!("{:039}", Uuid::new_v4().as_u128());
    digits.split_off(39 - count)
}

/// PKCS#1 of the key's public half.
fn public_key(pem: &str) -> Vec<u8> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).expect("the embedded key is PEM");
    let pair = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("the embedded key is RSA 2048");
    pair.public_key().as_ref().to_vec()
}
