//! One message that all vendors understand, and one vocabulary for what they answer.

use serde_json::{Value, json};

use crate::support::{Rig, simple, target, words};

const VENDORS: [&str; 5] = ["apns", "fcm", "mi", "huawei", "meizu"];

/// The body of the last request to a vendor that carried a device token.
fn sent(rig: &Rig, vendor: &str) -> Value {
    let received = rig.received(vendor);
    received.iter().rev().find(|request| !request.tokens.is_empty()).unwrap().body.clone()
}

#[tokio::test]
async fn one_push_says_the_same_to_all() {
    let rig = Rig::start().await;
    let mut targets: Vec<Value> = VENDORS.iter().map(|vendor| target(vendor, "ok-1")).collect();
    targets.push(json!({"vendor": "huawei", "token": "ok-2", "dialect": "v3"}));
    let mut push = simple("demo", &targets);
    push["message"]["sound"] = json!("xg_ring.wav");
    push["message"]["click"] = json!({"activity": "com.example.app.OrderActivity", "params": {"order": "47 11"}});
    let results = rig.push(push).await;
    assert!(results.iter().all(|result| result["outcome"] == "accepted"), "{results:?}");

    let activity = "com.example.app.OrderActivity";
    let intent = "component=com.example.app/com.example.app.OrderActivity;S.order=47%2011;end";

    let apns = sent(&rig, "apns");
    assert_eq!(apns["aps"]["sound"], "xg_ring.wav");
    assert_eq!(apns["click"], json!({"activity": activity, "params": {"order": "47 11"}}));

    let fcm = sent(&rig, "fcm");
    let android = &fcm["message"]["android"];
    assert_eq!(android["notification"]["sound"], "xg_ring");
    assert_eq!(android["notification"]["click_action"], activity);
    let data = if android["data"].is_object() { &android["data"] } else { &fcm["message"]["data"] };
    assert_eq!(data["order"], "47 11");

    let mi = sent(&rig, "mi");
    assert_eq!(mi["extra.sound_uri"], "android.resource://com.example.app/raw/xg_ring");
    assert!(mi["extra.intent_uri"].as_str().unwrap().ends_with(intent), "{mi}");

    let huawei: Vec<Value> = rig.received("huawei").iter().map(|request| request.body.clone()).collect();
    let v1 = huawei.iter().find(|body| body["message"].is_object()).unwrap();
    let notification = &v1["message"]["android"]["notification"];
    assert_eq!((&notification["default_sound"], &notification["sound"]), (&json!(true), &Value::Null));
    assert!(notification["click_action"]["intent"].as_str().unwrap().ends_with(intent), "{v1}");
    let v3 = huawei.iter().find(|body| body["payload"].is_object()).unwrap();
    let notification = &v3["payload"]["notification"];
    assert_eq!(notification["sound"], Value::Null, "the system's is played where none is named");
    assert_eq!(notification["clickAction"]["data"]["order"], "47 11");

    let meizu = sent(&rig, "meizu");
    let message = &meizu["messageJson"];
    assert_eq!(message["advanceInfo"]["notificationType"]["sound"], 1);
    assert_eq!(message["clickTypeInfo"]["activity"], activity);
    assert_eq!(message["clickTypeInfo"]["parameters"]["order"], "47 11");

    for (result, adjusted) in results.iter().zip([false, true, false, true, true, true]) {
        let fields: Vec<&Value> =
            result["adjustments"].as_array().into_iter().flatten().map(|adjustment| &adjustment["field"]).collect();
        assert_eq!(fields.contains(&&json!("sound")), adjusted, "{result}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn every_vendor_tells_the_same_things_in_one_vocabulary() {
    let rig = Rig::start().await;
    // Vendor, token, outcome with proof. A single token is dead only where the vendor's word can mean nothing else.
    let rows = [
        ("apns", "dead-1", "invalid_token dead"),
        ("fcm", "dead-1", "invalid_token dead"),
        ("mi", "dead-1", "invalid_token foreign"),
        ("huawei", "dead-1", "invalid_token foreign"),
        ("meizu", "dead-1", "invalid_token foreign"),
        ("apns", "throttled-1", "rate_limited -"),
        ("fcm", "throttled-1", "rate_limited -"),
        ("mi", "throttled-1", "rate_limited -"),
        ("huawei", "throttled-1", "rate_limited -"),
        ("meizu", "throttled-1", "rate_limited -"),
        ("fcm", "quota-1", "quota_exceeded -"),
        ("mi", "quota-1", "quota_exceeded -"),
        ("huawei", "quota-1", "quota_exceeded -"),
        ("meizu", "quota-1", "quota_exceeded -"),
        ("fcm", "mismatch-1", "bad_credentials -"),
        ("fcm", "third-party-1", "bad_credentials -"),
        ("fcm", "no-entity-1", "bad_credentials -"),
    ];
    for (vendor, token, wanted) in rows {
        let got = words(&rig.push_to("demo", vendor, token).await);
        assert!(got.starts_with(wanted), "{vendor} {token}: {got}");
    }
    for vendor in VENDORS {
        for token in ["unavailable-1", "html-1", "close-1"] {
            let got = words(&rig.push_to("demo", vendor, token).await);
            assert!(got.starts_with("unavailable -"), "{vendor} {token}: {got}");
        }
        let got = words(&rig.push_to("demo", vendor, "rubbish-1").await);
        assert!(got.starts_with("unavailable") || got.starts_with("unknown"), "{vendor}: {got}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_dead_token_beside_a_living_one_is_dead() {
    let rig = Rig::start().await;
    for vendor in ["mi", "huawei", "meizu"] {
        let dialect = if vendor == "huawei" { json!("v1") } else { Value::Null };
        let one = |token: &str| json!({"vendor": vendor, "token": token, "dialect": dialect});
        let results = rig.push(simple("demo", &[one("ok-1"), one("dead-1"), one("ok-2")])).await;
        assert!(words(&results[1]).starts_with("invalid_token dead"), "{vendor}: {}", results[1]);
        assert_eq!((&results[0]["outcome"], &results[2]["outcome"]), (&json!("accepted"), &json!("accepted")));
    }
    rig.stop().await;
}

#[tokio::test]
async fn wrong_credentials_never_look_like_dead_tokens() {
    for (vendor, line, wrong) in [
        ("apns", "\nteam_id = ", "\nteam_id = \"WRONGTEAM1\" # "),
        ("fcm", "fcm-service-account.json", "fcm-service-account-WRONG.json"),
        ("mi", "\napp_secret = ", "\napp_secret = \"another\" # "),
        ("huawei", "\nclient_secret = ", "\nclient_secret = \"another\" # "),
        ("meizu", "\napp_secret = ", "\napp_secret = \"another\" # "),
    ] {
        let rig = Rig::start_with(|config| config.replace(line, wrong)).await;
        let got = words(&rig.push_to("demo", vendor, "ok-1").await);
        assert!(got.starts_with("bad_credentials -"), "{vendor}: {got}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_crowd_asks_for_one_access_token() {
    let rig = Rig::start().await;
    let targets: Vec<Value> = (0..500).map(|n| target("fcm", &format!("ok-{n}"))).collect();
    let results = rig.push(simple("demo", &targets)).await;
    let refused = results.iter().find(|result| result["outcome"] != "accepted");
    assert!(refused.is_none(), "{refused:?}");
    let exchanges = rig.received("fcm").iter().filter(|request| request.path == "/token").count();
    assert_eq!(exchanges, 1);
    assert_eq!(rig.emulators.control().stats().vendor("fcm").stream_limit_violations, 0);
    rig.stop().await;
}

#[tokio::test]
async fn the_sandbox_is_the_vendors_test_mode() {
    let rig = Rig::start().await;
    let targets =
        ["apns", "fcm", "huawei"].map(|vendor| json!({"vendor": vendor, "token": "ok-1", "environment": "sandbox"}));
    let results = rig.push(simple("demo", &targets)).await;
    assert!(results.iter().all(|result| result["outcome"] == "accepted"), "{results:?}");
    assert_eq!(sent(&rig, "fcm")["validate_only"], true);
    assert_eq!(sent(&rig, "huawei")["message"]["android"]["target_user_type"], 1);
    rig.stop().await;
}

#[tokio::test]
async fn dialects_are_the_vendors_own_words() {
    let rig = Rig::start().await;
    let with = |vendor: &str, dialect: &str| json!({"vendor": vendor, "token": "ok-1", "dialect": dialect});
    let results = rig.push(simple("demo", &[with("mi", "v3"), with("huawei", "v9"), with("huawei", "v2")])).await;
    assert_eq!(words(&results[0]), "payload_rejected - unknown_dialect");
    assert_eq!(words(&results[1]), "payload_rejected - unknown_dialect");
    assert_eq!(results[2]["outcome"], "accepted", "{}", results[2]);
    rig.stop().await;
}

#[tokio::test]
async fn data_only_pushes_go_where_they_can() {
    let rig = Rig::start().await;
    let targets: Vec<Value> = VENDORS.iter().map(|vendor| target(vendor, "ok-1")).collect();
    let mut push = simple("demo", &targets);
    push["message"] = json!({"data": {"sync": "1"}});
    let outcomes: Vec<Value> = rig.push(push).await.iter().map(|result| result["outcome"].clone()).collect();
    assert_eq!(outcomes, ["accepted", "accepted", "payload_rejected", "accepted", "payload_rejected"]);
    assert_eq!(sent(&rig, "apns")["aps"], json!({"content-available": 1}));
    rig.stop().await;
}
