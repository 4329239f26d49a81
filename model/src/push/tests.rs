use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::{Click, Environment, Overflow, Priority, PushType, Sound};

const VENDORS: &[Vendor] = &[Vendor::new("apns"), Vendor::new("mi")];

const WHOLE: &str = r##"{
  "id": "order-4711", "app": "demo",
  "message": {
    "title": "Your order is on its way", "subtitle": "s", "body": "Tap to follow it", "image": "https://example.com/a.png",
    "sound": {"android": "xg_ring", "ios": "xg_ring.wav", "critical": true, "volume": 0.5},
    "click": {"activity": "com.example.app.OrderActivity", "params": {"order": "4711"}},
    "badge": 3, "group": "g", "category": "IM", "android_channel": "high", "icon": "i", "color": "#00ff7F",
    "importance": "high", "push_type": "alert", "data": {"order": "4711"}, "overrides": {"mi": {"extra.ticker": "x"}}
  },
  "options": {"ttl": 86400, "priority": "normal", "replace_key": "order-4711", "send_at": "2026-11-22T18:30:00Z",
              "overflow": "shorten"},
  "targets": [
    {"vendor": "apns", "token": "00ff", "environment": "sandbox"},
    {"vendor": "mi", "token": "regid", "dialect": "v3"}
  ]
}"##;

