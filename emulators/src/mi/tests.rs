//! The rules for one message, without sockets: a good form with one field changed.

use super::form::regids;
use super::message;
use crate::form::Form;

const NOW_MS: u64 = 1_800_000_000_000;

fn good() -> Vec<(&'static str, String)> {
    [
        ("registration_id", "r1"),
        ("restricted_package_name", "com.example.app"),
        ("title", "Your order"),
        ("description", "is on its way"),
        ("extra.channel_id", "high"),
        ("extra.notify_effect", "1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// The code for the good form with these fields set; an empty value takes the field away.
fn code(changes: &[(&'static str, &str)]) -> i64 {
    let mut fields = good();
    for (name, value) in changes {
        fields.retain(|(found, _)| found != name);
        if *value != GONE {
            fields.push((name, (*value).to_owned()));
        }
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    message::check(&Form::parse(body.as_bytes()).unwrap(), true, NOW_MS).map_or_else(|refusal| refusal.code, |()| 0)
}

const GONE: &str = "\0";

#[test]
fn good_messages_pass() {
    let title = "題".repeat(49);
    let intent = "intent:#Intent;component=com.example.app/.Open;S.a=1;end";
    for changes in [
        &[][..],
        &[("title", &*title)],
        &[("notify_type", "-1"), ("notify_id", "-2147483648"), ("time_to_live", "864000000")],
        &[("notify_type", "7"), ("notify_id", "2147483647"), ("time_to_live", "1")],
        &[("extra.notify_effect", "2"), ("extra.intent_uri", intent)],
        &[("extra.notify_effect", "2"), ("extra.class_name", "com.example.app.Open")],
        &[("extra.notify_effect", "3"), ("extra.web_uri", "https://example.com/a?b#c")],
        &[("extra.jobkey", "a_-0123456789"[..12].trim())],
        &[("time_to_send", "1800000060000")],
        &[("extra.callback", "https://example.com/r"), ("extra.callback.param", "x"), ("extra.callback.type", "19")],
        &[("pass_through", "1"), ("title", GONE), ("description", GONE), ("extra.notify_effect", GONE)],
        &[("restricted_package_name", GONE)],
        &[("extra.template_id", "T1"), ("extra.template_param", r#"{"keywords1":"Bob"}"#)],
        &[("no_such_field", "1")],
    ] {
        assert_eq!(code(changes), 0, "{changes:?}");
    }
}

#[test]
fn every_bad_field_has_its_code() {
    let (x50, x128, x4096) = ("x".repeat(50), "x".repeat(128), "x".repeat(4096));
    let (url, param) = (format!("https://example.com/{}", "x".repeat(120)), "x".repeat(65));
    let long_extra = "x".repeat(1020);
    for (changes, want) in [
        (&[("restricted_package_name", "com.other")][..], 22022),
        (&[("restricted_package_name", "com.example.app,com.other")], 22022),
        (&[("title", GONE)], 10016),
        (&[("title", " ")], 10017),
        (&[("title", &*x50)], 10017),
        (&[("description", GONE)], 10016),
        (&[("description", "\u{3000}")], 10017),
        (&[("description", &*x128)], 10017),
        (&[("payload", &*x4096)], 65009),
        (&[("pass_through", "2")], 10017),
        (&[("notify_type", "8")], 10017),
        (&[("notify_type", "sound")], 10017),
        (&[("notify_id", "2147483648")], 22103),
        (&[("time_to_live", "0")], 10017),
        (&[("time_to_live", "864000001")], 10017),
        (&[("extra.channel_id", "news"), ("time_to_live", "86400001")], 10017),
        (&[("time_to_send", "soon")], 10017),
        (&[("time_to_send", "1802592000001")], 10017),
        (&[("extra.channel_id", GONE)], 27001),
        (&[("extra.channel_id", "nobody")], 27001),
        (&[("extra.notify_effect", GONE)], 10016),
        (&[("extra.notify_effect", "4")], 10017),
        (&[("extra.notify_effect", "2")], 10016),
        (&[("extra.notify_effect", "2"), ("extra.intent_uri", "https://x")], 10017),
        (&[("extra.notify_effect", "3")], 10016),
        (&[("extra.notify_effect", "3"), ("extra.web_uri", "ftp://x/y")], 10017),
        (&[("extra.notify_effect", "3"), ("extra.web_uri", "/y")], 10017),
        (&[("extra.notify_foreground", "yes")], 10017),
        (&[("extra.jobkey", "_a")], 10017),
        (&[("extra.jobkey", "0123456789abc")], 10017),
        (&[("extra.badge", "many")], 10017),
        (&[("extra.template_param", "Bob")], 10041),
        (&[("extra.own", &*long_extra), ("extra.k", "v")], 65015),
        (&[("extra.callback", "not a url")], 65038),
        (&[("extra.callback", &*url)], 65037),
        (&[("extra.callback", "https://example.com/"), ("extra.callback.param", &*param)], 65036),
        (&[("extra.callback.type", "all")], 10017),
    ] {
        assert_eq!(code(changes), want, "{changes:?}");
    }
}

#[test]
fn developers_have_ten_pairs_besides_the_vendors() {
    const KEYS: [&str; 11] = [
        "extra.a", "extra.b", "extra.c", "extra.d", "extra.e", "extra.f", "extra.g", "extra.h", "extra.i", "extra.j",
        "extra.k",
    ];
    let pairs = KEYS.map(|key| (key, "v"));
    assert_eq!(code(&pairs[..10]), 0);
    assert_eq!(code(&pairs), 65014);
}

#[test]
fn a_trailing_comma_is_tolerated() {
    assert_eq!(regids("a,b,"), ["a", "b"]);
    assert!(regids(",").is_empty());
}
