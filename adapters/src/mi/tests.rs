//! What the tables of files cannot show: exact bytes, settings that change a meaning, and answers that depend on the push.

use std::sync::Arc;

use model::{BoundAdapter, Call, Composed, Environment, Outcome, Scope, Step, Target, TokenProof, Verdict, Verdicts};
use serde_json::{Value, json};

use super::{ADAPTER, VENDOR};
use crate::fixtures::{asking, now};

fn channel(more: &Value) -> Arc<dyn BoundAdapter> {
    let settings = json!({"app_secret": "s3cret", "package": "com.example.app"});
    asking::channel(&ADAPTER, Environment::Production, settings, more)
}

fn composed(channel: &dyn BoundAdapter, message: &Value) -> Composed {
    asking::composed(channel, VENDOR, message, None).unwrap()
}

fn targets(tokens: &[&str]) -> Vec<Target> {
    asking::targets(VENDOR, tokens, None)
}

fn verdict(channel: &dyn BoundAdapter, composed: &Composed, tokens: &[&str], body: &Value) -> Verdict {
    let targets = targets(tokens);
    let call = Call { composed, targets: &targets, access_token: None, now: now() };
    match channel.classify(&call, &asking::answer(200, &body.to_string())) {
        Step::Done { verdicts: Verdicts::All(verdict), .. } => verdict,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_body_is_one_form_with_escaped_commas() {
    let channel = channel(&json!({}));
    let composed = composed(&*channel, &json!({"title": "a&b=c", "body": "50% + 😀 中"}));
    let targets = targets(&["a+b/c=", "d"]);
    let call = Call { composed: &composed, targets: &targets, access_token: None, now: now() };
    let request = channel.address(&call);
    let body = std::str::from_utf8(request.body()).unwrap();
    assert_eq!(
        body,
        "restricted_package_name=com.example.app&pass_through=0&title=a%26b%3Dc\
         &description=50%25+%2B+%F0%9F%98%80+%E4%B8%AD&notify_type=-1&notify_id=8&extra.notify_effect=1\
         &registration_id=a%2Bb%2Fc%3D%2Cd"
    );
    assert_eq!(request.headers()["authorization"], "key=s3cret");
    assert!(request.headers()["authorization"].is_sensitive());
}

#[test]
fn a_secret_is_trimmed_and_does_not_print() {
    let channel = channel(&json!({"app_secret": "s3cret\r\n"}));
    let composed = composed(&*channel, &json!({"title": "t", "body": "b"}));
    let targets = targets(&["a"]);
    let request = channel.address(&Call { composed: &composed, targets: &targets, access_token: None, now: now() });
    assert_eq!(request.headers()["authorization"], "key=s3cret");
    assert!(!format!("{channel:?} {request:?}").contains("s3cret"));
}

#[test]
fn a_target_that_could_split_the_list_is_refused() {
    let channel = channel(&json!({}));
    for bad in ["a,b", "a%2Cb", "a;b", "a&b", "a，b"] {
        let verdict = channel.check_target(&targets(&[bad])[0]).unwrap_err();
        assert_eq!(verdict.outcome, Outcome::InvalidToken { proof: TokenProof::Foreign }, "{bad}");
    }
    assert!(channel.check_target(&targets(&["d//igwEhgBGCI2TG6lWqlK2fJx+A="])[0]).is_ok());
}

#[test]
fn a_lone_invalid_token_is_dead_where_the_operator_says_so() {
    let (careful, trusting) = (channel(&json!({})), channel(&json!({"lone_invalid_token": "dead"})));
    let composed = composed(&*careful, &json!({"title": "t", "body": "b"}));
    let answer = json!({"result": "error", "code": 20301, "reason": "No valid targets!"});
    let invalid = |proof| Outcome::InvalidToken { proof };
    let dead = invalid(TokenProof::Dead { since: None });
    assert_eq!(verdict(&*careful, &composed, &["a"], &answer).outcome, invalid(TokenProof::Foreign));
    assert_eq!(verdict(&*trusting, &composed, &["a"], &answer).outcome, dead);
    assert_eq!(verdict(&*trusting, &composed, &["a", "b"], &answer).outcome, invalid(TokenProof::Foreign));
}

/// One caller's wrong `android_channel` must not stop the app's whole channel.
#[test]
fn an_unknown_channel_of_the_message_is_the_fault_of_the_message() {
    let channel = channel(&json!({"channel_id": "104"}));
    let answer = json!({"result": "error", "code": 27001, "reason": "invalid channel info!"});
    let own = composed(&*channel, &json!({"title": "t", "body": "b"}));
    let asked = composed(&*channel, &json!({"title": "t", "body": "b", "android_channel": "nope"}));
    assert_eq!(verdict(&*channel, &own, &["a"], &answer).outcome, Outcome::ChannelDisabled { scope: Scope::Channel });
    assert_eq!(verdict(&*channel, &asked, &["a"], &answer).outcome, Outcome::PayloadRejected);
}

#[test]
fn words_of_the_vendor_and_its_trace_id_are_kept() {
    let channel = channel(&json!({}));
    let composed = composed(&*channel, &json!({"title": "t", "body": "b"}));
    let answer = json!({"result": "error", "code": 21301, "reason": "Invalid application secret.", "trace_id": "Xcm0"});
    let verdict = verdict(&*channel, &composed, &["a"], &answer);
    assert_eq!(verdict.detail.unwrap(), "Invalid application secret.; trace_id Xcm0");
}

#[test]
fn a_narrow_span_holds_every_notify_id() {
    let channel = channel(&json!({"notify_id_max": 10_000}));
    let body = composed(&*channel, &json!({"title": "t", "body": "b"})).payload;
    assert!(form_urlencoded::parse(&body).any(|(name, value)| name == "notify_id" && value == "8"));
}
