//! The rules for one body, without sockets: a good body with one place changed.

use serde_json::{Value, json};

use super::next::{self, PushType};
use super::{codes, message};

const GONE: &str = "\0";
const LINK: &str = "intent:#Intent;launchFlags=0x4000000;component=com.example.app/.Open;S.a=1;end";

fn v1() -> Value {
    json!({
        "validate_only": false,
        "message": {
            "android": {
                "category": "IM",
                "ttl": "86400s",
                "bi_tag": "m-42",
                "notification": {
                    "title": "T", "body": "B", "default_sound": true, "importance": "NORMAL",
                    "click_action": {"type": 3},
                },
            },
            "token": ["tok1", "tok2"],
        },
    })
}

fn v3() -> Value {
    json!({
        "payload": {"notification": {
            "category": "IM", "title": "T", "body": "B", "clickAction": {"actionType": 0}, "notifyId": 7,
        }},
        "target": {"token": ["tokA"]},
        "pushOptions": {"testMessage": false, "ttl": 86400, "biTag": "m-42"},
    })
}

/// Sets a place by its path; parents are made. `GONE` takes it away.
fn set(body: &mut Value, path: &str, value: Value) {
    let mut names: Vec<_> = path.split('.').collect();
    let last = names.pop().unwrap();
    let mut at = body;
    for name in names {
        at = &mut at[name];
    }
    if value == GONE {
        at.as_object_mut().unwrap().remove(last);
    } else {
        at[last] = value;
    }
}

fn changed(mut body: Value, changes: &[(&str, Value)]) -> Value {
    changes.iter().for_each(|(path, value)| set(&mut body, path, value.clone()));
    body
}

/// The code for v1's good body with these places of `message.android.notification` set.
fn old(changes: &[(&str, Value)]) -> i64 {
    let changes: Vec<_> = changes.iter().map(|(path, value)| (old_path(path), value.clone())).collect();
    let changes: Vec<_> = changes.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
    let body = changed(v1(), &changes);
    message::check_body(body.as_object().unwrap()).map_or_else(|refusal| refusal.code, |_| 0)
}

/// `/x` is the body's, `m/x` the message's, `a/x` Android's.
fn old_path(path: &str) -> String {
    match path.split_once('/') {
        Some(("", rest)) => rest.to_owned(),
        Some(("m", rest)) => format!("message.{rest}"),
        Some((_, rest)) => format!("message.android.{rest}"),
        None => format!("message.android.notification.{path}"),
    }
}

fn next(push_type: PushType, changes: &[(&str, Value)]) -> i64 {
    let changes: Vec<_> = changes.iter().map(|(path, value)| (next_path(path), value.clone())).collect();
    let changes: Vec<_> = changes.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
    let body = changed(v3(), &changes);
    next::check_body(body.as_object().unwrap(), push_type).map_or_else(|refusal| refusal.code, |_| 0)
}

/// `/x` is the body's, `o/x` an option, `p/x` the payload's.
fn next_path(path: &str) -> String {
    match path.split_once('/') {
        Some(("", rest)) => rest.to_owned(),
        Some(("o", rest)) => format!("pushOptions.{rest}"),
        Some((_, rest)) => format!("payload.{rest}"),
        None => format!("payload.notification.{path}"),
    }
}

fn tokens(count: usize) -> Value {
    (0..count).map(|number| format!("tok{number}")).collect()
}

