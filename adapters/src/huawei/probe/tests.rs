use std::sync::Arc;

use model::{Adapter, Answer, Authorisation, BoundAdapter, Call, CredentialFile, CredentialKind, Section, Step};
use serde_json::{Value, json};

use super::super::{ADAPTER, codes};
use super::*;
use crate::fixtures::asking::{self, answer};
use crate::fixtures::now;

const ACCOUNT: &str = include_str!("../../../../fixtures/huawei/service_account.json");

fn channel(environment: Environment, fields: Value) -> Arc<dyn BoundAdapter> {
    asking::channel(&ADAPTER, environment, fields, &json!({}))
}

fn with_secret() -> Value {
    json!({"client_id": "100000001", "client_secret": "s3&cr=t"})
}

fn with_both() -> Value {
    json!({"client_id": "100000001", "client_secret": "s3&cr=t", "service_account": ACCOUNT})
}

/// Path, `push-type` and body of a probe, without its device token.
fn asked_of(channel: &dyn BoundAdapter, credential: u8) -> (String, Option<String>, Value) {
    let Probe::Push { composed, target } = channel.probe(credential, 7, now()) else { panic!("a push") };
    assert_eq!(composed.credential, credential);
    assert!(channel.check_target(&target).is_ok());
    let call = Call { composed: &composed, targets: &[target], access_token: None, now: now() };
    let request = channel.address(&call);
    let mut body: Value = serde_json::from_slice(request.body()).unwrap();
    let place = if body.get("message").is_some() { "/message/token" } else { "/target/token" };
    let tokens = body.pointer_mut(place).unwrap().take();
    assert_eq!(tokens, json!([made_up::hex(7)]));
    let push_type = request.headers().get("push-type").map(|value| value.to_str().unwrap().to_owned());
    (request.uri().path().to_owned(), push_type, body)
}

