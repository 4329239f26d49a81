//! Asking FCM about the service account: a message to a made-up registration token with `validate_only`, so that FCM
//! checks everything and could deliver nothing, in production too.
//!
//! On its way the key is proved at the token endpoint and the account's right to send at FCM. A complaint about the token,
//! or about the message with it, comes after both.

use model::{Composed, CredentialState, Environment, Outcome, Probe, ProbeFinding, Verdict};

use super::settings::Settings;
use super::{VENDOR, compose, wire};
use crate::common::made_up;

const TAKEN: &str = "FCM took the credential";
const OTHER_PROJECT: &str = "FCM took the credential; that its project is that of the app's tokens is not proved";
const THIRD_PARTY: &str = "FCM took the credential, but the project's APNs key or web push key is bad: check it in the \
                           Firebase console; Android is not affected";
const CLOCK: &str = "Google says that the time of our assertion or access token is off: check this machine's clock";
const REVOKED: &str = "the key is revoked or not this account's: make a new key file in the Google Cloud console";
const NO_ACCOUNT: &str = "the service account does not exist (any more): make a key file of one that does";
const PROJECT: &str = "no such project, or not this account's: check project_id";

/// What FCM's codes say of the credential, once it was judged. What is missing goes by the outcome.
const CODES: &[(&str, CredentialState, &str)] = &[
    ("UNREGISTERED", CredentialState::Works, TAKEN),
    ("INVALID_ARGUMENT", CredentialState::Works, TAKEN),
    ("SENDER_ID_MISMATCH", CredentialState::Works, OTHER_PROJECT),
    ("THIRD_PARTY_AUTH_ERROR", CredentialState::Works, THIRD_PARTY),
    ("APNS_AUTH_ERROR", CredentialState::Works, THIRD_PARTY),
    ("ACCESS_TOKEN_EXPIRED", CredentialState::Expired, CLOCK),
    ("NOT_FOUND", CredentialState::AppNotAllowed, PROJECT),
];

/// Refusals of the account's right to send for the project; the verdict's own words say what to do.
const NOT_ALLOWED: [&str; 3] = ["IAM_PERMISSION_DENIED", "SERVICE_DISABLED", "PERMISSION_DENIED"];

/// The token endpoint's `invalid_grant` has one code for a revoked key and for a wrong clock, and its words alone tell
/// them apart (recorded 2026-09-02). Words we do not know leave it at the code.
const GRANTS: [(&str, CredentialState, &str); 4] = [
    ("reasonable timeframe", CredentialState::Expired, CLOCK),
    ("account not found", CredentialState::Refused, NO_ACCOUNT),
    ("jwt signature", CredentialState::Refused, REVOKED),
    (
        "audience check",
        CredentialState::Refused,
        "token_uri of the key file is not Google's: use the file as it was made",
    ),
];

/// How the codes of answers begin that were not FCM's own.
const NO_CODE: &str = "http_";

/// As data alone: it would show nothing if it ever arrived.
pub(super) fn probe(settings: &Settings, nonce: u128) -> Probe {
    let android = wire::Android {
        priority: "normal",
        collapse_key: None,
        ttl: Some("0s".to_owned()),
        restricted_package_name: None,
        notification: None,
    };
    let data = wire::Data::from_iter([("check".into(), "1".into())]);
    let body = wire::Body { message: wire::Message { notification: None, data, android }, validate_only: true };
    let payload = serde_json::to_vec(&body).expect("texts are JSON").into();
    let composed = Composed { payload, headers: compose::headers(), nonce, credential: 0, adjustments: [].into() };
    let environment = if settings.validate_only { Environment::Sandbox } else { Environment::Production };
    Probe::Push { composed: Box::new(composed), target: made_up::target(VENDOR, environment, &token(nonce), None) }
}

/// In the shape of registration tokens, as far as it is known: an instance, a colon, the rest.
fn token(nonce: u128) -> String {
    let hex = made_up::hex(nonce);
    format!("{}:APA91b{hex}{hex}", &hex[..22])
}

