//! The key file of a service account, as Google's console makes it.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::parse::Faults;
use model::{Path, Secret};
use serde_json::{Map, Value};

/// A key file. What is missing or wrong in it has been added to the faults.
pub(super) struct KeyFile {
    /// Its name with a blank, where it has one: the beginning of every fault.
    pub(super) origin: String,
    pub(super) identity: Option<Identity>,
    pub(super) project_id: Option<String>,
    pub(super) token_uri: Option<String>,
}

/// Who signs.
pub(super) struct Identity {
    pub(super) client_email: String,
    pub(super) key: EncodingKey,
    /// `private_key_id`
    pub(super) key_id: Option<String>,
}

/// A field that only the app's own `google-services.json` has.
const OF_THE_APP: &str = "project_info";

// === impl KeyFile ===

impl KeyFile {
    /// Reads a key file; `None` if it is another thing altogether.
    pub(super) fn read(text: &Secret, path: &Path, faults: &mut Faults) -> Option<Self> {
        let origin = text.file().map(|file| format!("{file} ")).unwrap_or_default();
        let mut fault = |detail: &str| faults.add(path, format!("{origin}{detail}"));
        let Ok(fields) = serde_json::from_str::<Map<String, Value>>(text.reveal()) else {
            fault("must be the text of a service account's JSON key file");
            return None;
        };
        if fields.contains_key(OF_THE_APP) {
            fault("is what the app is built with (google-services.json); a service account's key file is needed");
            return None;
        }
        let field = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        if field("type").as_deref() != Some("service_account") {
            fault("must have the type \"service_account\"");
        }
        let client_email = field("client_email");
        if client_email.is_none() {
            fault("has no client_email");
        }
        let pem = field("private_key").map(Secret::new);
        let key = pem.as_ref().and_then(read_key);
        match (&pem, &key) {
            (None, _) => fault("has no private_key"),
            (Some(_), None) => fault("must hold an RSA private key in PEM as private_key"),
            (Some(_), Some(_)) => {}
        }
        let identity = client_email.zip(key);
        let identity =
            identity.map(|(client_email, key)| Identity { client_email, key, key_id: field("private_key_id") });
        Some(Self { identity, project_id: field("project_id"), token_uri: field("token_uri"), origin })
    }
}

/// The key, which signs once so that a useless one is found out here. Copies that went through an environment variable
/// often hold `\n` in two characters.
fn read_key(pem: &Secret) -> Option<EncodingKey> {
    let pem = Secret::new(pem.reveal().replace("\\n", "\n"));
    let key = EncodingKey::from_rsa_pem(pem.reveal().as_bytes()).ok()?;
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &(), &key).ok()?;
    Some(key)
}
