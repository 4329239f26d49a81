//! Whose a service account's key file is, for FCM and Huawei: both are JSON, and each vendor may claim its own alone.

use serde_json::{Map, Value};

/// Who issues service accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issuer {
    Google,
    Huawei,
}

/// Whose a key file is, told by the fields that only its issuer writes; `None` if it is neither's.
pub(crate) fn issuer(json: &str) -> Option<Issuer> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let says = |name: &str| fields.get(name).and_then(Value::as_str);
    match says("type") {
        Some("service_account") => Some(Issuer::Google),
        None if says("key_id").is_some() && says("sub_account").is_some() => Some(Issuer::Huawei),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_its_issuers_alone() {
        let google = include_str!("../../../fixtures/fcm/service-account.json");
        let huawei = include_str!("../../../fixtures/huawei/service_account.json");
        assert_eq!([issuer(google), issuer(huawei)], [Some(Issuer::Google), Some(Issuer::Huawei)]);
        let others = [
            include_str!("../../../fixtures/fcm/authorized-user.json"),
            include_str!("../../../fixtures/fcm/google-services.json"),
            r#"{"type": "authorized_user", "key_id": "k", "sub_account": "s"}"#,
            r#"{"key_id": "k"}"#,
            "[]",
            "no JSON",
        ];
        for other in others {
            assert_eq!(issuer(other), None, "{other}");
        }
    }
}
