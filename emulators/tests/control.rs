//! The control API over HTTP.

use serde_json::{Value, json};

use crate::support::Rig;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn requests_are_shown_filtered_and_forgotten() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    for token in ["ok-1", "dead-2"] {
        client.call(rig.push(token)).await.unwrap();
    }
    let (status, text) = rig.control("GET", "/requests?vendor=apns", "").await;
    let list = parsed(&text);
    assert_eq!((status, list.as_array().unwrap().len()), (200, 2));
    assert_eq!(list[1]["tokens"], json!(["dead-2"]));
    assert_eq!((&list[1]["status"], &list[1]["answer"]["reason"]), (&json!(410), &json!("Unregistered")));
    assert!(!text.contains(rig.bearer().rsplit('.').next().unwrap()));
    assert_eq!(rig.control("GET", "/requests?vendor=mi", "").await, (200, "[]".to_owned()));
    assert_eq!(rig.control("DELETE", "/requests", "").await.0, 204);
    assert_eq!(rig.control("GET", "/requests", "").await.1, "[]");
    let stats = parsed(&rig.control("GET", "/stats", "").await.1);
    assert_eq!((&stats["apns"]["requests"], &stats["apns"]["accepted"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn bad_questions_are_refused_with_the_field() {
    let rig = Rig::start().await;
    for (method, path, body, field) in [
        ("GET", "/requests?vendor=acme", "", "vendor"),
        ("GET", "/requests?wat=1", "", "query"),
        ("PUT", "/faults", r#"[{"vendor":"mi","fault":{"stall":true},"x":1}]"#, "[0].x"),
        ("PUT", "/faults", r#"[{"vendor":"mi","fault":{"delay_ms":"soon"}}]"#, "[0].fault.delay_ms"),
        ("PUT", "/faults", "nonsense", "."),
    ] {
        let (status, text) = rig.control(method, path, body).await;
        assert_eq!((status, parsed(&text)["field"].as_str()), (400, Some(field)), "{path} {body}: {text}");
    }
}

#[tokio::test]
async fn faults_can_be_read_back() {
    let rig = Rig::start().await;
    let rules = json!([{"vendor": "mi", "match": {"nth": 3}, "fault": {"delay_ms": 5}}]);
    rig.faults(rules.clone()).await;
    assert_eq!(parsed(&rig.control("GET", "/faults", "").await.1), rules);
}

#[tokio::test]
async fn help_and_prefixes_are_served() {
    let rig = Rig::start().await;
    assert!(rig.control("GET", "/", "").await.1.contains("/requests"));
    let prefixes = parsed(&rig.control("GET", "/prefixes", "").await.1);
    assert_eq!(prefixes["apns"][0]["prefix"], "ok-");
    assert!(prefixes["mi"].as_array().unwrap().len() > 20);
}
