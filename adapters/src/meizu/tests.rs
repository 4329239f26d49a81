//! What the tables of files cannot show: exact bytes, signatures, and settings that change a meaning.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};
use model::{BoundAdapter, Call, Composed, Environment, Outcome, Step, Target, TokenProof, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ADAPTER, VENDOR, form};
use crate::fixtures::{asking, now};

const SECRET: &str = "s3cret";

fn channel(more: &Value) -> Arc<dyn BoundAdapter> {
    let settings = json!({"app_id": "123456", "app_secret": SECRET});
    asking::channel(&ADAPTER, Environment::Production, settings, more)
}

fn composed(channel: &dyn BoundAdapter, message: &Value) -> Composed {
    asking::composed(channel, VENDOR, message, None).unwrap()
}

fn targets(tokens: &[&str]) -> Vec<Target> {
    asking::targets(VENDOR, tokens, None)
}

fn body(channel: &dyn BoundAdapter, composed: &Composed, tokens: &[&str]) -> String {
    let targets = targets(tokens);
    let call = Call { composed, targets: &targets, access_token: None, now: now() };
    String::from_utf8(channel.address(&call).into_body().to_vec()).unwrap()
}

fn verdicts(channel: &dyn BoundAdapter, tokens: &[&str], body: &Value) -> Vec<Verdict> {
    let composed = composed(channel, &json!({"title": "t", "body": "b"}));
    let targets = targets(tokens);
    let call = Call { composed: &composed, targets: &targets, access_token: None, now: now() };
    match channel.classify(&call, &asking::answer(200, &body.to_string())) {
        Step::Done { verdicts, .. } => verdicts.into_each(tokens.len()),
        Step::Send(request) => panic!("{request:?}"),
    }
}

/// As the vendor's document says it, from what a server would receive.
fn expected_sign(body: &str) -> String {
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    fields.retain(|(name, _)| name != "sign");
    fields.sort();
    let base: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{:x}", Md5::digest(base + SECRET))
}

fn sign_of(body: &str) -> String {
    form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "sign").unwrap().1.into_owned()
}

#[test]
fn the_worked_example_is_signed_as_a_call() {
    let message = concat!(
        r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"Bob","content":"你好"},"#,
        r#""clickTypeInfo":{"clickType":1,"activity":"com.example.chat.OpenActivity","parameters":{"mid":"42"}},"#,
        r#""pushTimeInfo":{"offLine":1,"validTime":24},"#,
        r#""advanceInfo":{"notificationType":{"vibrate":1,"lights":1,"sound":1},"notifyKey":"c-42"}}"#,
    );
    let channel = channel(&json!({"app_secret": "demo-secret"}));
    let mut composed = composed(&*channel, &json!({"title": "t", "body": "b"}));
    composed.payload = Bytes::from(form::common("123456", message));
    let body = body(&*channel, &composed, &["P1AAA", "P2BBB"]);
    assert!(body.ends_with("&pushIds=P1AAA%2CP2BBB&sign=cb8b2db272764e29d9389d0969fef7e1"), "{body}");
}

#[test]
fn the_body_is_one_form_with_escaped_commas() {
    let channel = channel(&json!({"package": "com.example.app"}));
    let composed = composed(&*channel, &json!({"title": "a&b=c", "body": "50% + 😀 中"}));
    let body = body(&*channel, &composed, &["a+b/c=", "d"]);
    let sign = sign_of(&body);
    assert_eq!(
        body,
        format!(
            "appId=123456&messageJson=%7B%22noticeBarInfo%22%3A%7B%22noticeMsgType%22%3A1%2C%22noticeBarType%22%3A0%2C\
             %22title%22%3A%22a%26b%3Dc%22%2C%22content%22%3A%2250%25+%2B+%F0%9F%98%80+%E4%B8%AD%22%7D%2C\
             %22clickTypeInfo%22%3A%7B%22clickType%22%3A0%7D%2C%22advanceInfo%22%3A%7B%22suspend%22%3A1%2C\
             %22notificationType%22%3A%7B%22vibrate%22%3A1%2C%22lights%22%3A1%2C%22sound%22%3A1%7D%2C\
             %22notifyKey%22%3A%22AAAAAAAH%22%7D%7D&pushIds=a%2Bb%2Fc%3D%2Cd&restrictedPackageNames=com.example.app\
             &sign={sign}"
        )
    );
    assert_eq!(sign, expected_sign(&body));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_signed(title in "\\PC{1,10}", body_text in "\\PC{1,40}", token in "[!-~]{1,60}") {
        let token = token.replace([',', ';', '%', '&'], "x");
        prop_assume!(!title.trim().is_empty() && !body_text.trim().is_empty());
        for more in [json!({}), json!({"package": "com.example.app"})] {
            let channel = channel(&more);
            let composed = composed(&*channel, &json!({"title": title, "body": body_text}));
            let body = body(&*channel, &composed, &[token.as_str(), "P2"]);
            prop_assert_eq!(sign_of(&body), expected_sign(&body));
        }
    }
}