pub(super) fn finding(verdict: &Verdict) -> ProbeFinding {
    let code = verdict.code.as_ref().map_or("", |code| code.as_str());
    if code == "invalid_grant"
        && let Some(found) = grant(verdict)
    {
        return found;
    }
    if let Some((_, state, advice)) = CODES.iter().find(|(known, ..)| *known == code) {
        return ProbeFinding::new(*state, *advice);
    }
    let found = ProbeFinding::of(verdict);
    match &verdict.outcome {
        Outcome::Accepted { .. } | Outcome::InvalidToken { .. } => ProbeFinding::new(CredentialState::Works, TAKEN),
        Outcome::BadCredentials { .. } if NOT_ALLOWED.contains(&code) => {
            ProbeFinding { state: CredentialState::AppNotAllowed, ..found }
        }
        // A proxy's word, or a wrong address: nobody has looked at the credential. 401 is told by its status alone.
        Outcome::BadCredentials { .. } if code.starts_with(NO_CODE) && code != "http_401" => {
            ProbeFinding { state: CredentialState::Inconclusive, ..found }
        }
        _ => found,
    }
}

fn grant(verdict: &Verdict) -> Option<ProbeFinding> {
    let words = verdict.detail.as_deref()?.to_lowercase();
    let (_, state, advice) = GRANTS.iter().find(|(says, ..)| words.contains(says))?;
    Some(ProbeFinding::new(*state, *advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use model::{Adapter, Answer, Authorisation, BoundAdapter, Call, CredentialFile, CredentialKind, Step, Verdicts};
    use serde_json::{Value, json};

    use super::super::ADAPTER;
    use crate::fixtures::asking::{self, answer};
    use crate::fixtures::now;

    const KEY_FILE: &str = include_str!("../../../fixtures/fcm/service-account.json");

    fn channel(environment: Environment) -> Arc<dyn BoundAdapter> {
        let more = json!({"package": "com.example.app"});
        asking::channel(&ADAPTER, environment, json!({"service_account": KEY_FILE}), &more)
    }

    fn asked(answered: &Answer) -> ProbeFinding {
        let channel = channel(Environment::Production);
        let Probe::Push { composed, target } = channel.probe(0, 7, now()) else { panic!("a push") };
        let call = Call { composed: &composed, targets: &[target], access_token: None, now: now() };
        match channel.classify(&call, answered) {
            Step::Done { verdicts: Verdicts::All(verdict), .. } => channel.probed(&verdict),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_probe_validates_only_in_both_environments() {
        for environment in Environment::ALL {
            let channel = channel(environment);
            let Probe::Push { composed, target } = channel.probe(0, 7, now()) else { panic!("a push") };
            assert_eq!(target.environment, environment);
            assert!(channel.check_target(&target).is_ok());
            let call = Call { composed: &composed, targets: &[target], access_token: None, now: now() };
            let request = channel.address(&call);
            assert_eq!(request.uri().path(), "/v1/projects/demo-1a2b3/messages:send");
            let mut body: Value = serde_json::from_slice(request.body()).unwrap();
            let token = body["message"]["token"].take();
            assert!(token.as_str().unwrap().starts_with("0000000000000000000000:APA91b0000"), "{token}");
            let android = json!({"priority": "normal", "ttl": "0s"});
            let message = json!({"token": null, "data": {"check": "1"}, "android": android});
            assert_eq!(body, json!({"message": message, "validate_only": true}));
        }
    }

    #[test]
    fn googles_key_file_is_claimed_and_named_by_its_account() {
        let fields = ADAPTER.fields_for(&CredentialFile::ServiceAccount { json: KEY_FILE, trusted: true }).unwrap();
        let section = model::Section { environment: Environment::Production, fields };
        let [note] = ADAPTER.settings(&section).unwrap().credentials().try_into().unwrap();
        assert_eq!((note.field, note.kind), ("service_account", CredentialKind::ServiceAccount));
        assert_eq!(note.id.as_deref(), Some("pushmux@demo-1a2b3.iam.gserviceaccount.com"));
        let huawei = include_str!("../../../fixtures/huawei/service_account.json");
        assert!(ADAPTER.fields_for(&CredentialFile::ServiceAccount { json: huawei, trusted: true }).is_none());
        assert!(ADAPTER.fields_for(&CredentialFile::SigningKey { key: "", file: None }).is_none());
    }

    #[test]
    fn a_strangers_key_file_does_not_say_where_to_connect() {
        let hostile = KEY_FILE.replace("https://oauth2.googleapis.com/token", "https://internal.example/admin");
        assert_ne!(hostile, KEY_FILE);
        let asked = |trusted: bool| {
            let fields = ADAPTER.fields_for(&CredentialFile::ServiceAccount { json: &hostile, trusted }).unwrap();
            let section = model::Section { environment: Environment::Production, fields };
            match ADAPTER.settings(&section).unwrap().authorise(0, None, now()) {
                Authorisation::Exchange(request) => request.uri().to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(asked(false), "https://oauth2.googleapis.com/token");
        assert_eq!(asked(true), "https://internal.example/admin");
    }

    #[test]
    fn every_answer_of_fcm_has_its_finding() {
        let fcm =
            |code: &str| json!([{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]);
        let info = |reason: &str| json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]);
        let table = [
            (400, "INVALID_ARGUMENT", fcm("INVALID_ARGUMENT"), CredentialState::Works),
            (400, "INVALID_ARGUMENT", json!([]), CredentialState::Works),
            (404, "NOT_FOUND", fcm("UNREGISTERED"), CredentialState::Works),
            (403, "PERMISSION_DENIED", fcm("SENDER_ID_MISMATCH"), CredentialState::Works),
            (401, "UNAUTHENTICATED", fcm("THIRD_PARTY_AUTH_ERROR"), CredentialState::Works),
            (404, "NOT_FOUND", json!([]), CredentialState::AppNotAllowed),
            (403, "PERMISSION_DENIED", info("IAM_PERMISSION_DENIED"), CredentialState::AppNotAllowed),
            (403, "PERMISSION_DENIED", info("SERVICE_DISABLED"), CredentialState::AppNotAllowed),
            (403, "PERMISSION_DENIED", json!([]), CredentialState::AppNotAllowed),
            (401, "UNAUTHENTICATED", info("ACCESS_TOKEN_EXPIRED"), CredentialState::Expired),
            (429, "RESOURCE_EXHAUSTED", info("RATE_LIMIT_EXCEEDED"), CredentialState::Inconclusive),
            (500, "INTERNAL", fcm("INTERNAL"), CredentialState::Inconclusive),
            (503, "UNAVAILABLE", fcm("UNAVAILABLE"), CredentialState::Inconclusive),
        ];
        for (status, word, details, state) in table {
            let body = json!({"error": {"code": status, "message": "no", "status": word, "details": details}});
            let found = asked(&answer(status, &body.to_string()));
            assert_eq!(found.state, state, "{body}");
            assert!(!found.advice.is_empty(), "{body}");
        }
        let accepted = json!({"name": "projects/foo/messages/fake_message_id"}).to_string();
        assert_eq!(asked(&answer(200, &accepted)).state, CredentialState::Works);
        for (status, state) in [
            (400, CredentialState::Inconclusive),
            (403, CredentialState::Inconclusive),
            (404, CredentialState::Inconclusive),
            (502, CredentialState::Inconclusive),
        ] {
            assert_eq!(asked(&answer(status, "<html>")).state, state, "{status}");
        }
    }

    /// Bodies as recorded on 2026-09-02.
    #[test]
    fn every_answer_of_the_token_endpoint_has_its_finding() {
        let window = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                      Check your iat and exp values in the JWT claim.";
        let table = [
            ("invalid_grant", "Invalid JWT Signature.", CredentialState::Refused),
            ("invalid_grant", "Invalid grant: account not found", CredentialState::Refused),
            ("invalid_grant", window, CredentialState::Expired),
            ("invalid_grant", "Invalid JWT: Failed audience check.", CredentialState::Refused),
            ("invalid_grant", "words of tomorrow", CredentialState::Refused),
            ("unauthorized_client", "no", CredentialState::Refused),
            ("disabled_client", "no", CredentialState::Refused),
            ("deleted_client", "no", CredentialState::Refused),
            ("something_new", "no", CredentialState::Inconclusive),
        ];
        let channel = channel(Environment::Production);
        for (error, text, state) in table {
            let body = json!({"error": error, "error_description": text}).to_string();
            let verdict = channel.access_token(0, &answer(400, &body), now()).unwrap_err();
            let found = channel.probed(&verdict);
            assert_eq!(found.state, state, "{body}");
            assert!(!found.advice.is_empty(), "{body}");
        }
        for status in [403, 404, 503] {
            let verdict = channel.access_token(0, &answer(status, "<html>"), now()).unwrap_err();
            assert_eq!(channel.probed(&verdict).state, CredentialState::Inconclusive, "{status}");
        }
    }
}
