//! Durable delivery of large pushes to the same devices, and what must not wait behind them.

use std::time::Duration;

use emulators::{Fault, Match};
use serde_json::{Value, json};

use crate::support::{Rig, every, hex_token, named, rule, target, unavailable};

const ASYNC: &str = "respond-async";

#[tokio::test]
async fn the_retry_of_a_large_push_is_made_however_many_wait_behind_it() {
    let rig = Rig::start().await;
    let busy = rule("mi", Match { times: Some(10), ..Match::default() }, unavailable());
    rig.emulators.control().put_faults(vec![busy]);
    let targets: Vec<Value> = (0..10_000).map(|n| target("mi", &format!("regid-{n}"))).collect();
    for id in ["a", "b", "c", "d"] {
        rig.keep(&named(id, &targets), ASYNC).await;
    }
    for id in ["a", "b", "c", "d"] {
        let state = rig.settled(id).await;
        assert!(state["results"].as_array().unwrap().iter().all(|result| result["outcome"] == "accepted"));
    }
    let calls = rig.received("mi").iter().filter(|request| !request.tokens.is_empty()).count();
    assert!(calls <= 80, "what waited for many devices leaves in large calls: {calls}");
    rig.stop().await;
}

#[tokio::test]
async fn a_retry_that_comes_back_beside_many_results_is_made() {
    let rig = Rig::start().await;
    let busy = rule(
        "huawei",
        Match { token_prefix: Some("again-".to_owned()), times: Some(20), ..Match::default() },
        unavailable(),
    );
    rig.emulators.control().put_faults(vec![busy]);
    let mut lines = String::new();
    for n in 0..6 {
        let targets: Vec<Value> = (0..10_000).map(|at| target("huawei", &format!("dead-{n}-{at:0>60}"))).collect();
        lines += &format!("{}\n", named(&format!("large-{n}"), &targets));
        for m in 0..3 {
            lines += &format!("{}\n", named(&format!("again-{n}-{m}"), &[target("huawei", &format!("again-{n}-{m}"))]));
        }
    }
    let headers = [("content-type", "application/x-ndjson"), ("prefer", ASYNC)];
    rig.lines("/v1/pushes/stream", &headers, lines).await;
    for n in 0..6 {
        for m in 0..3 {
            assert_eq!(rig.settled(&format!("again-{n}-{m}")).await["results"][0]["outcome"], "accepted");
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn urgent_pushes_overtake_what_is_left_of_a_large_one() {
    // One call at a time, so that the order of calls can be seen.
    let rig = Rig::start_with(|config| config.replace("[apps.demo.apns]", "[apps.demo.apns]\nmax_in_flight = 1")).await;
    let slow = every("apns", Fault::DelayMs(20));
    rig.emulators.control().put_faults(vec![slow]);
    let targets: Vec<Value> = (1..300).map(|n| target("apns", &hex_token(n))).collect();
    let mut ordinary = named("ordinary", &targets);
    ordinary["options"] = json!({"priority": "normal"});
    rig.keep(&ordinary, ASYNC).await;
    while rig.received("apns").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.keep(&named("urgent", &[target("apns", &hex_token(999))]), ASYNC).await;
    rig.settled("urgent").await;
    assert!(rig.received("apns").len() < 100, "{}", rig.received("apns").len());
    rig.settled("ordinary").await;
    rig.stop().await;
}

#[tokio::test]
async fn a_push_that_waits_for_an_earlier_one_ends_when_its_time_is_over() {
    let rig = Rig::start().await;
    let later = rule(
        "mi",
        Match { token_prefix: Some("regid-1".to_owned()), times: Some(5), ..Match::default() },
        unavailable(),
    );
    rig.emulators.control().put_faults(vec![later]);
    rig.keep(&named("first", &[target("mi", "regid-1")]), ASYNC).await;
    let mut second = named("second", &[target("mi", "regid-1")]);
    second["options"] = json!({"ttl": 1});
    rig.keep(&second, ASYNC).await;
    let state = rig.settled("second").await;
    assert_eq!(state["results"][0]["outcome"], "expired");
    assert_eq!(rig.state("first").await["state"], "open", "it ends without waiting for the first one");
    rig.stop().await;
}

#[tokio::test]
async fn pushes_that_are_taken_back_at_any_moment_are_not_sent_afterwards() {
    let rig = Rig::start().await;
    let slip = rule("huawei", Match { token_prefix: Some("regid".to_owned()), ..Match::default() }, unavailable());
    rig.emulators.control().put_faults(vec![slip]);
    for n in 0..40_u64 {
        let id = format!("p{n}");
        // What gets through keeps the channel open.
        let targets = [target("huawei", &format!("regid-{n}")), target("mi", &format!("other-{n}"))];
        rig.keep(&named(&id, &targets), ASYNC).await;
        tokio::time::sleep(Duration::from_millis(n)).await;
        let path = format!("/v1/pushes/{id}?app=demo");
        let (_, state) = rig.ask(http::Method::DELETE, &path, &[], "").await;
        assert_eq!(state["state"], "settled", "{state}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn ordinary_pushes_have_their_share_while_urgent_ones_wait() {
    let rig = Rig::start_with(|config| config.replace("[apps.demo.mi]", "[apps.demo.mi]\nmax_in_flight = 1")).await;
    let slow = every("mi", Fault::DelayMs(20));
    rig.emulators.control().put_faults(vec![slow]);
    let urgent = |n: usize| format!("{}\n", named(&format!("urgent-{n}"), &[target("mi", &format!("urgent-{n}"))]));
    let headers = [("content-type", "application/x-ndjson"), ("prefer", ASYNC)];
    rig.lines("/v1/pushes/stream", &headers, (0..300).map(urgent).collect()).await;
    let mut ordinary = named("ordinary", &[target("mi", "ordinary")]);
    ordinary["options"] = json!({"priority": "normal"});
    rig.keep(&ordinary, ASYNC).await;
    rig.settled("ordinary").await;
    assert_eq!(rig.state("urgent-299").await["state"], "open");
    rig.stop().await;
}
