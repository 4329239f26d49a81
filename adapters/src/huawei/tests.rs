//! What the tables of files cannot show: access tokens, exact sizes, settings that change a meaning, and answers that
//! depend on the push.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use model::{
    AccessToken, Adapter, Answer, Authorisation, BoundAdapter, Call, Composed, Environment, Outcome, Refusal, Resend,
    Scope, Section, Sent, Step, Target, TokenProof, Verdict,
};
use serde_json::{Value, json};

use super::settings::OAUTH;
use super::{ADAPTER, VENDOR};
use crate::fixtures::{asking, now};

const DEAD: Outcome = Outcome::InvalidToken { proof: TokenProof::Dead { since: None } };
const FOREIGN: Outcome = Outcome::InvalidToken { proof: TokenProof::Foreign };

fn channel_of(environment: Environment, more: &Value) -> Arc<dyn BoundAdapter> {
    let settings = json!({"client_id": "100000001", "client_secret": "s3&cr=t", "category": "IM"});
    asking::channel(&ADAPTER, environment, settings, more)
}

fn channel(more: &Value) -> Arc<dyn BoundAdapter> {
    channel_of(Environment::Production, more)
}

fn service_account() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/huawei/service_account.json");
    json!({"service_account": fs::read_to_string(path).unwrap()})
}

fn composed(channel: &dyn BoundAdapter, message: &Value, dialect: Option<&str>) -> Result<Composed, Refusal> {
    asking::composed(channel, VENDOR, message, dialect)
}

fn target(token: &str, dialect: Option<&str>) -> Target {
    asking::targets(VENDOR, &[token], dialect).remove(0)
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
    let header =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    Answer { headers: HeaderMap::from_iter(headers.iter().map(header)), ..asking::answer(status, body) }
}

fn verdicts(
    channel: &dyn BoundAdapter,
    targets: &[Target],
    access_token: Option<&AccessToken>,
    answer: &Answer,
) -> Vec<Verdict> {
    let composed = composed(channel, &json!({"title": "t", "body": "b"}), None).unwrap();
    let call = Call { composed: &composed, targets, access_token, now: now() };
    match channel.classify(&call, answer) {
        Step::Done { verdicts, .. } => verdicts.into_each(targets.len()),
        Step::Send(_) => panic!("Huawei needs one call"),
    }
}

fn token_verdict(answer: &Answer) -> Verdict {
    channel(&json!({})).access_token(OAUTH, answer, now()).unwrap_err()
}

#[test]
fn a_secret_is_exchanged_by_a_form() {
    let channel = channel(&json!({"client_secret": "s3&cr=t\n", "token_endpoint": "https://example.com/t"}));
    let Authorisation::Exchange(request) = channel.authorise(OAUTH, None, now()) else { panic!("an exchange") };
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", "https://example.com/t"));
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    let form = "grant_type=client_credentials&client_id=100000001&client_secret=s3%26cr%3Dt";
    assert_eq!(request.body(), form);
}

#[test]
fn a_service_account_signs_for_itself_and_serves_v1_where_there_is_no_secret() {
    let mut fields = service_account();
    fields["client_id"] = json!("100000001");
    let section = Section { environment: Environment::Production, fields: fields.as_object().unwrap().clone() };
    let channel = ADAPTER.settings(&section).unwrap();
    let composed = composed(&*channel, &json!({"title": "t", "body": "b"}), Some("v1")).unwrap();
    assert_eq!(composed.credential, 0);
    let Authorisation::Ready(token) = channel.authorise(0, None, now()) else { panic!("signed here") };
    assert!(token.header().is_sensitive());
}

#[test]
fn with_both_credentials_each_dialect_takes_its_own() {
    let channel = channel(&service_account());
    let message = json!({"title": "t", "body": "b"});
    let credential = |dialect| composed(&*channel, &message, dialect).unwrap().credential;
    assert_eq!([None, Some("v1"), Some("v2"), Some("v3")].map(credential), [OAUTH, OAUTH, OAUTH, 1]);
    assert!(matches!(channel.authorise(OAUTH, None, now()), Authorisation::Exchange(_)));
    assert!(matches!(channel.authorise(1, None, now()), Authorisation::Ready(_)));
}

