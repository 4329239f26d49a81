//! The service account's key file, as the API console hands it out.

use serde::Deserialize;

use super::jwt::Signer;

/// What the channel needs of it.
#[derive(Debug)]
pub(super) struct ServiceAccount {
    /// The project that its tokens may speak for.
    pub(super) project_id: String,
    pub(super) signer: Signer,
}

/// The file; it holds more, which does not matter here.
#[derive(Deserialize)]
struct Raw {
    project_id: Option<String>,
    key_id: Option<String>,
    private_key: Option<String>,
    sub_account: Option<String>,
}

const NO_KEY_FILE: &str = "must be the text of the service account's JSON key file";

// === impl ServiceAccount ===

impl ServiceAccount {
    /// Reads the file's text. All faults, each with the field at fault, if it is one of the file's.
    pub(super) fn read(text: &str) -> Result<Self, Vec<(Option<&'static str>, &'static str)>> {
        // serde's words may quote the file, which is a secret.
        let raw: Raw = serde_json::from_str(text).map_err(|_| vec![(None, NO_KEY_FILE)])?;
        let mut faults = Vec::new();
        let mut take = |field: &'static str, value: Result<String, &'static str>| {
            value.map_err(|fault| faults.push((Some(field), fault))).ok()
        };
        let project_id = take("project_id", required(raw.project_id).and_then(project_id));
        let key_id = take("key_id", required(raw.key_id));
        let sub_account = take("sub_account", required(raw.sub_account));
        let pem = take("private_key", required(raw.private_key));
        // A file that came through an environment variable may have its line feeds as two characters.
        let key = pem.map(|pem| Signer::read_key(&pem.replace("\\n", "\n")));
        let key = key.and_then(|key| key.map_err(|fault| faults.push((Some("private_key"), fault))).ok());
        match (project_id, key_id, sub_account, key) {
            (Some(project_id), Some(key_id), Some(sub_account), Some(key)) => {
                Ok(Self { project_id, signer: Signer::new(key, key_id, sub_account) })
            }
            _ => Err(faults),
        }
    }
}

/// The console's id of a project: one segment of a path.
pub(super) fn project_id(id: String) -> Result<String, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(plain);
    fits.then_some(id).ok_or("must be the project's id, as the console shows it: up to 64 letters and digits")
}

fn required(value: Option<String>) -> Result<String, &'static str> {
    value.filter(|value| !value.trim().is_empty()).ok_or("is missing from the key file")
}