#[test]
fn good_v1_bodies_pass() {
    for changes in [
        &[][..],
        &[("m/token", tokens(1000))],
        &[("m/token", json!(GONE)), ("m/topic", json!("news"))],
        &[("m/token", json!(GONE)), ("m/condition", json!("'a' in topics && 'b' in topics"))],
        &[("m/data", json!("{\"k\":1}")), ("a/notification", json!(GONE)), ("a/urgency", json!("HIGH"))],
        &[("m/notification", json!({"title": "T", "body": "B"})), ("title", json!(GONE)), ("body", json!(GONE))],
        &[("a/collapse_key", json!(-1)), ("a/ttl", json!("1296000s")), ("a/target_user_type", json!(1))],
        &[("a/category", json!(GONE)), ("importance", json!("LOW"))],
        &[("click_action", json!({"type": 1, "intent": LINK}))],
        &[("click_action", json!({"type": 1, "action": "com.example.OPEN"}))],
        &[("click_action", json!({"type": 2, "url": "https://example.com/a?b#c"}))],
        &[("default_sound", json!(false)), ("sound", json!("/raw/ring"))],
        &[("badge", json!({"add_num": 99, "class": "com.example.app.Main"})), ("notify_id", json!(-1))],
        &[("style", json!(1)), ("big_title", json!("T")), ("big_body", json!("B"))],
        &[("style", json!(3)), ("inbox_content", json!(["a", "b", "c", "d", "e"]))],
        &[("title_loc_key", json!("k")), ("title_loc_args", json!(["a"]))],
        &[("buttons", json!([{"name": "Open", "action_type": 1, "intent_type": 0, "intent": LINK}]))],
        &[("vibrate_config", json!(["1S", "3.5S"])), ("use_default_vibrate", json!(false))],
        &[("light_settings", json!({"color": {"alpha": 0, "red": 0.5, "green": 1, "blue": 1.0}}))],
        &[("no_such_field", json!(1))],
    ] {
        assert_eq!(old(changes), 0, "{changes:?}");
    }
}

#[test]
fn every_bad_v1_place_has_its_code() {
    for (path, value, want) in [
        ("/validate_only", json!("no"), codes::PARAMETER),
        ("/review", json!([]), codes::REVIEW),
        ("/message", json!(GONE), codes::TOKEN_COUNT),
        ("/message", json!([]), codes::STRUCTURE),
        ("m/token", json!(GONE), codes::TOKEN_COUNT),
        ("m/token", json!([]), codes::TOKEN_COUNT),
        ("m/token", tokens(1001), codes::TOKEN_COUNT),
        ("m/token", json!("tok1"), codes::STRUCTURE),
        ("m/token", json!([1]), codes::STRUCTURE),
        ("m/topic", json!("news"), codes::STRUCTURE),
        ("m/data", json!({"k": 1}), codes::STRUCTURE),
        ("m/notification", json!({"title": 1}), codes::STRUCTURE),
        ("m/android", json!(GONE), codes::STRUCTURE),
        ("a/notification", json!(GONE), codes::STRUCTURE),
        ("a/ttl", json!(86400), codes::TTL),
        ("a/ttl", json!("1296001s"), codes::TTL),
        ("a/ttl", json!("1d"), codes::TTL),
        ("a/collapse_key", json!(101), codes::COLLAPSE_KEY),
        ("a/collapse_key", json!("1"), codes::COLLAPSE_KEY),
        ("a/urgency", json!("high"), codes::STRUCTURE),
        ("a/category", json!("im"), codes::STRUCTURE),
        ("a/category", json!("PLAY_VOICE"), codes::STRUCTURE),
        ("a/target_user_type", json!(true), codes::STRUCTURE),
        ("a/target_user_type", json!(2), codes::STRUCTURE),
        ("a/fast_app_target", json!(0), codes::STRUCTURE),
        ("a/bi_tag", json!(42), codes::STRUCTURE),
        ("title", json!(GONE), codes::STRUCTURE),
        ("title", json!(""), codes::STRUCTURE),
        ("body", json!(GONE), codes::STRUCTURE),
        ("click_action", json!(GONE), codes::STRUCTURE),
        ("click_action", json!({}), codes::STRUCTURE),
        ("click_action", json!({"type": "3"}), codes::STRUCTURE),
        ("click_action", json!({"type": 4}), codes::STRUCTURE),
        ("click_action", json!({"type": 1}), codes::STRUCTURE),
        ("click_action", json!({"type": 1, "intent": "com.example.app/.Open"}), codes::STRUCTURE),
        ("click_action", json!({"type": 2}), codes::STRUCTURE),
        ("click_action", json!({"type": 2, "url": "http://example.com"}), codes::STRUCTURE),
        ("default_sound", json!(false), codes::STRUCTURE),
        ("default_sound", json!("true"), codes::STRUCTURE),
        ("importance", json!("HIGH"), codes::STRUCTURE),
        ("icon", json!("ic_launcher"), codes::STRUCTURE),
        ("color", json!("red"), codes::STRUCTURE),
        ("notify_id", json!("7"), codes::STRUCTURE),
        ("notify_id", json!(2_147_483_648_u64), codes::STRUCTURE),
        ("style", json!(2), codes::STRUCTURE),
        ("style", json!(1), codes::STRUCTURE),
        ("style", json!(3), codes::STRUCTURE),
        ("inbox_content", json!(["1", "2", "3", "4", "5", "6"]), codes::STRUCTURE),
        ("image", json!("http://example.com/a.png"), codes::STRUCTURE),
        ("badge", json!({"add_num": 0}), codes::STRUCTURE),
        ("badge", json!({"set_num": 100}), codes::STRUCTURE),
        ("badge", json!({"add_num": "1"}), codes::STRUCTURE),
        ("title_loc_args", json!(["a"]), codes::STRUCTURE),
        ("multi_lang_key", json!({"k": {"en": "", "zh": "", "de": "", "fr": ""}}), codes::STRUCTURE),
        ("foreground_show", json!("true"), codes::STRUCTURE),
        ("profile_id", json!("x".repeat(65)), codes::STRUCTURE),
        ("buttons", json!([{"name": "Open"}]), codes::STRUCTURE),
        ("buttons", json!([{"name": "x".repeat(41), "action_type": 0}]), codes::STRUCTURE),
        ("buttons", json!([{"name": "Share", "action_type": 4}]), codes::STRUCTURE),
        ("when", json!("2014-10-02 15:01:23"), codes::STRUCTURE),
        ("vibrate_config", json!(["61S"]), codes::STRUCTURE),
        ("light_settings", json!({"color": {"red": 2}}), codes::STRUCTURE),
        ("visibility", json!("private"), codes::STRUCTURE),
    ] {
        assert_eq!(old(&[(path, value.clone())]), want, "{path}: {value}");
    }
}