proptest! {
    /// Whatever codes befall whichever device tokens: one verdict each, and death only beside an accepted one.
    #[test]
    fn a_token_dies_only_beside_an_accepted_one(
        failed in prop::collection::btree_map(
            prop_oneof![Just("110002"), Just("110003"), Just("110010"), Just("520"), Just("777")],
            prop::collection::vec("[A-D]", 0..5),
            0..4,
        ),
        count in 1usize..5,
    ) {
        let tokens = &["A", "B", "C", "D"][..count];
        let answer = json!({"code": "200", "value": failed, "msgId": "NS1"});
        let verdicts = verdicts(&*channel(&json!({})), tokens, &answer);
        prop_assert_eq!(verdicts.len(), count);
        let named: Vec<&str> = failed.values().flatten().map(String::as_str).collect();
        let own = named.iter().any(|name| tokens.contains(name));
        let strangers = named.iter().any(|name| !tokens.contains(name));
        for (verdict, token) in verdicts.iter().zip(tokens) {
            // A list of strangers only is not one of this call: nobody is known to be accepted.
            let accepted = !named.contains(token) && (own || !strangers);
            prop_assert_eq!(verdict.outcome.is_accepted(), accepted);
        }
        let dead = Outcome::InvalidToken { proof: TokenProof::Dead { since: None } };
        let any_dead = verdicts.iter().any(|verdict| verdict.outcome == dead);
        prop_assert!(!any_dead || !strangers);
        prop_assert!(!any_dead || verdicts.iter().any(|verdict| verdict.outcome.is_accepted()));
    }
}

#[test]
fn a_secret_is_trimmed_and_does_not_print() {
    let channel = channel(&json!({"app_secret": "s3cret\r\n", "app_id": 123_456}));
    let composed = composed(&*channel, &json!({"title": "t", "body": "b"}));
    let body = body(&*channel, &composed, &["a"]);
    assert_eq!(sign_of(&body), expected_sign(&body));
    assert!(!format!("{channel:?} {body}").contains(SECRET));
}

#[test]
fn a_retry_bears_the_same_notify_key() {
    let channel = channel(&json!({}));
    let message = json!({"title": "t", "body": "b"});
    assert_eq!(composed(&*channel, &message).payload, composed(&*channel, &message).payload);
}

#[test]
fn a_target_that_could_split_the_list_is_refused() {
    let channel = channel(&json!({}));
    for bad in ["a,b", "a%2Cb", "a;b", "a&b", "a，b"] {
        let verdict = channel.check_target(&targets(&[bad])[0]).unwrap_err();
        assert_eq!(verdict.outcome, Outcome::InvalidToken { proof: TokenProof::Foreign }, "{bad}");
    }
    assert!(channel.check_target(&targets(&["RA50c6348036344485d01776773577c64740465480a6b"])[0]).is_ok());
}

#[test]
fn a_lone_invalid_token_is_dead_where_the_operator_says_so() {
    let (careful, trusting) = (channel(&json!({})), channel(&json!({"lone_invalid_token": "dead"})));
    let invalid = |proof| Outcome::InvalidToken { proof };
    let dead = invalid(TokenProof::Dead { since: None });
    for (tokens, answer) in [
        (&["a"][..], json!({"code": "110002"})),
        (&["a"], json!({"code": "200", "value": {"110003": ["a"]}})),
        (&["a", "b"], json!({"code": "200", "value": {"110002": ["a", "b"]}})),
    ] {
        let wanted = if tokens.len() == 1 { &dead } else { &invalid(TokenProof::Foreign) };
        for verdict in verdicts(&*careful, tokens, &answer) {
            assert_eq!(verdict.outcome, invalid(TokenProof::Foreign));
        }
        for verdict in verdicts(&*trusting, tokens, &answer) {
            assert_eq!(verdict.outcome, *wanted);
        }
    }
}

#[test]
fn words_of_the_vendor_and_its_message_id_are_kept() {
    let channel = channel(&json!({}));
    let answer = json!({"code": "1006", "message": "签名认证失败"});
    let detail = verdicts(&*channel, &["a"], &answer).remove(0).detail.unwrap();
    assert!(detail.starts_with("签名认证失败; the signature is wrong"), "{detail}");
    let answer = json!({"code": "200", "value": {"110010": ["a"]}, "msgId": "NS1"});
    let detail = verdicts(&*channel, &["a"], &answer).remove(0).detail.unwrap();
    assert_eq!(detail, "msgId NS1; notifications are switched off on this device; keep its token");
}
