//! Pushes that are kept: admission, retries, order, idempotency, taking back.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Rig, hex_token, named, target, words};

const ASYNC: &str = "respond-async";

#[tokio::test]
async fn a_push_is_taken_with_202_and_reaches_every_vendor() {
    let rig = Rig::start().await;
    let targets = [target("apns", &hex_token(1)), target("mi", "regid-1"), target("huawei", "token-1")];
    let (status, answer) = rig.keep(&named("order-1", &targets), ASYNC).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(answer, json!({"id": "order-1", "app": "demo", "state": "open"}));
    let state = rig.settled("order-1").await;
    for (index, vendor) in ["apns", "mi", "huawei"].iter().enumerate() {
        let result = &state["results"][index];
        assert_eq!((&result["target"], &result["vendor"]), (&json!(index), &json!(vendor)), "{state}");
        assert_eq!((&result["outcome"], &result["attempts"]), (&json!("accepted"), &json!(1)), "{state}");
        let sent = rig.received(vendor).into_iter().filter(|request| !request.tokens.is_empty());
        assert_eq!(sent.count(), 1, "{vendor}");
    }
    assert!(state["settled_at"].is_string() && state["admitted_at"].is_string());
    rig.stop().await;
}

#[tokio::test]
async fn a_caller_that_waits_is_told_the_outcomes() {
    let rig = Rig::start().await;
    let targets: Vec<Value> =
        (0..1500).map(|n| target("mi", &format!("{}-{n}", if n == 7 { "dead" } else { "regid" }))).collect();
    let (status, answer) = rig.keep(&named("order-1", &targets), "respond-async, wait=20").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 1500);
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result["target"], index);
        match index {
            7 => {
                assert_eq!(words(result), "invalid_token dead bad_regids");
                assert_eq!(result["token"], "dead-7");
            }
            _ => assert_eq!(result["outcome"], "accepted"),
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn the_same_id_again_is_answered_and_not_sent() {
    let rig = Rig::start().await;
    let push = named("order-1", &[target("mi", "regid-1")]);
    rig.keep(&push, ASYNC).await;
    let settled = rig.settled("order-1").await;
    let (status, again) = rig.keep(&push, ASYNC).await;
    assert_eq!((status, &again), (StatusCode::OK, &settled));
    let other = named("order-1", &[target("mi", "regid-2")]);
    let (status, problem) = rig.keep(&other, ASYNC).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("urn:pushmux:problem:id_conflict")));
    assert_eq!(rig.received("mi").len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_and_does_not_hold_up_the_rest() {
    let rig = Rig::start().await;
    let targets = [
        json!({"vendor": "mi", "token": "r", "environment": "sandbox"}),
        json!({"vendor": "huawei", "token": "t", "dialect": "v9"}),
        target("apns", "not hex at all"),
        target("apns", &hex_token(1)),
    ];
    let mut push = named("order-1", &targets[..]);
    push["targets"][2]["token"] = "nothex".into();
    let (status, answer) = rig.keep(&push, "respond-async, wait=20").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(words(&answer["results"][0]), "channel_disabled - not_configured");
    assert_eq!(words(&answer["results"][1]), "payload_rejected - unknown_dialect");
    assert_eq!(answer["results"][3]["outcome"], "accepted");
    rig.stop().await;
}

#[tokio::test]
async fn an_unknown_push_and_an_unknown_app_are_told() {
    let rig = Rig::start().await;
    let (status, problem) = rig.ask(Method::GET, "/v1/pushes/nothing?app=demo", &[], "").await;
    assert_eq!((status, &problem["type"]), (StatusCode::NOT_FOUND, &json!("urn:pushmux:problem:unknown_push")));
    let (status, problem) = rig.ask(Method::GET, "/v1/pushes/nothing", &[], "").await;
    assert_eq!((status, &problem["faults"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("/app")));
    rig.stop().await;
}
