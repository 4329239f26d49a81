//! The rules for one message, without sockets: a good message with one field changed.

use serde_json::{Value, json};

use super::message::{Notice, check};

/// Takes a field away.
const GONE: &str = "\0";

fn good() -> Value {
    json!({
        "noticeBarInfo": {"noticeMsgType": 1, "noticeBarType": 0, "title": "Your order", "content": "is on its way"},
        "clickTypeInfo": {"clickType": 0, "parameters": {"order": "42"}},
        "pushTimeInfo": {"offLine": 1, "validTime": 24},
        "advanceInfo": {"notificationType": {"vibrate": 1, "lights": 1, "sound": 1}, "notifyKey": "c-42"},
    })
}

/// The code for the good message with these fields, `section.field`, set.
fn code(changes: &[(&str, Value)]) -> i64 {
    let mut message = good();
    for (path, value) in changes {
        let mut parts = path.rsplitn(2, '/');
        let name = parts.next().unwrap();
        let mut at = &mut message;
        for section in parts.next().into_iter().flat_map(|sections| sections.split('/')) {
            if at[section].is_null() {
                at[section] = json!({});
            }
            at = &mut at[section];
        }
        if *value == GONE {
            at.as_object_mut().unwrap().remove(name);
        } else {
            at[name] = value.clone();
        }
    }
    check(&message.to_string()).map_or_else(|refusal| refusal.code, |_| 0)
}

fn click(kind: u64) -> (&'static str, Value) {
    ("clickTypeInfo/clickType", json!(kind))
}

#[test]
fn good_messages_pass() {
    let (title, content) = ("題".repeat(32), "😀".repeat(50));
    for changes in [
        &[][..],
        &[("noticeBarInfo/title", json!(title)), ("noticeBarInfo/content", json!(content))],
        &[("noticeBarInfo/noticeMsgType", json!(null)), ("noticeBarInfo/noticeBarType", json!(2))],
        &[("clickTypeInfo", json!(GONE)), ("pushTimeInfo", json!(GONE)), ("advanceInfo", json!(null))],
        &[("noticeExpandInfo/noticeExpandType", json!(1)), ("noticeExpandInfo/noticeExpandContent", json!("more"))],
        &[
            ("noticeExpandInfo/noticeExpandType", json!(2)),
            ("noticeExpandInfo/noticeExpandImgUrl", json!("https://img.example.com/a.png")),
        ],
        &[click(1), ("clickTypeInfo/activity", json!("com.example.app.OpenActivity"))],
        &[click(2), ("clickTypeInfo/url", json!("https://example.com/a?b#c"))],
        &[click(2), ("clickTypeInfo/url", json!("myapp://order/42"))],
        &[click(3), ("clickTypeInfo/customAttribute", json!("x".repeat(1000)))],
        &[("clickTypeInfo/parameters", json!({"n": 1, "b": true}))],
        &[("pushTimeInfo/offLine", json!(false)), ("pushTimeInfo/validTime", json!(72))],
        &[("advanceInfo/suspend", json!(true)), ("advanceInfo/clearNoticeBar", json!(false))],
        &[("advanceInfo/notificationType", json!({"vibrate": true, "lights": false, "sound": 0}))],
        &[("advanceInfo/fixSpeed", json!(false)), ("advanceInfo/fixSpeedRate", json!(0))],
        &[("advanceInfo/notifyKey", json!("aZ0_-678"))],
        &[
            ("advanceInfo/fixDisplay", json!(1)),
            ("advanceInfo/fixStartDisplayTime", json!("2026-11-22 08:00:00")),
            ("advanceInfo/fixEndDisplayTime", json!("2026-11-22 20:00:00")),
        ],
        &[("vipInfo/subtitle", json!("news")), ("vipInfo/timeTop", json!(1800)), ("vipInfo/pullDownTop", json!(0))],
        &[("vipInfo/titleColor", json!("#206CFF")), ("vipInfo/notGroup", json!(true))],
        &[
            ("extra/callback", json!("https://example.com/receipts")),
            ("extra/callback.param", json!("m-42")),
            ("extra/callback.type", json!("3")),
        ],
        &[("extra/callback.type", json!(1)), ("extra/own", json!("text"))],
        &[("noSuchInfo/field", json!(1)), ("noticeBarInfo/noSuchField", json!([]))],
    ] {
        assert_eq!(code(changes), 0, "{changes:?}");
    }
}

