//! Asking Apple about the credential: a push to a made-up device token.
//!
//! Apple judges the credential before the device token, or so every checker of credentials relies upon; its order of
//! checks is documented nowhere. It counts such pushes as errors, so one at a time, and not often.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use model::{Composed, CredentialState, Outcome, Probe, ProbeFinding, Verdict};

use super::VENDOR;
use super::compose::{APNS_EXPIRATION, APNS_PRIORITY, APNS_PUSH_TYPE, APNS_TOPIC};
use super::settings::Settings;
use crate::common::made_up;

const PAYLOAD: &[u8] = br#"{"aps":{"alert":"check"}}"#;

const ORDER: &str = "Apple took the credential; that it may send to this topic is likely but not proved, as Apple does \
                     not document the order of its checks";
const TAKEN: &str = "Apple took the credential";
const TOPIC: &str = "Apple took the credential, but not for this topic: check topic, and which topics the key or \
                     certificate is for";
const NOT_SENT: &str = "the credential did not go with the request: check auth";
const KEY: &str = "key id, team id or key wrong (swapped ids are the usual cause), or the key was revoked";
const CLOCK: &str = "the access token's time is more than an hour off Apple's: check this machine's clock";
const ENVIRONMENT: &str = "it is valid for the other environment only: use it there, or get one for this environment";
const CERTIFICATE: &str = "the certificate is revoked, or not one for APNs; check it in Apple's developer account";
const RENEWALS: &str = "Apple saw too many new access tokens: try again in 20 minutes";

/// What Apple's reasons say of the credential. The rest say nothing.
const REASONS: &[(&str, CredentialState, &str)] = &[
    ("BadDeviceToken", CredentialState::Works, ORDER),
    ("DeviceTokenNotForTopic", CredentialState::Works, TAKEN),
    ("Unregistered", CredentialState::Works, TAKEN),
    ("ExpiredToken", CredentialState::Works, TAKEN),
    ("TopicDisallowed", CredentialState::AppNotAllowed, TOPIC),
    ("BadTopic", CredentialState::AppNotAllowed, TOPIC),
    ("MissingTopic", CredentialState::AppNotAllowed, TOPIC),
    ("InvalidProviderToken", CredentialState::Refused, KEY),
    ("MissingProviderToken", CredentialState::Refused, NOT_SENT),
    ("BadCertificate", CredentialState::Refused, CERTIFICATE),
    (
        "Forbidden",
        CredentialState::Refused,
        "Apple refuses it: look at the key or certificate in the developer account",
    ),
    ("ExpiredProviderToken", CredentialState::Expired, CLOCK),
    ("BadEnvironmentKeyInToken", CredentialState::WrongEnvironment, ENVIRONMENT),
    ("BadEnvironmentKeyIdInToken", CredentialState::WrongEnvironment, ENVIRONMENT),
    ("BadCertificateEnvironment", CredentialState::WrongEnvironment, ENVIRONMENT),
    ("TooManyProviderTokenUpdates", CredentialState::Inconclusive, RENEWALS),
];

/// A push that Apple would neither store nor find a device for.
pub(super) fn probe(settings: &Settings, nonce: u128) -> Probe {
    let topic = HeaderValue::from_str(&settings.topic).expect("checked to be printable ASCII");
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (APNS_TOPIC, topic),
        (APNS_PUSH_TYPE, HeaderValue::from_static("alert")),
        (APNS_PRIORITY, HeaderValue::from_static("10")),
        (APNS_EXPIRATION, HeaderValue::from_static("0")),
    ]);
    let payload = Bytes::from_static(PAYLOAD);
    let composed = Composed { payload, headers, nonce, credential: 0, adjustments: [].into() };
    let target = made_up::target(VENDOR, settings.environment, &made_up::hex(nonce), None);
    Probe::Push { composed: Box::new(composed), target }
}