fn found(answered: &Answer, dialect: &str) -> ProbeFinding {
    let mut fields = with_both();
    fields["dialect"] = dialect.into();
    let channel = channel(Environment::Production, fields);
    let credential = u8::from(dialect == "v3");
    let Probe::Push { composed, target } = channel.probe(credential, 7, now()) else { panic!("a push") };
    let call = Call { composed: &composed, targets: &[target], access_token: None, now: now() };
    match channel.classify(&call, answered) {
        Step::Done { verdicts, .. } => channel.probed(verdicts.get(0).unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secret_is_asked_about_by_a_message_that_is_only_validated() {
    let android = json!({"urgency": "NORMAL", "ttl": "1s"});
    let body = json!({"validate_only": true, "message": {"data": "check", "android": android, "token": null}});
    let production = channel(Environment::Production, with_secret());
    let path = "/v1/100000001/messages:send".to_owned();
    assert_eq!(asked_of(&*production, 0), (path.clone(), None, body.clone()));
    let mut test_body = body.clone();
    test_body["message"]["android"]["target_user_type"] = 1.into();
    assert_eq!(asked_of(&*channel(Environment::Sandbox, with_secret()), 0), (path.clone(), None, test_body));
    let mut fields = with_both();
    fields["dialect"] = "v2".into();
    let v2 = "/v2/388421841221990400/messages:send".to_owned();
    assert_eq!(asked_of(&*channel(Environment::Production, fields.clone()), 0), (v2, None, body.clone()));
    fields["dialect"] = "v3".into();
    assert_eq!(asked_of(&*channel(Environment::Production, fields), 0), (path, None, body));
}

#[test]
fn a_service_account_is_asked_about_by_what_it_serves() {
    let v3 = "/v3/388421841221990400/messages:send";
    for environment in Environment::ALL {
        let channel = channel(environment, with_both());
        let (path, push_type, body) = asked_of(&*channel, 1);
        assert_eq!((path.as_str(), push_type.as_deref()), (v3, Some("0")));
        assert_eq!(body["pushOptions"], json!({"testMessage": true, "ttl": 1}));
        assert_eq!(body["payload"]["notification"]["category"], "MARKETING");
    }
    let alone = |dialect: &str| {
        let fields = json!({"client_id": "100000001", "service_account": ACCOUNT, "dialect": dialect});
        let channel = channel(Environment::Production, fields);
        let (path, _, body) = asked_of(&*channel, 0);
        assert!(matches!(channel.authorise(0, None, now()), Authorisation::Ready(_)), "{dialect}");
        (path, body["validate_only"].clone())
    };
    assert_eq!(alone("v1"), ("/v1/100000001/messages:send".to_owned(), json!(true)));
    assert_eq!(alone("v2"), ("/v2/388421841221990400/messages:send".to_owned(), json!(true)));
    assert_eq!(alone("v3"), (v3.to_owned(), Value::Null));
}

#[test]
fn a_service_accounts_file_is_enough() {
    let fields = ADAPTER.fields_for(&CredentialFile::ServiceAccount { json: ACCOUNT, trusted: true }).unwrap();
    let channel = ADAPTER.settings(&Section { environment: Environment::Production, fields }).unwrap();
    let [note] = channel.credentials().try_into().unwrap();
    assert_eq!((note.field, note.kind), ("service_account", CredentialKind::ServiceAccount));
    assert_eq!(note.id.as_deref(), Some("4a7c1f0e2b9d4c6f8a13d5e7f9b0c2d4 of account 114513221"));
    let google = include_str!("../../../../fixtures/fcm/service-account.json");
    assert!(ADAPTER.fields_for(&CredentialFile::ServiceAccount { json: google, trusted: true }).is_none());
}

#[test]
fn credentials_are_numbered_as_pushes_name_them() {
    let notes = channel(Environment::Production, with_both()).credentials();
    assert_eq!(notes.iter().map(|note| note.field).collect::<Vec<_>>(), ["client_secret", "service_account"]);
    assert_eq!((notes[0].kind, notes[0].id.as_deref()), (CredentialKind::Secret, Some("100000001")));
    assert_eq!(channel(Environment::Production, with_secret()).credentials(), notes[..1]);
}

#[test]
fn every_code_has_its_finding() {
    let code = |status, code: &str| answer(status, &json!({"code": code, "msg": "no", "requestId": "157"}).to_string());
    let table = [
        (200, "80000000", CredentialState::Works),
        (400, "80300007", CredentialState::Works),
        (400, "80100000", CredentialState::Inconclusive),
        (400, "80300028", CredentialState::Works),
        (400, "80300029", CredentialState::Works),
        (401, "80200001", CredentialState::Refused),
        (401, "80200003", CredentialState::Expired),
        (401, "80200005", CredentialState::Expired),
        (400, "80300036", CredentialState::Expired),
        (400, "80300002", CredentialState::AppNotAllowed),
        (400, "80300037", CredentialState::AppNotAllowed),
        (400, "80200006", CredentialState::AppNotAllowed),
        (400, "80600003", CredentialState::Inconclusive),
        (400, "80100003", CredentialState::Inconclusive),
        (500, "81000001", CredentialState::Inconclusive),
        (400, "80299999", CredentialState::Inconclusive),
    ];
    for (status, number, state) in table {
        for dialect in ["v1", "v3"] {
            let found = found(&code(status, number), dialect);
            assert_eq!(found.state, state, "{number} by {dialect}");
            assert!(!found.advice.is_empty(), "{number}");
        }
    }
    for status in [502, 503, 504, 404] {
        assert_eq!(found(&answer(status, ""), "v1").state, CredentialState::Inconclusive, "{status}");
    }
}

#[test]
fn a_reason_of_v3_speaks_of_the_token_or_of_the_app() {
    let table = [
        ("tokenFormatError", CredentialState::Works),
        ("tokenPlatformNotSupport", CredentialState::Works),
        ("noRight", CredentialState::Works),
        ("noPushTypeRight", CredentialState::AppNotAllowed),
        ("appinfoError", CredentialState::AppNotAllowed),
        ("disableSendHuaweiMsgBecauseOfPenalty", CredentialState::AppNotAllowed),
        ("countryNotSupport", CredentialState::Inconclusive),
    ];
    for (reason, state) in table {
        let msg = json!({"failure": 1, "illegalTokens": {reason: [made_up::hex(7)]}}).to_string();
        let body = json!({"code": "80300007", "msg": msg}).to_string();
        assert_eq!(found(&answer(400, &body), "v3").state, state, "{reason}");
    }
}

#[test]
fn the_gateways_words_and_the_token_endpoints_are_told_apart() {
    let gateway = |word: &'static str| {
        let mut answer = answer(403, "");
        answer.headers.insert("nsp_status", http::HeaderValue::from_static(word));
        found(&answer, "v1").state
    };
    assert_eq!(["6", "102"].map(gateway), [CredentialState::Expired, CredentialState::Refused]);
    assert_eq!(["403", "503"].map(gateway), [CredentialState::AppNotAllowed, CredentialState::Inconclusive]);
    let channel = channel(Environment::Production, with_secret());
    let exchange = |status, body: &str| {
        let verdict = channel.access_token(OAUTH, &answer(status, body), now()).unwrap_err();
        channel.probed(&verdict)
    };
    for sub_error in [12304, 20002, 20003, 20171, 20172, 20182] {
        let found = exchange(400, &json!({"error": 1101, "sub_error": sub_error}).to_string());
        assert_eq!(found.state, CredentialState::Refused, "{sub_error}");
    }
    assert_eq!(exchange(503, "").state, CredentialState::Inconclusive);
    assert_eq!(exchange(200, "<html>").state, CredentialState::Inconclusive);
}

#[test]
fn every_code_of_the_table_is_one_of_huaweis() {
    let digits = CODES.iter().map(|(code, ..)| *code).filter(|code| code.starts_with('8'));
    for code in digits {
        assert!(codes::find(code).is_some(), "{code}");
    }
}
