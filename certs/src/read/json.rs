//! JSON files: service accounts, and what else the consoles of Google and Huawei give for download.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::found::Found;
use super::password::Opener;
use super::{pem, structure, text};
use crate::ber::malformed;
use crate::{Foreign, PrivateKey, ServiceAccount, ServiceAccountKind, Unreadable};

const WHAT: &str = "JSON";

/// The fields of both vendors' service accounts.
#[derive(Deserialize)]
struct Fields {
    project_id: Option<String>,
    client_email: Option<String>,
    sub_account: Option<String>,
    private_key_id: Option<String>,
    key_id: Option<String>,
    token_uri: Option<String>,
    private_key: Option<Zeroizing<String>>,
}

/// What tells Google's files apart.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads a text that starts as an object.
pub(super) fn read(bytes: &[u8], opener: &mut Opener, found: &mut Found) -> Result<(), Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed(WHAT, "it is not UTF-8"))?;
    // First the names alone: what is no service account is not looked into, and no secret is copied.
    let names: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).map_err(|error| fault(&error))?;
    let has = |name: &str| names.contains_key(name);
    if has("private_key") || has("sub_account") || has("client_email") {
        return found.service_account(service_account(text, opener)?);
    }
    if has("project_info") && has("client") {
        return found.foreign(Foreign::GoogleServicesJson);
    }
    if has("agcgw") || has("agcgw_all") || (has("app_info") && has("client")) {
        return found.foreign(Foreign::AgConnectServicesJson);
    }
    if has("installed") || has("web") {
        return found.foreign(Foreign::OAuthClientJson);
    }
    match kind(text).as_deref() {
        Some("service_account") => found.service_account(service_account(text, opener)?),
        // What `gcloud auth application-default login` leaves behind.
        Some("authorized_user") => found.foreign(Foreign::OAuthClientJson),
        _ => Err(Unreadable::UnknownFormat),
    }
}

fn service_account(text: &str, opener: &mut Opener) -> Result<ServiceAccount, Unreadable> {
    let fields: Fields = serde_json::from_str(text).map_err(|error| fault(&error))?;
    let google = fields.client_email.is_some() || kind(text).as_deref() == Some("service_account");
    let huawei = fields.sub_account.is_some() || fields.key_id.is_some();
    let kind = match (google, huawei) {
        (true, _) => ServiceAccountKind::Google,
        (false, true) => ServiceAccountKind::Huawei,
        (false, false) => return Err(Unreadable::UnknownFormat),
    };
    let key = match fields.private_key.map(|field| key(&field, opener)) {
        // The account is told all the same: what is wrong is one field.
        None | Some(Err(Unreadable::Malformed { .. } | Unreadable::Truncated { .. } | Unreadable::UnknownFormat)) => {
            None
        }
        Some(key) => key?,
    };
    Ok(ServiceAccount {
        kind,
        json: Zeroizing::new(text.to_owned()),
        project_id: fields.project_id,
        account: fields.client_email.or(fields.sub_account),
        key_id: fields.private_key_id.or(fields.key_id),
        token_uri: fields.token_uri,
        key,
    })
}

/// The key in the field: PEM, or base64 without its lines. A line feed that was escaped twice, as copies through
/// environment variables are, is taken for a line feed: a backslash means nothing else in PEM.
fn key(field: &str, opener: &mut Opener) -> Result<Option<PrivateKey>, Unreadable> {
    let field = Zeroizing::new(field.replace("\\r", ""));
    let field = Zeroizing::new(field.replace("\\n", "\n"));
    let mut found = Found::default();
    if pem::is_pem(field.as_bytes()) {
        pem::read(&field, opener, &mut found)?;
    } else if let Some(der) = text::wrapped(field.trim().as_bytes()) {
        structure::block(&der, opener, &mut found)?;
    }
    Ok(found.keys.into_iter().next())
}

fn kind(text: &str) -> Option<String> {
    serde_json::from_str::<Kind>(text).ok().and_then(|kind| kind.kind)
}

/// serde's own words could quote a value; only the place is told.
fn fault(error: &serde_json::Error) -> Unreadable {
    if error.is_eof() {
        return Unreadable::Truncated { what: WHAT, missing_bytes: 1 };
    }
    let cause = if error.is_syntax() { "it is not JSON" } else { "a field is given twice or is no text" };
    malformed(WHAT, format!("{cause}, see line {}, column {}", error.line(), error.column()))
}