fn faults(json: &str) -> Vec<String> {
    match Push::parse(json.as_bytes(), VENDORS) {
        Err(PushFault::Invalid(faults)) => {
            faults.iter().map(|fault| format!("{} {}", fault.path.pointer(), fault.detail)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn with(message: &str) -> String {
    format!(r#"{{"app":"demo","message":{message},"targets":[{{"vendor":"mi","token":"r"}}]}}"#)
}

#[test]
fn a_whole_push_is_read() {
    let push = Push::parse(WHOLE.as_bytes(), VENDORS).unwrap();
    assert_eq!(push.id.as_str(), "order-4711");
    assert_eq!(push.options.ttl, Some(Duration::from_secs(86_400)));
    assert_eq!((push.options.priority, push.options.overflow), (Priority::Normal, Overflow::Shorten));
    assert_eq!(push.options.send_at, Some(UNIX_EPOCH + Duration::from_secs(1_795_372_200)));
    assert!(matches!(&push.message.click, Some(Click::Activity { class, .. }) if class.ends_with("OrderActivity")));
    assert!(matches!(&push.message.sound, Sound::Ringtone(ringtone) if ringtone.critical));
    assert_eq!(push.targets[0].environment, Environment::Sandbox);
    assert_eq!(push.targets[1].index, 1);
    assert!(push.message.overrides.contains_key(&Vendor::new("mi")));
}

#[test]
fn a_whole_number_may_be_written_as_a_fraction() {
    let push = |ttl: &str| {
        format!(
            r#"{{"app":"a","message":{{"badge":3.0}},"options":{{"ttl":{ttl}}},"targets":[{{"vendor":"mi","token":"r"}}]}}"#
        )
    };
    let read = Push::parse(push("6e1").as_bytes(), VENDORS).unwrap();
    assert_eq!((read.message.badge, read.options.ttl), (Some(3), Some(Duration::from_secs(60))));
    assert_eq!(faults(&push("0.5")), ["/options/ttl must be a whole number, 0 or more, not a fraction"]);
    for bad in ["-1", "-1.0", "1e300"] {
        assert_eq!(faults(&push(bad)).len(), 1, "{bad}");
    }
    assert_eq!(faults(&with(r#"{"badge":4294967296}"#)), ["/message/badge must be a whole number, 0 or more"]);
}

#[test]
fn what_is_left_out_has_defaults() {
    let push = Push::parse(with(r#"{"title":"t"}"#).as_bytes(), VENDORS).unwrap();
    assert_eq!(push.id.as_str().len(), 36);
    assert_eq!((push.message.push_type, &push.message.sound), (PushType::Alert, &Sound::Default));
    assert_eq!((push.options.ttl, push.options.priority), (None, Priority::High));
    let data_only = Push::parse(with(r#"{"data":{"a":"b"}}"#).as_bytes(), VENDORS).unwrap();
    assert_eq!(data_only.message.push_type, PushType::Background);
}

#[test]
fn every_fault_is_reported_with_its_path() {
    let json = r#"{"app": "de mo", "colour": 1, "message": {"title": 5, "sound": {"ios": "a/b", "loud": true},
        "click": {"app": true, "url": "https://x"}, "overrides": {"palm": {}}},
        "options": {"ttl": -1, "priority": "urgent", "replace_key": "", "send_at": "tomorrow"},
        "targets": [{"vendor": "mi", "token": "r"}, {"vendor": "palm", "token": "a\nb"}, {"environment": "test"}]}"#;
    assert_eq!(
        faults(json),
        [
            "/colour is not a known field here; known are id, app, message, options, targets",
            "/message/title must be a string, not a whole number",
            "/message/sound/loud is not a known field here; known are android, ios, critical, volume",
            "/options/ttl must be a whole number, 0 or more",
            "/app must be 1 to 64 characters of letters, digits, '.', '_' and '-'",
            "/message/sound/ios must be a plain file name such as ring.wav (aiff, wav or caf)",
            "/message/click must hold exactly one of app, url, deep_link, activity, intent",
            "/message/overrides/palm must be one of apns, mi",
            "/options/priority must be one of high, normal",
            "/options/replace_key must be 1 to 64 printable ASCII characters, no blank at its ends",
            "/options/send_at must be a time of RFC 3339, such as 2026-11-22T18:30:00Z",
            "/targets/1/vendor must be one of apns, mi",
            "/targets/1/token must not hold control characters, line breaks or blanks",
            "/targets/2/vendor is required",
            "/targets/2/token is required",
            "/targets/2/environment must be one of production, sandbox",
        ]
    );
}

#[test]
fn an_empty_object_lacks_all_that_is_required() {
    assert_eq!(faults("{}"), ["/app is required", "/message is required", "/targets is required"]);
    assert_eq!(faults("7"), [" must be an object, not a whole number"]);
}

#[test]
fn targets_are_one_to_ten_thousand() {
    let push = |count: usize| {
        let targets = vec![r#"{"vendor":"mi","token":"r"}"#; count].join(",");
        format!(r#"{{"app":"demo","message":{{"title":"t"}},"targets":[{targets}]}}"#)
    };
    assert_eq!(Push::parse(push(10_000).as_bytes(), VENDORS).unwrap().targets.len(), 10_000);
    assert_eq!(faults(&push(10_001)), ["/targets must hold 1 to 10000 targets, not 10001"]);
    assert_eq!(faults(&push(0)), ["/targets must hold 1 to 10000 targets, not 0"]);
}

#[test]
fn a_huge_title_is_named() {
    let json = with(&format!(r#"{{"title":"{}"}}"#, "x".repeat(2_000_000)));
    assert_eq!(faults(&json), ["/message/title is 2000000 bytes long; at most 16384 are taken"]);
}

#[test]
fn what_is_not_json_says_where() {
    let fault = Push::parse(b"{\"app\": \n oops}", VENDORS).unwrap_err();
    assert!(matches!(fault, PushFault::Malformed { line: 2, .. }), "{fault}");
    assert!(matches!(Push::parse(b"", VENDORS), Err(PushFault::Malformed { .. })));
    assert!(matches!(Push::parse(b"\xff\xfe", VENDORS), Err(PushFault::Malformed { .. })));
}

#[test]
fn the_same_field_twice_is_refused() {
    let twice = r#"{"app":"demo","app":"demo","message":{"title":"t"},"targets":[{"vendor":"mi","token":"r"}]}"#;
    let faults = faults(twice);
    assert!(faults[0].contains("duplicate field `app`"), "{faults:?}");
}

#[test]
fn arrays_are_no_objects() {
    let target = r#"{"app":"demo","message":{"title":"t"},"targets":[["mi","r",null,null]]}"#;
    assert_eq!(faults(target), ["/targets/0 must be an object, not an array"]);
    assert_eq!(faults(r#"["id","demo",{"title":"t"},null,[]]"#), [" must be an object, not an array"]);
    assert_eq!(faults(&with("[\"t\"]")), ["/message must be an object, not an array"]);
    assert_eq!(
        faults(r#"{"app":"demo","message":{"title":"t"},"targets":[null]}"#),
        ["/targets/0 must be an object, not null"]
    );
}

#[test]
fn of_a_very_long_faulty_body_the_first_fault_is_told() {
    let rows = vec![r#"{"vendor":"mi","tokn":"r"}"#; 100_000].join(",");
    let json = format!(r#"{{"app":"demo","message":{{"title":"t"}},"targets":[{rows}]}}"#);
    let faults = faults(&json);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("/targets/0"), "{faults:?}");
}

#[test]
fn overrides_are_bounded() {
    let fields: Vec<String> = (0..101).map(|n| format!("\"f{n}\":1")).collect();
    let many = with(&format!(r#"{{"title":"t","overrides":{{"mi":{{{}}}}}}}"#, fields.join(",")));
    assert_eq!(faults(&many), ["/message/overrides/mi at most 100 fields and 32768 bytes are taken"]);
    let long = with(&format!(r#"{{"title":"t","overrides":{{"mi":{{"f":"{}"}}}}}}"#, "x".repeat(40_000)));
    assert_eq!(faults(&long).len(), 1);
}

#[test]
fn links_that_could_run_elsewhere_are_refused() {
    for (click, path) in [
        (r#"{"deep_link":"javascript:alert(1)"}"#, "/message/click/deep_link"),
        (r#"{"deep_link":"JavaScript:alert(1)"}"#, "/message/click/deep_link"),
        (r#"{"deep_link":"INTENT:x"}"#, "/message/click/deep_link"),
        (r#"{"deep_link":"nolink"}"#, "/message/click/deep_link"),
        (r#"{"url":"ftp://x"}"#, "/message/click/url"),
        (r#"{"intent":"intent:x"}"#, "/message/click/intent"),
        (r#"{"activity":"a b"}"#, "/message/click/activity"),
        (r#"{"url":"https://x","params":{}}"#, "/message/click/params"),
    ] {
        let faults = faults(&with(&format!(r#"{{"title":"t","click":{click}}}"#)));
        assert!(faults[0].starts_with(path), "{faults:?}");
    }
}