#[test]
fn credentials_do_not_print() {
    let shown = format!("{:?}", channel(&service_account()));
    for secret in ["PRIVATE KEY", "MII", "s3&cr=t", "s3%26", "114513221"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_key_may_come_with_its_line_feeds_as_two_characters() {
    let mut account: Value = serde_json::from_str(service_account()["service_account"].as_str().unwrap()).unwrap();
    account["private_key"] = json!(account["private_key"].as_str().unwrap().replace('\n', "\\n"));
    channel(&json!({"service_account": account.to_string()}));
}

#[test]
fn an_access_token_is_read_with_its_times() {
    let read = |body: &str| channel(&json!({})).access_token(OAUTH, &answer(200, &[], body), now()).unwrap();
    let token = read(r#"{"access_token":"DQEBA\/x+y=","expires_in":3600,"token_type":"Bearer"}"#);
    assert_eq!(token.header(), "Bearer DQEBA/x+y=");
    assert!(token.header().is_sensitive());
    assert_eq!(token.refresh_at, now() + Duration::from_mins(55));
    assert!(token.refresh_at < token.expires_at && token.expires_at <= now() + Duration::from_mins(60));
    let lives = [r#""600""#, "30", "0", "18446744073709551615", "null", "-1"];
    for token in lives.map(|life| read(&format!(r#"{{"access_token":"a","expires_in":{life}}}"#))) {
        assert!(token.issued_at <= token.refresh_at && token.refresh_at <= token.expires_at, "{token:?}");
        assert!(token.expires_at <= now() + Duration::from_hours(24), "{token:?}");
    }
}

/// oauth2-0000001212610981, read 2026-11-22.
#[test]
fn every_sub_error_speaks_of_the_credential() {
    for sub_error in ["12304", "20002", "20003", "20171", "20172", "20182"] {
        let body = format!(r#"{{"error":1101,"sub_error":{sub_error},"error_description":"words"}}"#);
        let verdict = token_verdict(&answer(400, &[], &body));
        assert_eq!(verdict.outcome, Outcome::BadCredentials { scope: Scope::Channel }, "{sub_error}");
        assert_eq!(verdict.code.unwrap().as_str(), sub_error);
        assert_eq!(verdict.resend, Resend::Never);
        let verdict = token_verdict(&answer(400, &[], &body.replace(sub_error, &format!("\"{sub_error}\""))));
        assert_eq!(verdict.outcome, Outcome::BadCredentials { scope: Scope::Channel }, "{sub_error} as text");
    }
}

#[test]
fn other_answers_of_the_token_endpoint_go_by_their_status() {
    let unavailable =
        |seconds: Option<u64>| Outcome::Unavailable { sent: Sent::No, retry_after: seconds.map(Duration::from_secs) };
    let limited = |seconds: Option<u64>| Outcome::RateLimited {
        scope: Scope::Channel,
        retry_after: seconds.map(Duration::from_secs),
    };
    let rows = [
        (answer(503, &[], ""), limited(None), "http_503"),
        (answer(503, &[("retry-after", "60")], "<html>"), limited(Some(60)), "http_503"),
        (answer(429, &[], ""), limited(None), "http_429"),
        (answer(500, &[], ""), unavailable(None), "http_500"),
        (answer(502, &[("retry-after", "Sun, 22 Nov 2026 18:30:09 GMT")], ""), unavailable(Some(9)), "http_502"),
        (answer(504, &[], "{}"), unavailable(None), "http_504"),
        (answer(590, &[], "[]"), unavailable(None), "http_590"),
        (answer(200, &[], "<html>"), unavailable(None), "unreadable_answer"),
        (answer(200, &[], r#"{"access_token":""}"#), unavailable(None), "unreadable_answer"),
        (answer(200, &[], r#"{"access_token":"a b"}"#), unavailable(None), "unreadable_answer"),
        (answer(403, &[], ""), Outcome::BadCredentials { scope: Scope::Channel }, "http_403"),
        (answer(404, &[], ""), Outcome::ChannelDisabled { scope: Scope::Channel }, "http_404"),
        (answer(405, &[], ""), Outcome::ChannelDisabled { scope: Scope::Channel }, "http_405"),
        (answer(400, &[], r#"{"error":1101,"sub_error":99999}"#), Outcome::Unknown { status: Some(400) }, "99999"),
        (answer(400, &[], r#"{"error":1101}"#), Outcome::Unknown { status: Some(400) }, "1101"),
        (answer(400, &[], r#"{"access_token":"a"}"#), Outcome::Unknown { status: Some(400) }, "http_400"),
        (answer(200, &[("nsp_status", "1302")], ""), limited(None), "unreadable_answer"),
    ];
    for (answer, outcome, code) in rows {
        let verdict = token_verdict(&answer);
        assert_eq!((&verdict.outcome, verdict.code.as_ref().unwrap().as_str()), (&outcome, code), "{answer:?}");
        assert_eq!(verdict.resend, Resend::Never, "{answer:?}");
    }
}

#[test]
fn a_body_of_4096_bytes_is_taken_and_one_more_is_not() {
    let channel = channel(&json!({}));
    let with =
        |size: usize| composed(&*channel, &json!({"title": "t", "body": "b", "data": {"k": "x".repeat(size)}}), None);
    let around = with(0).unwrap().payload.len();
    assert_eq!(with(4096 - around).unwrap().payload.len(), 4096);
    assert_eq!(with(4097 - around).unwrap_err().verdict.outcome, Outcome::PayloadTooLarge);
}

#[test]
fn test_messages_go_to_ten_devices_a_call() {
    assert_eq!(channel(&json!({})).limits().targets_per_call, 1000);
    assert_eq!(channel_of(Environment::Sandbox, &json!({})).limits().targets_per_call, 10);
}

#[test]
fn an_unknown_dialect_is_refused() {
    let channel = channel(&json!({}));
    assert!([None, Some("v1"), Some("v2"), Some("v3")].iter().all(|d| channel.check_target(&target("t", *d)).is_ok()));
    let verdict = channel.check_target(&target("t", Some("V1"))).unwrap_err();
    assert_eq!(verdict.outcome, Outcome::PayloadRejected);
}

#[test]
fn a_lone_invalid_token_is_dead_where_the_operator_says_so() {
    let (careful, trusting) = (channel(&json!({})), channel(&json!({"lone_invalid_token": "dead"})));
    let (one, two) = ([target("a", None)], [target("a", None), target("b", None)]);
    let answer = answer(400, &[], r#"{"code":"80300007","msg":"All the tokens are invalid"}"#);
    let outcome =
        |channel: &Arc<dyn BoundAdapter>, targets| verdicts(&**channel, targets, None, &answer)[0].outcome.clone();
    assert_eq!(outcome(&careful, &one), FOREIGN);
    assert_eq!(outcome(&trusting, &one), DEAD);
    assert_eq!(outcome(&trusting, &two), FOREIGN);
}

/// v1 refuses a token of HarmonyOS NEXT in the same words as a dead one.
#[test]
fn a_token_without_a_dialect_is_not_dead_where_the_channel_serves_harmonyos_next_too() {
    let msg = json!({"success": 1, "failure": 1, "illegal_tokens": ["bad"]}).to_string();
    let answer = answer(400, &[], &json!({"code": "80100000", "msg": msg}).to_string());
    let outcome = |channel: &Arc<dyn BoundAdapter>, dialect| {
        let targets = [target("good", dialect), target("bad", dialect)];
        verdicts(&**channel, &targets, None, &answer)[1].outcome.clone()
    };
    let (only_v1, both) = (channel(&json!({})), channel(&service_account()));
    assert_eq!(outcome(&only_v1, None), DEAD);
    assert_eq!(outcome(&both, None), FOREIGN);
    assert_eq!(outcome(&both, Some("v1")), DEAD);
}

#[test]
fn a_fresh_access_token_that_is_refused_means_bad_credentials() {
    let channel = channel(&json!({}));
    let token = |issued_at: SystemTime| {
        let end = issued_at + Duration::from_hours(1);
        AccessToken::new(HeaderValue::from_static("Bearer a"), issued_at, end, end)
    };
    let outcome = |token: &AccessToken| {
        verdicts(&*channel, &[target("a", None)], Some(token), &answer(401, &[], "")).remove(0).outcome
    };
    assert_eq!(outcome(&token(now() - Duration::from_mins(30))), Outcome::ExpiredCredentials);
    assert_eq!(outcome(&token(now())), Outcome::BadCredentials { scope: Scope::Channel });
}

#[test]
fn words_are_kept_but_never_device_tokens() {
    let channel = channel(&json!({}));
    let targets = [target("secret-a", None), target("secret-b", None)];
    let detail = |body: Value| {
        let verdicts = verdicts(&*channel, &targets, None, &answer(400, &[], &body.to_string()));
        verdicts.into_iter().filter_map(|verdict| verdict.detail).collect::<Vec<_>>().join("\n")
    };
    let words = detail(json!({"code": "80100003", "msg": "Illegal payload", "requestId": "157"}));
    assert!(words.contains("Illegal payload; requestId 157; "), "{words}");
    for msg in [r#"{"failure":1,"illegal_tokens":["secret-a"]}"#, r#"{"failure":1,"illegal_tokens":["secret-a"#] {
        assert!(!detail(json!({"code": "80100000", "msg": msg})).contains("secret-"), "{msg}");
        assert!(!detail(json!({"code": "80300007", "msg": msg})).contains("secret-"), "{msg}");
    }
}
