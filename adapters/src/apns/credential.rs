//! Credentials by file and by name: which settings use one, and what it is called.

use model::{CredentialFile, CredentialKind, CredentialNote};
use serde_json::{Map, Value, json};

use super::settings::{Auth, Settings, checked_topic};

/// The settings that use a file. Key and team id of a signing key are not in it; Apple names the file after the key id.
pub(super) fn fields_for(file: &CredentialFile<'_>) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    match *file {
        CredentialFile::Certificate { certificate, key, app_id } => {
            fields.insert("auth".to_owned(), "certificate".into());
            fields.insert("certificate".to_owned(), certificate.into());
            fields.insert("key".to_owned(), key.into());
            let topic = app_id.and_then(|app_id| checked_topic(app_id.to_owned()).ok());
            fields.extend(topic.map(|topic| ("topic".to_owned(), topic.into())));
        }
        CredentialFile::SigningKey { key, file } => {
            let key = file.map_or_else(|| key.into(), |file| json!({"file": file, "value": key}));
            fields.insert("auth".to_owned(), "token".into());
            fields.insert("key".to_owned(), key);
        }
        CredentialFile::ServiceAccount { .. } => return None,
    }
    Some(fields)
}

/// The channel's one credential.
pub(super) fn note(settings: &Settings) -> CredentialNote {
    match &settings.auth {
        Auth::Token(signer) => {
            CredentialNote { field: "key", kind: CredentialKind::SigningKey, id: Some(signer.name()) }
        }
        Auth::Certificate(identity) => CredentialNote {
            field: "certificate",
            kind: CredentialKind::ClientCertificate,
            id: Some(identity.app_id.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Adapter, Environment, Section};

    use super::super::ADAPTER;

    const KEY: &str = include_str!("../../../fixtures/apns/AuthKey_TEST123456.p8");

    #[test]
    fn a_key_file_brings_its_id_along() {
        let file = CredentialFile::SigningKey { key: KEY, file: Some("keys/AuthKey_TEST123456.p8") };
        let mut fields = ADAPTER.fields_for(&file).unwrap();
        fields.insert("team_id".to_owned(), "TEAM123456".into());
        fields.insert("topic".to_owned(), "com.example.app".into());
        let channel = ADAPTER.settings(&Section { environment: Environment::Production, fields }).unwrap();
        let [note] = channel.credentials().try_into().unwrap();
        assert_eq!((note.field, note.kind), ("key", CredentialKind::SigningKey));
        assert_eq!(note.id.as_deref(), Some("TEST123456 of team TEAM123456"));
        assert!(channel.client_identity().is_none());
    }

    #[test]
    fn a_key_without_a_file_leaves_its_id_to_be_told() {
        let fields = ADAPTER.fields_for(&CredentialFile::SigningKey { key: KEY, file: None }).unwrap();
        assert_eq!(Value::from(fields), json!({"auth": "token", "key": KEY}));
    }

    #[test]
    fn a_certificate_brings_its_topic_along_where_it_is_a_plain_one() {
        let fields = |app_id| {
            let (certificate, key) = ("-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----");
            ADAPTER.fields_for(&CredentialFile::Certificate { certificate, key, app_id }).unwrap()
        };
        let section = Section { environment: Environment::Sandbox, fields: fields(Some("com.example.app")) };
        let channel = ADAPTER.settings(&section).unwrap();
        assert_eq!(channel.client_identity().unwrap().app_id, "com.example.app");
        let [note] = channel.credentials().try_into().unwrap();
        assert_eq!((note.field, note.id.as_deref()), ("certificate", Some("com.example.app")));
        for other in [None, Some("com.example.app.voip"), Some("two words")] {
            assert!(!fields(other).contains_key("topic"), "{other:?}");
        }
    }

    #[test]
    fn service_accounts_are_not_apples() {
        assert!(ADAPTER.fields_for(&CredentialFile::ServiceAccount { json: "{}", trusted: true }).is_none());
    }
}
