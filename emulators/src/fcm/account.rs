//! The service account that is made at every start, and the files that clients read it from.
//!
//! Beside the good file there is a wrong one that no section uses: the same account with a key that it never had, which
//! the token endpoint answers with `Invalid JWT Signature.`

use serde_json::json;
use uuid::Uuid;

use crate::error::StartError;
use crate::folder::Folder;
use crate::rsa_keys::{Keys, LazyKeys};

pub(super) const FILE: &str = "fcm-service-account.json";
pub(super) const WRONG_FILE: &str = "fcm-service-account-WRONG.json";

static KEYS: LazyKeys = LazyKeys::new();

/// The account that the emulator knows, in its one project.
pub(super) struct Account {
    pub(super) project_id: String,
    pub(super) project_number: String,
    pub(super) client_email: String,
    pub(super) key_id: String,
    client_id: String,
    keys: &'static Keys,
}

// === impl Account ===

impl Account {
    pub(super) fn new() -> Result<Self, StartError> {
        let keys = KEYS.get()?;
        let project_id = format!("demo-{}", &hex()[..6]);
        let client_email = format!("firebase-adminsdk-{}@{project_id}.iam.gserviceaccount.com", &hex()[..5]);
        Ok(Self {
            project_id,
            project_number: digits(12),
            client_email,
            key_id: format!("{}{}", hex(), &hex()[..8]),
            client_id: digits(21),
            keys,
        })
    }

    /// The public half, PKCS#1.
    pub(super) fn public_key(&self) -> &'static [u8] {
        &self.keys.registered.public_der
    }

    /// Whether a path names this project: by its id or its number.
    pub(super) fn owns(&self, project: &str) -> bool {
        project == self.project_id || project == self.project_number
    }

    pub(super) fn write(&self, folder: &Folder, token_uri: &str) -> Result<(), StartError> {
        folder.write_secret(FILE, &self.file(&self.keys.registered.private_pem, token_uri))?;
        folder.write_secret(WRONG_FILE, &self.file(&self.keys.wrong.private_pem, token_uri))
    }

    /// As the console hands it out.
    fn file(&self, private_key: &str, token_uri: &str) -> String {
        let certificates = "https://www.googleapis.com";
        let email = self.client_email.replace('@', "%40");
        let file = json!({
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": self.key_id,
            "private_key": private_key,
            "client_email": self.client_email,
            "client_id": self.client_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "auth_provider_x509_cert_url": format!("{certificates}/oauth2/v1/certs"),
            "client_x509_cert_url": format!("{certificates}/robot/v1/metadata/x509/{email}"),
            "universe_domain": "googleapis.com",
        });
        format!("{file:#}\n")
    }
}

fn hex() -> String {
    Uuid::new_v4().simple().to_string()
}

/// So many random digits, the first of them not 0.
fn digits(count: u32) -> String {
    let least = 10_u128.pow(count - 1);
    (least + Uuid::new_v4().as_u128() % (9 * least)).to_string()
}
