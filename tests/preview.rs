//! Previews show the very requests, and send nothing.

use serde_json::{Value, json};

use crate::support::{Rig, hex_token, simple, target};

async fn preview(rig: &Rig, push: &Value) -> Value {
    let (status, answer) = rig.post_to("/v1/pushes/preview", push.to_string()).await;
    assert_eq!(status.as_u16(), 200, "{answer}");
    answer
}

fn of<'a>(preview: &'a Value, vendor: &str) -> &'a Value {
    preview["channels"].as_array().unwrap().iter().find(|row| row["vendor"] == vendor).unwrap()
}

#[tokio::test]
async fn a_preview_is_what_is_sent_but_for_secrets() {
    let rig = Rig::start().await;
    let mut push = simple("demo", &[target("apns", &hex_token(1)), target("mi", "regid-1"), target("mi", "regid-2")]);
    push["options"] = json!({"replace_key": "order-4711"});
    let preview = preview(&rig, &push).await;
    for vendor in ["apns", "mi"] {
        assert_eq!(rig.received(vendor).len(), 0, "nothing is sent");
    }
    rig.push(push).await;
    let apns = &of(&preview, "apns")["requests"][0];
    assert_eq!(apns["body"], rig.received("apns")[0].body);
    assert_eq!(apns["headers"]["authorization"], "[secret]");
    assert_eq!(apns["headers"]["apns-collapse-id"], "order-4711");
    assert!(apns["url"].as_str().unwrap().ends_with(&rig.received("apns")[0].path));
    let mi = &of(&preview, "mi")["requests"][0];
    assert_eq!(mi["targets"], json!([1, 2]));
    for (field, value) in mi["body"].as_object().unwrap() {
        assert_eq!(&rig.received("mi")[0].body[field], value, "{field}");
    }
    let secret = std::fs::read_to_string(rig.emulators.dir().join("mi.secret")).unwrap();
    assert!(!preview.to_string().contains(secret.trim()));
    assert!(!preview.to_string().contains("bearer "));
    rig.stop().await;
}

#[tokio::test]
async fn what_would_be_refused_is_shown() {
    let rig = Rig::start().await;
    let mut push = simple("demo", &[target("mi", "a,b"), target("mi", "regid-1")]);
    push["message"]["subtitle"] = json!("not at Mi");
    let listed = preview(&rig, &push).await;
    let mi = of(&listed, "mi");
    assert_eq!((&mi["refused"][0]["target"], &mi["refused"][0]["outcome"]), (&json!(0), &json!("invalid_token")));
    assert_eq!(mi["requests"][0]["targets"], json!([1]));
    assert_eq!(mi["adjustments"][0]["field"], "subtitle");
    push["message"] = json!({"data": {"a": "b"}});
    let refused = preview(&rig, &push).await;
    assert_eq!(of(&refused, "mi")["refused"].as_array().unwrap().len(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_long_list_is_counted_and_its_first_requests_shown() {
    let rig = Rig::start().await;
    let targets: Vec<Value> = (0..10_000).map(|n| target("apns", &hex_token(n))).collect();
    let preview = preview(&rig, &simple("demo", &targets)).await;
    let apns = of(&preview, "apns");
    assert_eq!((&apns["total_requests"], apns["requests"].as_array().unwrap().len()), (&json!(10_000), 100));
    rig.stop().await;
}