#[test]
fn good_v3_bodies_pass() {
    let alert = PushType::Alert;
    for (push_type, changes) in [
        (alert, &[][..]),
        (alert, &[("/target", json!({"token": tokens(1000)}))]),
        (alert, &[("/target", json!({"token": tokens(10)})), ("o/testMessage", json!(true))]),
        (alert, &[("/pushOptions", json!(GONE))]),
        (alert, &[("clickAction", json!({"actionType": 1, "action": "open", "data": {"k": 1}}))]),
        (alert, &[("clickAction", json!({"actionType": 1, "uri": "app://open"}))]),
        (alert, &[("style", json!(3)), ("inboxContent", json!(["a", "b", "c"]))]),
        (alert, &[("sound", json!("alert.mp3")), ("soundDuration", json!(60))]),
        (alert, &[("badge", json!({"setNum": 0})), ("appMessageId", json!("a-b_c=/+ 1"))]),
        (alert, &[("o/collapseKey", json!(7)), ("o/ttl", json!(1_296_000))]),
        (PushType::Background, &[("/payload", json!({"extraData": "x", "proxyData": "ENABLE"}))]),
        (PushType::Background, &[("/payload", json!({"extraData": "x"})), ("o/backgroundMode", json!(1))]),
        (PushType::Call, &[("/payload", json!({"extraData": "x"}))]),
        (PushType::Voice, &[("category", json!("PLAY_VOICE")), ("p/extraData", json!("x"))]),
    ] {
        assert_eq!(next(push_type, changes), 0, "{push_type:?} {changes:?}");
    }
    let form = json!({
        "formId": 1, "version": 1, "moduleName": "entry", "formName": "widget", "abilityName": "Ability",
        "formData": {"k": "v"}, "images": [],
    });
    assert_eq!(next(PushType::Form, &[("/payload", form)]), 0);
}

