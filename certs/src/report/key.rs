//! The report on a private key, with or without its certificate.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Expectation, Finding, Kind, Report, finding};
use crate::contents::{Contents, KeyKind, PrivateKey};

/// A private key, described.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyReport {
    /// `RSA 2048`, `P-256`, ...
    pub key_type: String,
    /// Whether it was encrypted in the file.
    pub encrypted: bool,
    /// Whether it is the certificate's, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches_certificate: Option<bool>,
    /// Apple's key id: the one given, else the one in the file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Apple's team id, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
}

/// A key without a certificate: Apple's `.p8`, or half of a pair.
pub(super) fn report(key: &PrivateKey, contents: &Contents, expected: &Expectation) -> Report {
    let may_be_apples = key.kind == KeyKind::P256;
    let (kind, title) = match may_be_apples {
        true => (Kind::ApnsKey, "P-256 private key, as Apple's .p8 files hold".to_owned()),
        false => (Kind::PrivateKey, format!("{} private key without a certificate", key.kind)),
    };
    let mut report = Report::new(kind, title);
    let key_id = expected.key_id.clone().or_else(|| key_id_of(expected));
    report.key = Some(KeyReport { key_id, team_id: expected.team_id.clone(), ..KeyReport::of(key, None) });
    report.findings = match may_be_apples {
        true => ids(expected),
        false => vec![finding::NO_CERTIFICATE.found("the file holds a private key and no certificate")],
    };
    if contents.keys.len() > 1 {
        report.findings.push(finding::EXTRA_ENTRIES.found(format!("it holds {} keys", contents.keys.len())));
    }
    report
}

fn ids(expected: &Expectation) -> Vec<Finding> {
    let named = key_id_of(expected);
    let mut findings = Vec::new();
    if expected.team_id.is_none() || (expected.key_id.is_none() && named.is_none()) {
        let detail = "nothing in it tells the key id, the team id, the environment or the service it was made for";
        findings.push(finding::IDS_NEEDED.found(detail));
    }
    for (name, id) in [("key id", &expected.key_id), ("team id", &expected.team_id)] {
        if id.as_ref().is_some_and(|id| !is_apple_id(id)) {
            findings.push(finding::MALFORMED_ID.found(format!("the {name} given is not of Apple's form")));
        }
    }
    if let (Some(given), Some(named)) = (&expected.key_id, &named)
        && given != named
    {
        let detail = format!("the key id given is not the one in the file's name, {named}");
        findings.push(finding::KEY_ID_MISMATCH.found(detail));
    }
    findings
}

/// `AuthKey_ABC123DEFG.p8` -> `ABC123DEFG`
fn key_id_of(expected: &Expectation) -> Option<String> {
    let file = expected.file.as_deref()?.rsplit(['/', '\\']).next()?;
    let id = file.strip_prefix("AuthKey_")?.get(..10)?;
    is_apple_id(id).then(|| id.to_owned())
}

/// 10 upper-case letters and digits.
fn is_apple_id(id: &str) -> bool {
    id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

// === impl KeyReport ===

impl KeyReport {
    pub(super) fn of(key: &PrivateKey, matches_certificate: Option<bool>) -> Self {
        let key_type = key.kind.to_string();
        Self { key_type, encrypted: key.was_encrypted, matches_certificate, key_id: None, team_id: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apples_file_name_bears_the_key_id() {
        let of = |file: &str| key_id_of(&Expectation { file: Some(file.to_owned()), ..Expectation::default() });
        assert_eq!(of("AuthKey_ABC123DEFG.p8").as_deref(), Some("ABC123DEFG"));
        // What a browser makes of a second download.
        assert_eq!(of("C:\\keys\\AuthKey_ABC123DEFG (1).p8").as_deref(), Some("ABC123DEFG"));
        assert_eq!(of("AuthKey_wrong.p8"), None);
        assert_eq!(of("key.p8"), None);
    }
}