#[test]
fn every_bad_field_has_its_code() {
    let x = |count: usize| json!("x".repeat(count));
    let url = format!("https://example.com/{}", "x".repeat(109));
    for (path, value, want) in [
        ("noticeBarInfo", json!(GONE), 110_004),
        ("noticeBarInfo", json!([]), 1005),
        ("noticeBarInfo/noticeMsgType", json!(2), 1005),
        ("noticeBarInfo/noticeMsgType", json!("1"), 1005),
        ("noticeBarInfo/noticeBarType", json!(1), 1005),
        ("noticeBarInfo/title", json!(GONE), 110_004),
        ("noticeBarInfo/title", json!(""), 110_004),
        ("noticeBarInfo/title", json!(7), 1005),
        ("noticeBarInfo/title", x(33), 1005),
        ("noticeBarInfo/title", json!("😀".repeat(17)), 1005),
        ("noticeBarInfo/content", json!(null), 110_004),
        ("noticeBarInfo/content", x(101), 1005),
        ("noticeExpandInfo/noticeExpandType", json!(3), 1005),
        ("noticeExpandInfo/noticeExpandType", json!(1), 110_004),
        ("noticeExpandInfo/noticeExpandType", json!(2), 110_004),
        ("clickTypeInfo/clickType", json!(4), 1005),
        ("clickTypeInfo/clickType", json!(1), 110_004),
        ("clickTypeInfo/clickType", json!(2), 110_004),
        ("clickTypeInfo/clickType", json!(3), 110_004),
        ("clickTypeInfo/activity", x(1001), 1005),
        ("clickTypeInfo/url", x(1001), 1005),
        ("clickTypeInfo/customAttribute", json!("é".repeat(501)), 1005),
        ("clickTypeInfo/parameters", json!("{}"), 1005),
        ("clickTypeInfo/parameters", json!([]), 1005),
        ("pushTimeInfo/offLine", json!(2), 1005),
        ("pushTimeInfo/offLine", json!("1"), 1005),
        ("pushTimeInfo/validTime", json!(0), 1005),
        ("pushTimeInfo/validTime", json!(73), 1005),
        ("pushTimeInfo/validTime", json!(1.5), 1005),
        ("pushTimeInfo/pushTimeType", json!(1), 1005),
        ("advanceInfo/suspend", json!(2), 1005),
        ("advanceInfo/fixDisplay", json!(1), 110_004),
        ("advanceInfo/fixStartDisplayTime", json!("tomorrow"), 1005),
        ("advanceInfo/fixSpeedRate", json!("fast"), 1005),
        ("advanceInfo/notificationType", json!(7), 1005),
        ("advanceInfo/notificationType/sound", json!("ring"), 1005),
        ("advanceInfo/notifyKey", x(9), 1005),
        ("advanceInfo/notifyKey", json!("a b"), 1005),
        ("advanceInfo/notifyKey", json!(42), 1005),
        ("vipInfo/subtitle", x(17), 1005),
        ("vipInfo/timeTop", json!(1799), 1005),
        ("vipInfo/titleColor", json!("red"), 1005),
        ("vipInfo/bigIconUrl", json!("icon.png"), 1005),
        ("extra", json!("a"), 1005),
        ("extra/own", json!(1), 1005),
        ("extra/callback", json!("example.com"), 1005),
        ("extra/callback", json!(url), 1005),
        ("extra/callback", json!("https://unregistered.example.com/"), 1005),
        ("extra/callback.param", x(65), 1005),
        ("extra/callback.type", json!(4), 1005),
        ("extra/callback.type", json!("all"), 1005),
    ] {
        assert_eq!(code(&[(path, value.clone())]), want, "{path} {value}");
    }
}

#[test]
fn fields_that_do_not_go_together_are_refused() {
    for changes in [
        &[click(1), ("clickTypeInfo/activity", json!(".OpenActivity"))][..],
        &[click(2), ("clickTypeInfo/url", json!("example"))],
        &[("vipInfo/pullDownTop", json!(1)), ("vipInfo/timeTop", json!(1800))],
        &[
            ("noticeExpandInfo/noticeExpandType", json!(2)),
            ("noticeExpandInfo/noticeExpandImgUrl", json!("file:///a.png")),
        ],
    ] {
        assert_eq!(code(changes), 1005, "{changes:?}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for text in ["", "[]", "null", r#""a""#, "{"] {
        assert_eq!(check(text).unwrap_err().code, 1005, "{text}");
    }
}

#[test]
fn public_is_the_default() {
    let public = |value: Value| {
        let mut message = good();
        message["noticeBarInfo"]["noticeMsgType"] = value;
        check(&message.to_string()).unwrap()
    };
    assert_eq!(public(json!(1)), Notice { public: false });
    assert_eq!(public(json!(0)), Notice { public: true });
    assert_eq!(public(Value::Null), Notice { public: true });
}
