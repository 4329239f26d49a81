//! Credentials by file and by name: which settings use one, and what they are called.

use model::{CredentialFile, CredentialKind, CredentialNote};
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::settings::Settings;
use crate::common::key_file::{self, Issuer};

/// The settings that use a file. A service account names its project and needs no more for v3, while v1 wants a client id.
pub(super) fn fields_for(file: &CredentialFile<'_>) -> Option<Map<String, Value>> {
    match *file {
        CredentialFile::ServiceAccount { json, .. } if key_file::issuer(json) == Some(Issuer::Huawei) => {
            let fields = [("service_account", json), ("dialect", Dialect::V3.as_str())];
            Some(fields.into_iter().map(|(field, value)| (field.to_owned(), value.into())).collect())
        }
        _ => None,
    }
}

/// The channel's credentials: the client's secret, the service account, or both in that order.
pub(super) fn notes(settings: &Settings) -> Vec<CredentialNote> {
    let secret = settings.oauth.as_ref().map(|oauth| CredentialNote {
        field: "client_secret",
        kind: CredentialKind::Secret,
        id: Some(oauth.client_id.clone()),
    });
    let account = settings.signer.as_ref().map(|signer| CredentialNote {
        field: "service_account",
        kind: CredentialKind::ServiceAccount,
        id: Some(signer.name()),
    });
    secret.into_iter().chain(account).collect()
}