pub(super) fn finding(verdict: &Verdict) -> ProbeFinding {
    let code = verdict.code.as_ref().map_or("", |code| code.as_str());
    if let Some((_, state, advice)) = REASONS.iter().find(|(reason, ..)| *reason == code) {
        return ProbeFinding::new(*state, *advice);
    }
    match &verdict.outcome {
        Outcome::Accepted { .. } => ProbeFinding::new(CredentialState::Works, TAKEN),
        Outcome::Unknown { status: Some(status) } if verdict.detail.is_none() => {
            let advice = format!("Apple answered {status} with {code}, which we do not know");
            ProbeFinding::new(CredentialState::Inconclusive, advice)
        }
        _ => ProbeFinding::of(verdict),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{BoundAdapter, Call, Environment, Scope, Step, Verdicts};
    use serde_json::json;

    use super::super::ADAPTER;
    use crate::fixtures::{asking, now};

    fn channel(more: &serde_json::Value) -> std::sync::Arc<dyn BoundAdapter> {
        let settings = json!({
            "auth": "token", "topic": "com.example.app", "key_id": "TEST123456", "team_id": "TEAM123456",
            "key": include_str!("../../../fixtures/apns/AuthKey_TEST123456.p8"),
        });
        asking::channel(&ADAPTER, Environment::Sandbox, settings, more)
    }

    fn asked(answered: &model::Answer) -> ProbeFinding {
        let channel = channel(&json!({}));
        let Probe::Push { composed, target } = channel.probe(0, 7, now()) else { panic!("a push") };
        let call = Call { composed: &composed, targets: &[target], access_token: None, now: now() };
        match channel.classify(&call, answered) {
            Step::Done { verdicts: Verdicts::All(verdict), .. } => channel.probed(&verdict),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_probe_is_a_push_to_nobody() {
        for format in ["hex", "any"] {
            let channel = channel(&json!({"token_format": format}));
            let Probe::Push { composed, target } = channel.probe(0, 0xfeed, now()) else { panic!("a push") };
            assert!(channel.check_target(&target).is_ok());
            assert_eq!(target.environment, Environment::Sandbox);
            let call = Call { composed: &composed, targets: &[target], access_token: None, now: now() };
            let request = channel.address(&call);
            let token = "0000000000000000000000000000feedffffffffffffffffffffffffffff0112";
            assert_eq!(request.uri().path(), format!("/3/device/{token}"));
            assert_eq!(request.body(), &Bytes::from_static(PAYLOAD));
            let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
            assert_eq!([header("apns-topic"), header("apns-push-type")], ["com.example.app", "alert"]);
            assert_eq!(header("apns-expiration"), "0");
        }
    }

    #[test]
    fn every_reason_has_its_finding() {
        let table = [
            (400, "BadDeviceToken", CredentialState::Works),
            (400, "DeviceTokenNotForTopic", CredentialState::Works),
            (410, "Unregistered", CredentialState::Works),
            (410, "ExpiredToken", CredentialState::Works),
            (400, "TopicDisallowed", CredentialState::AppNotAllowed),
            (400, "BadTopic", CredentialState::AppNotAllowed),
            (400, "MissingTopic", CredentialState::AppNotAllowed),
            (403, "InvalidProviderToken", CredentialState::Refused),
            (403, "MissingProviderToken", CredentialState::Refused),
            (403, "BadCertificate", CredentialState::Refused),
            (403, "Forbidden", CredentialState::Refused),
            (403, "ExpiredProviderToken", CredentialState::Expired),
            (403, "BadEnvironmentKeyInToken", CredentialState::WrongEnvironment),
            (403, "BadEnvironmentKeyIdInToken", CredentialState::WrongEnvironment),
            (403, "BadCertificateEnvironment", CredentialState::WrongEnvironment),
            (403, "UnrelatedKeyIdInToken", CredentialState::Inconclusive),
            (403, "SomethingNew", CredentialState::Inconclusive),
            (400, "BadPriority", CredentialState::Inconclusive),
            (429, "TooManyRequests", CredentialState::Inconclusive),
            (429, "TooManyProviderTokenUpdates", CredentialState::Inconclusive),
            (500, "InternalServerError", CredentialState::Inconclusive),
            (503, "ServiceUnavailable", CredentialState::Inconclusive),
        ];
        for (status, reason, state) in table {
            let found = asked(&asking::answer(status, &json!({"reason": reason}).to_string()));
            assert_eq!(found.state, state, "{reason}");
            assert!(!found.advice.is_empty(), "{reason}");
        }
        assert_eq!(asked(&asking::answer(502, "<html>")).state, CredentialState::Inconclusive);
        let mut accepted = asking::answer(200, "");
        accepted.headers.insert("apns-id", HeaderValue::from_static("5e1f0000-0000-4000-8000-00000000abcd"));
        assert_eq!(asked(&accepted).state, CredentialState::Works);
        assert!(asked(&asking::answer(403, r#"{"reason":"SomethingNew"}"#)).advice.contains("SomethingNew"));
    }

    /// The transport's own word, told by the TLS alert.
    #[test]
    fn a_certificate_that_tls_refused_is_expired_or_refused() {
        let found = |outcome| {
            let alert = "the vendor refused the client certificate with the TLS alert ..";
            channel(&json!({})).probed(&Verdict::new(outcome).code("certificate_refused").detail(alert))
        };
        assert_eq!(found(Outcome::ExpiredCredentials).state, CredentialState::Expired);
        let refused = found(Outcome::BadCredentials { scope: Scope::Channel });
        assert_eq!(refused.state, CredentialState::Refused);
        assert!(refused.advice.contains("TLS alert"));
    }

    #[test]
    fn a_goaway_tells_the_wrong_environment() {
        let parting = channel(&json!({})).parting(br#"{"reason":"BadCertificateEnvironment"}"#).unwrap();
        assert_eq!(finding(&parting).state, CredentialState::WrongEnvironment);
    }

    #[test]
    fn no_reason_stands_twice() {
        for (index, (reason, ..)) in REASONS.iter().enumerate() {
            assert!(REASONS[..index].iter().all(|(earlier, ..)| earlier != reason), "{reason}");
        }
    }
}