#[test]
fn every_bad_v3_place_has_its_code() {
    let alert = PushType::Alert;
    for (push_type, path, value, want) in [
        (alert, "/target", json!(GONE), codes::TOKEN_COUNT),
        (alert, "/target", json!({"token": []}), codes::TOKEN_COUNT),
        (alert, "/target", json!({"token": tokens(1001)}), codes::TOKEN_COUNT),
        (alert, "/target", json!({"token": "tokA"}), codes::STRUCTURE),
        (PushType::Form, "/target", json!({"token": tokens(2)}), codes::TOKEN_COUNT),
        (alert, "/payload", json!(GONE), codes::STRUCTURE),
        (alert, "/payload", json!({}), codes::STRUCTURE),
        (alert, "/pushOptions", json!([]), codes::STRUCTURE),
        (alert, "category", json!(GONE), codes::STRUCTURE),
        (alert, "category", json!("SYSTEM_REMINDER"), codes::STRUCTURE),
        (alert, "title", json!(GONE), codes::STRUCTURE),
        (alert, "body", json!(GONE), codes::STRUCTURE),
        (alert, "clickAction", json!(GONE), codes::STRUCTURE),
        (alert, "clickAction", json!({"actionType": 1}), codes::STRUCTURE),
        (alert, "clickAction", json!({"actionType": 5}), codes::STRUCTURE),
        (alert, "clickAction", json!({"actionType": 0, "data": "x"}), codes::STRUCTURE),
        (alert, "notifyId", json!("7"), codes::STRUCTURE),
        (alert, "appMessageId", json!("a.b"), codes::STRUCTURE),
        (alert, "soundDuration", json!(30), codes::STRUCTURE),
        (alert, "inboxContent", json!(["1", "2", "3", "4"]), codes::STRUCTURE),
        (alert, "style", json!(3), codes::STRUCTURE),
        (alert, "badge", json!({"addNum": 100}), codes::STRUCTURE),
        (alert, "o/ttl", json!("86400s"), codes::TTL),
        (alert, "o/ttl", json!(1_296_001), codes::TTL),
        (alert, "o/biTag", json!("x".repeat(65)), codes::STRUCTURE),
        (alert, "o/collapseKey", json!(101), codes::COLLAPSE_KEY),
        (PushType::Call, "o/collapseKey", json!(1), codes::COLLAPSE_KEY),
        (alert, "o/backgroundMode", json!(1), codes::STRUCTURE),
        (alert, "o/testMessage", json!(1), codes::STRUCTURE),
        (PushType::Background, "/payload", json!({"extraData": {"k": 1}}), codes::STRUCTURE),
        (PushType::Background, "/payload", json!({"extraData": "x", "proxyData": "on"}), codes::STRUCTURE),
        (PushType::Voice, "p/extraData", json!("x"), codes::STRUCTURE),
        (PushType::Form, "/payload", json!({"formId": 1}), codes::STRUCTURE),
    ] {
        assert_eq!(next(push_type, &[(path, value.clone())]), want, "{push_type:?} {path}: {value}");
    }
    let test = &[("/target", json!({"token": tokens(11)})), ("o/testMessage", json!(true))];
    assert_eq!(next(alert, test), codes::TEST_TOKENS);
}

#[test]
fn push_types_are_read() {
    assert_eq!(PushType::read(Some("0")), Ok(PushType::Alert));
    assert_eq!(PushType::read(Some("10")), Ok(PushType::Call));
    for header in [None, Some("7"), Some("alert"), Some("")] {
        assert_eq!(PushType::read(header).unwrap_err().code, codes::PARAMETER);
    }
}
