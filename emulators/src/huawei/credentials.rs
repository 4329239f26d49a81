//! The emulated app's ids and secrets, made at every start, and the files that bear them.

use serde_json::json;
use uuid::Uuid;

use super::jwt::AUDIENCE;
use super::oauth::AccessTokens;
use crate::error::StartError;
use crate::folder::Folder;
use crate::rsa_keys::{Keys, LazyKeys};

/// App id and OAuth client id in one, as for every app made in the console.
pub(super) const CLIENT_ID: &str = "100000001";
pub(super) const SECRET_FILE: &str = "huawei.secret";
pub(super) const ACCOUNT_FILE: &str = "huawei-service-account.json";
pub(super) const WRONG_SECRET_FILE: &str = "huawei-WRONG.secret";
pub(super) const WRONG_ACCOUNT_FILE: &str = "huawei-service-account-WRONG.json";

static KEYS: LazyKeys = LazyKeys::new();

/// What the emulator knows of its one app.
pub(super) struct Credentials {
    pub(super) client_id: &'static str,
    pub(super) client_secret: String,
    pub(super) project_id: String,
    pub(super) key_id: String,
    pub(super) sub_account: String,
    pub(super) access_tokens: AccessTokens,
    keys: &'static Keys,
}

// === impl Credentials ===

impl Credentials {
    pub(super) fn make() -> Result<Self, StartError> {
        Ok(Self {
            client_id: CLIENT_ID,
            client_secret: secret(),
            project_id: format!("7364{}", digits(14)),
            key_id: Uuid::new_v4().simple().to_string(),
            sub_account: format!("1{}", digits(8)),
            access_tokens: AccessTokens::default(),
            keys: KEYS.get()?,
        })
    }

    /// The public half of the service account's key, PKCS#1.
    pub(super) fn public_key(&self) -> &[u8] {
        &self.keys.registered.public_der
    }

    /// The right set, and a wrong one that no section uses.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), StartError> {
        folder.write_secret(SECRET_FILE, &format!("{}\n", self.client_secret))?;
        folder.write_secret(WRONG_SECRET_FILE, &format!("{}\n", secret()))?;
        folder.write_secret(ACCOUNT_FILE, &self.account(&self.keys.registered.private_pem))?;
        folder.write_secret(WRONG_ACCOUNT_FILE, &self.account(&self.keys.wrong.private_pem))
    }

    /// The key file as the console gives it out.
    fn account(&self, private_key: &str) -> String {
        let account = json!({
            "project_id": self.project_id,
            "key_id": self.key_id,
            "private_key": private_key,
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
