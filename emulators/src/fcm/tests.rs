//! The rules for one message, without sockets: a good request with something changed.

use serde_json::{Value, json};

use super::message::{self, Target};
use super::reader;
use super::refusal::Refusal;

/// The texts of the first fault: message, and the field that the details name.
fn fault(request: &Value) -> Option<(String, String)> {
    let refusal = match reader::read(request) {
        Err(violations) => Refusal::unreadable(&violations),
        Ok(read) => message::check(read["message"].as_object().unwrap()).err()?,
    };
    let field = refusal.details.iter().find_map(|detail| detail["fieldViolations"][0]["field"].as_str());
    Some((refusal.message, field.unwrap_or_default().to_owned()))
}

/// A request with these fields in its message beside a token.
fn with(fields: &Value) -> Value {
    let mut message = json!({ "token": "ok-1", "notification": { "title": "Your order", "body": "is on its way" } });
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    json!({ "message": message })
}

fn android(fields: &Value) -> Value {
    with(&json!({ "android": fields }))
}

fn shown(fields: &Value) -> Value {
    android(&json!({ "notification": fields }))
}

#[test]
fn good_messages_pass() {
    let light = json!({ "color": { "red": 1, "green": 0.5, "blue": 0, "alpha": 1 },
        "light_on_duration": "0.5s", "light_off_duration": "1s" });
    for request in [
        with(&json!({})),
        with(&json!({ "data": { "a": "1", "collapse_key": "x" }, "notification": null })),
        with(&json!({ "fcm_options": { "analytics_label": "a-b_c.~%9" } })),
        with(&json!({ "notification": { "title": "t", "body": "b", "image": "https://example.com/a.png" } })),
        android(&json!({ "collapse_key": "k", "priority": "high", "ttl": "3.5s", "direct_boot_ok": true })),
        android(&json!({ "collapseKey": "k", "priority": "NORMAL", "restrictedPackageName": "com.example.app" })),
        android(&json!({ "ttl": "2419200s", "bandwidth_constrained_ok": true, "restricted_satellite_ok": false })),
        android(&json!({ "ttl": "0s", "data": { "b": "2" }, "fcm_options": { "analytics_label": "x" } })),
        shown(
            &json!({ "channel_id": "c", "sound": "xg_ring", "color": "#00ff9A", "tag": "t", "click_action": "OPEN" }),
        ),
        shown(&json!({ "titleLocKey": "k", "titleLocArgs": ["a"], "body_loc_key": "k", "body_loc_args": [] })),
        shown(&json!({ "notification_count": 3, "notification_priority": "PRIORITY_MAX", "visibility": "PUBLIC" })),
        shown(&json!({ "proxy": "DENY", "event_time": "2014-10-02T15:01:23.045Z", "vibrate_timings": ["0s", "1.5s"] })),
        shown(&json!({ "light_settings": light, "sticky": true, "local_only": false, "ticker": "t", "icon": "i" })),
        with(&json!({ "apns": { "headers": { "apns-priority": "10", "apns-expiration": "0" },
            "payload": { "aps": { "alert": "x" }, "own": 1 }, "live_activity_token": "00" } })),
        with(
            &json!({ "apns": { "headers": { "apns-priority": "5" }, "payload": { "aps": { "content-available": 1 } } },
            "notification": null }),
        ),
        with(&json!({ "webpush": { "headers": { "TTL": "3600", "Urgency": "high" }, "notification": { "any": [1] },
            "fcm_options": { "link": "https://example.com/" } } })),
        json!({ "validateOnly": true, "message": { "topic": "news" } }),
    ] {
        assert_eq!(fault(&request), None, "{request}");
    }
}

#[test]
fn names_and_types_are_checked_in_the_services_words() {
    let unknown = |name: &str, at: &str| {
        format!("Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field.")
    };
    let duration = "type.googleapis.com/google.protobuf.Duration";
    let fcm = "type.googleapis.com/google.firebase.fcm.v1";
    for (request, text, field) in [
        (with(&json!({ "key": 1 })), unknown("key", "message"), "message"),
        (with(&json!({ "notification": { "color": "#fff" } })), unknown("color", "message.notification"), "message.notification"),
        (android(&json!({ "androidV2": {} })), unknown("androidV2", "message.android"), "message.android"),
        (
            json!({ "message": { "token": "ok-1" }, "to": 1 }),
            "Invalid JSON payload received. Unknown name \"to\": Cannot find field.".to_owned(),
            "",
        ),
        (
            with(&json!({ "data": { "a": 12 } })),
            "Invalid value at 'message.data[0].value' (TYPE_STRING), 12".to_owned(),
            "message.data[0].value",
        ),
        (
            android(&json!({ "data": { "a": "1", "b": true } })),
            "Invalid value at 'message.android.data[1].value' (TYPE_STRING), true".to_owned(),
            "message.android.data[1].value",
        ),
        (
            with(&json!({ "token": ["ok-1"] })),
            "Invalid JSON payload received. Unknown name \"token\" at 'message': Proto field is not repeating, cannot start list."
                .to_owned(),
            "message",
        ),
        (
            with(&json!({ "topic": "a" })),
            "Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set 'topic'".to_owned(),
            "message",
        ),
        (
            android(&json!({ "ttl": "5" })),
            format!("Invalid value at 'message.android.ttl' ({duration}), Field 'ttl', Illegal duration format; duration must end with 's'"),
            "message.android.ttl",
        ),
        (android(&json!({ "ttl": 5 })), format!("Invalid value at 'message.android.ttl' ({duration}), 5"), "message.android.ttl"),
        (
            android(&json!({ "priority": "urgent" })),
            format!("Invalid value at 'message.android.priority' ({fcm}.AndroidMessagePriority), \"urgent\""),
            "message.android.priority",
        ),
        (
            with(&json!({ "notification": "hello" })),
            format!("Invalid value at 'message.notification' ({fcm}.Notification), \"hello\""),
            "message.notification",
        ),
        (
            shown(&json!({ "sticky": "yes" })),
            "Invalid value at 'message.android.notification.sticky' (TYPE_BOOL), \"yes\"".to_owned(),
            "message.android.notification.sticky",
        ),
        (json!([]), "Invalid JSON payload received. Root element must be a message.".to_owned(), ""),
    ] {
        assert_eq!(fault(&request), Some((text, field.to_owned())), "{request}");
    }
}

