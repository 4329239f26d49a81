//! What an app may ask of the service, over HTTP.

use std::time::{Duration, Instant};

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Rig, named, simple, target};

async fn limited(limits: &str) -> Rig {
    let limits = format!("\n[apps.demo.limits]\n{limits}\n");
    Rig::start_with(|config| format!("{config}{limits}")).await
}

fn kind(problem: &Value) -> String {
    problem["type"].as_str().unwrap_or_default().replace("urn:pushmux:problem:", "")
}

fn to_mi(title: &str) -> Value {
    let mut push = simple("demo", &[target("mi", "regid-1")]);
    push["message"]["title"] = title.into();
    push
}

fn header(response: &reqwest::Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn beyond_the_rate_a_caller_is_told_when_to_come_again() {
    let rig = limited("rate_per_minute = 30\nburst = 2").await;
    for left in ["\"pushes\";r=1;t=", "\"pushes\";r=0;t="] {
        let response = rig.response(&to_mi("a")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "ratelimit-policy"), "\"pushes\";q=30;w=60");
        assert!(header(&response, "ratelimit").starts_with(left), "{}", header(&response, "ratelimit"));
    }
    let refused = rig.response(&to_mi("a")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[RETRY_AFTER], "2");
    assert!(header(&refused, "ratelimit").starts_with("\"pushes\";r=0;t="));
    assert_eq!(refused.headers()[CONTENT_TYPE], "application/problem+json");
    let problem: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(kind(&problem), "rate_limited");
    let (status, problem) = rig.keep(&to_mi("a"), "respond-async").await;
    assert_eq!((status.as_u16(), &*kind(&problem)), (429, "rate_limited"), "durable pushes count as well");
    assert_eq!(rig.received("mi").len(), 2);
    // Another app is not touched, and its answers say nothing of it.
    let other = rig.response(&simple("demo-cert", &[target("apns", "ok-1")])).await;
    assert_eq!((other.status(), other.headers().contains_key("ratelimit")), (StatusCode::OK, false));
    // What was told is true.
    tokio::time::sleep(Duration::from_millis(2050)).await;
    assert_eq!(rig.response(&to_mi("a")).await.status(), StatusCode::OK);
    rig.stop().await;
}

#[tokio::test]
async fn a_stream_is_slowed_down_and_loses_nothing() {
    let rig = limited("rate_per_minute = 240\nburst = 1").await;
    let lines: String = (0..9).map(|n| format!("{}\n", to_mi(&n.to_string()))).collect();
    let begun = Instant::now();
    let headers = [("content-type", "application/x-ndjson")];
    let answers = rig.lines("/v1/pushes/stream", &headers, lines).await;
    let took = begun.elapsed();
    assert_eq!(answers.len(), 9);
    assert!(answers.iter().all(|line| line["results"][0]["outcome"] == "accepted"), "{answers:?}");
    assert!((Duration::from_millis(1900)..Duration::from_secs(8)).contains(&took), "8 of them wait 250 ms: {took:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_push_and_all_that_is_under_way_have_their_size() {
    let rig = limited("max_targets_per_push = 3\nmax_in_flight = 4").await;
    let to = |count: usize, token: &str| {
        let targets: Vec<Value> = (0..count).map(|n| target("apns", &format!("{token}-{n}"))).collect();
        simple("demo", &targets)
    };
    let (status, problem) = rig.post(to(4, "ok").to_string()).await;
    assert_eq!((status.as_u16(), &*kind(&problem)), (422, "too_many_targets"));
    assert_eq!(problem["faults"][0]["path"], "/targets");
    let slow = to(3, "slow-1500-ok");
    let (slow, refused) = tokio::join!(rig.response(&slow), async {
        while rig.received("apns").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        rig.response(&to(2, "ok")).await
    });
    assert_eq!((slow.status(), refused.status()), (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(refused.headers()[RETRY_AFTER], "1");
    let problem: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(kind(&problem), "too_many_in_flight");
    assert_eq!(rig.response(&to(2, "ok")).await.status(), StatusCode::OK, "there is room again");
    rig.stop().await;
}

#[tokio::test]
async fn the_same_content_is_taken_once_in_its_window() {
    let mut rig = limited("duplicate_window_seconds = 60").await;
    let first = named("first", &[target("mi", "regid-1")]);
    let same = named("second", &[target("mi", "regid-1")]);
    assert_eq!(rig.response(&first).await.status(), StatusCode::OK);
    let (status, problem) = rig.post(same.to_string()).await;
    assert_eq!((status.as_u16(), &*kind(&problem)), (409, "duplicate_push"));
    assert!(problem["detail"].as_str().unwrap().contains("as \"first\", 0 s ago"), "{problem}");
    let (status, problem) = rig.keep(&same, "respond-async").await;
    assert_eq!((status.as_u16(), &*kind(&problem)), (409, "duplicate_push"));
    let line = rig.lines("/v1/pushes/stream", &[("content-type", "application/x-ndjson")], same.to_string()).await;
    assert_eq!(kind(&line[0]["problem"]), "duplicate_push");
    // The same id is the same push, in durable delivery answered with its state.
    let kept = named("third", &[target("mi", "regid-2")]);
    for _ in 0..2 {
        let (status, state) = rig.keep(&kept, "respond-async, wait=20").await;
        assert_eq!((status, &state["state"]), (StatusCode::OK, &json!("settled")));
    }
    assert_eq!(rig.received("mi").len(), 2);
    // Off by a reload.
    rig.reload(|config| config.replace("duplicate_window_seconds = 60", "duplicate_window_seconds = 0")).await;
    let headers = [("content-type", "application/json")];
    let (status, _) = rig.ask(Method::POST, "/v1/pushes", &headers, same.to_string()).await;
    assert_eq!(status, StatusCode::OK);
    rig.stop().await;
}
