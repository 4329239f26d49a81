//! The report on a service account's key file.

use serde::Serialize;
use utoipa::ToSchema;

use super::key::KeyReport;
use super::{Finding, Kind, Report, finding, strength};
use crate::contents::{KeyKind, ServiceAccount, ServiceAccountKind};
use crate::plain::plain;

/// A service account, described.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceAccountReport {
    /// The project it sends for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// Its name at the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The id of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Where its signatures are exchanged for access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_uri: Option<String>,
}

pub(super) fn report(account: &ServiceAccount) -> Report {
    let (kind, title) = match account.kind {
        ServiceAccountKind::Google => (Kind::FcmServiceAccount, "Google service account, for FCM"),
        ServiceAccountKind::Huawei => (Kind::HuaweiServiceAccount, "Huawei service account, for Push Kit"),
    };
    let mut report = Report::new(kind, title);
    let shown = |text: &Option<String>| text.as_deref().map(plain);
    report.service_account = Some(ServiceAccountReport {
        project_id: shown(&account.project_id),
        account: shown(&account.account),
        key_id: shown(&account.key_id),
        token_uri: shown(&account.token_uri),
    });
    report.key = account.key.as_ref().map(|key| KeyReport::of(key, None));
    report.findings = findings(account);
    report
}

fn findings(account: &ServiceAccount) -> Vec<Finding> {
    let (name_field, needs_name) = match account.kind {
        ServiceAccountKind::Google => ("client_email", true),
        ServiceAccountKind::Huawei => ("sub_account", true),
    };
    let needs_key_id = account.kind == ServiceAccountKind::Huawei;
    let is_blank = |field: &Option<String>| field.as_deref().is_none_or(|text| text.trim().is_empty());
    let missing = [
        ("project_id", is_blank(&account.project_id)),
        (name_field, needs_name && is_blank(&account.account)),
        ("key_id", needs_key_id && is_blank(&account.key_id)),
        ("private_key", account.key.is_none()),
    ];
    let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
    let mut findings: Vec<Finding> = missing
        .map(|(field, _)| finding::INCOMPLETE_SERVICE_ACCOUNT.found(format!("{field} is missing or cannot be read")))
        .collect();
    if account.kind == ServiceAccountKind::Google && account.token_uri.as_deref().is_some_and(|uri| !is_https(uri)) {
        findings.push(finding::INCOMPLETE_SERVICE_ACCOUNT.found("token_uri is no https address"));
    }
    match account.key.as_ref().map(|key| &key.kind) {
        Some(rsa @ KeyKind::Rsa { .. }) => findings.extend(strength::weakness(rsa, None)),
        None => {}
        Some(other) => findings.push(finding::UNSUPPORTED_KEY.found(format!("its key is {other}; it must be RSA"))),
    }
    findings
}

fn is_https(uri: &str) -> bool {
    let scheme = uri.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    scheme && uri.len() > 8 && uri.bytes().all(|byte| byte.is_ascii_graphic())
}