#[test]
fn all_unreadable_fields_are_told_at_once() {
    let (text, _) = fault(&with(&json!({ "a": 1, "b": 2 }))).unwrap();
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn every_bad_field_is_named() {
    let light = json!({ "color": { "red": 2 }, "light_on_duration": "0s", "light_off_duration": "0s" });
    let long = "x".repeat(51);
    for (request, field) in [
        (with(&json!({ "token": "" })), "message"),
        (with(&json!({ "data": { "from": "x" } })), "message.data"),
        (with(&json!({ "data": { "message_type": "x" } })), "message.data"),
        (with(&json!({ "data": { "google.x": "x" } })), "message.data"),
        (with(&json!({ "data": { "gcm.notification.x": "x" } })), "message.data"),
        (with(&json!({ "fcm_options": { "analytics_label": long } })), "message.fcm_options.analytics_label"),
        (with(&json!({ "notification": { "image": "a.png" } })), "message.notification.image"),
        (android(&json!({ "ttl": "2419201s" })), "message.android.ttl"),
        (android(&json!({ "ttl": "-1s" })), "message.android.ttl"),
        (android(&json!({ "restricted_package_name": "com.other" })), "message.android.restricted_package_name"),
        (android(&json!({ "data": { "gcm": "x" } })), "message.android.data"),
        (shown(&json!({ "color": "red" })), "message.android.notification.color"),
        (shown(&json!({ "image": "ftp://x/y" })), "message.android.notification.image"),
        (shown(&json!({ "title_loc_args": ["a"] })), "message.android.notification.title_loc_args"),
        (shown(&json!({ "body_loc_args": ["a"] })), "message.android.notification.body_loc_args"),
        (shown(&json!({ "notification_count": -1 })), "message.android.notification.notification_count"),
        (shown(&json!({ "vibrate_timings": ["-1s"] })), "message.android.notification.vibrate_timings"),
        (shown(&json!({ "event_time": "today" })), "message.android.notification.event_time"),
        (shown(&json!({ "light_settings": {} })), "message.android.notification.light_settings.color"),
        (shown(&json!({ "light_settings": light })), "message.android.notification.light_settings.color"),
        (with(&json!({ "apns": { "headers": { "apns-priority": "7" } } })), "message.apns.headers.apns-priority"),
        (with(&json!({ "apns": { "headers": { "apns-expiration": "x" } } })), "message.apns.headers.apns-expiration"),
        (with(&json!({ "apns": { "payload": { "aps": "x" } } })), "message.apns.payload"),
        (with(&json!({ "webpush": { "headers": { "TTL": "soon" } } })), "message.webpush.headers.TTL"),
        (with(&json!({ "webpush": { "fcm_options": { "link": "http://x/" } } })), "message.webpush.fcm_options.link"),
        (json!({ "message": { "topic": "/topics/a" } }), "message"),
    ] {
        assert_eq!(fault(&request).map(|(_, field)| field).as_deref(), Some(field), "{request}");
    }
}

#[test]
fn data_messages_to_ios_need_priority_5() {
    let apns = json!({ "headers": { "apns-priority": "10" }, "payload": { "aps": { "content-available": 1 } } });
    let request = with(&json!({ "notification": null, "data": { "a": "1" }, "apns": apns }));
    assert_eq!(fault(&request).unwrap().1, "message.apns.headers.apns-priority");
}

#[test]
fn a_bad_condition_has_no_details() {
    let request = json!({ "message": { "condition": "a && b" } });
    assert_eq!(fault(&request), Some(("Request contains an invalid argument.".to_owned(), String::new())));
}

#[test]
fn size_counts_keys_and_values_of_what_reaches_a_platform() {
    let data = |count: usize| json!({ "message": { "token": "ok-1", "data": { "k": "x".repeat(count) } } });
    assert_eq!(fault(&data(4095)), None);
    assert_eq!(fault(&data(4096)).unwrap().0, "Message is too large. The maximum is 4K (4096 bytes).");
    let half = "x".repeat(2500);
    let replaced = json!({ "message": { "token": "ok-1", "data": { "k": half }, "android": { "data": { "k": half } },
        "webpush": { "data": { "k": half } } } });
    assert_eq!(fault(&replaced), None);
    let ios = json!({ "message": { "token": "ok-1", "apns": { "payload": { "own": "x".repeat(4096) } } } });
    assert!(fault(&ios).is_some());
}

#[test]
fn every_kind_of_target_is_known() {
    for (name, value) in [("token", "t"), ("fid", "f"), ("topic", "news"), ("condition", "'a' in topics")] {
        let read = reader::read(&json!({ "message": { name: value } })).unwrap();
        let want = match name {
            "token" => Target::Token(value),
            "fid" => Target::Fid(value),
            "topic" => Target::Topic(value),
            _ => Target::Condition,
        };
        assert_eq!(message::check(read["message"].as_object().unwrap()), Ok(want));
    }
}
