//! Pushes that are kept: admission, retries, order, idempotency, taking back.

use std::time::Duration;

use emulators::{Fault, Match, VendorError};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Rig, every, hex_token, named, rule, target, unavailable, words};

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

#[tokio::test]
async fn only_the_targets_that_failed_are_tried_again() {
    let rig = Rig::start().await;
    fail_once(&rig, &[("apns", &hex_token(2))]);
    let targets: Vec<Value> = (1..4).map(|n| target("apns", &hex_token(n))).collect();
    rig.keep(&named("order-1", &targets), ASYNC).await;
    let state = rig.settled("order-1").await;
    let attempts: Vec<&Value> = (0..3).map(|n| &state["results"][n]["attempts"]).collect();
    assert_eq!(attempts, [1, 2, 1], "{state}");
    let sent = tokens(&rig, "apns");
    assert_eq!(sent.len(), 4);
    assert_eq!(sent.iter().filter(|token| **token == hex_token(2)).count(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_retry_bears_the_same_ids() {
    let rig = Rig::start().await;
    fail_once(&rig, &[("mi", "regid-1"), ("apns", &hex_token(1))]);
    rig.keep(&named("order-1", &[target("mi", "regid-1"), target("apns", &hex_token(1))]), ASYNC).await;
    rig.settled("order-1").await;
    let mi = rig.received("mi");
    assert_eq!(mi.len(), 2);
    assert_eq!(mi[0].body["notify_id"], mi[1].body["notify_id"]);
    let apns = rig.received("apns");
    assert_eq!(apns[0].headers["apns-id"], apns[1].headers["apns-id"]);
    rig.stop().await;
}

#[tokio::test]
async fn later_pushes_to_a_device_wait_for_its_retry_and_others_do_not() {
    let rig = Rig::start().await;
    fail_once(&rig, &[("apns", &hex_token(1))]);
    for (id, device) in [("a1", 1), ("a2", 1), ("b1", 2), ("a3", 1)] {
        rig.keep(&named(id, &[target("apns", &hex_token(device))]), ASYNC).await;
    }
    for id in ["a1", "a2", "b1", "a3"] {
        assert_eq!(rig.settled(id).await["results"][0]["outcome"], "accepted");
    }
    let sent: Vec<String> = rig.received("apns").iter().map(|request| request.headers["apns-id"].to_string()).collect();
    assert_eq!(tokens(&rig, "apns")[..2], [hex_token(1), hex_token(2)], "the other device did not wait");
    assert_eq!(sent[0], sent[2], "the first one's retry goes before the second one");
    let a2 = rig.state("a2").await;
    assert_eq!(a2["results"][0]["attempts"], 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_push_whose_time_is_over_expires() {
    let rig = Rig::start().await;
    rig.emulators.control().put_faults(vec![every("mi", unavailable())]);
    let mut push = named("order-1", &[target("mi", "regid-1")]);
    push["options"] = json!({"ttl": 3});
    rig.keep(&push, ASYNC).await;
    let state = rig.settled("order-1").await;
    assert_eq!(words(&state["results"][0]), "expired - http_503", "{state}");
    assert!(rig.received("mi").len() >= 2);
    push["id"] = "now-or-never".into();
    push["options"] = json!({"ttl": 0});
    rig.keep(&push, ASYNC).await;
    let state = rig.settled("now-or-never").await;
    assert_eq!((&state["results"][0]["outcome"], &state["results"][0]["attempts"]), (&json!("unavailable"), &json!(1)));
    rig.stop().await;
}

#[tokio::test]
async fn what_is_not_sent_yet_can_be_taken_back() {
    let rig = Rig::start().await;
    let mut later = named("later", &[target("mi", "regid-1"), target("apns", &hex_token(1))]);
    later["options"] = json!({"send_at": in_seconds(3600)});
    rig.keep(&later, ASYNC).await;
    let state = rig.state("later").await;
    assert_eq!(state["results"][1], json!({"target": 1, "vendor": "apns", "outcome": "pending"}));
    assert_eq!(state["waiting"].as_array().unwrap().len(), 2);
    let (status, state) = rig.ask(Method::DELETE, "/v1/pushes/later?app=demo", &[], "").await;
    assert_eq!((status, &state["state"]), (StatusCode::OK, &json!("settled")), "{state}");
    for n in 0..2 {
        assert_eq!(state["results"][n]["outcome"], "cancelled");
    }
    assert_eq!(rig.received("mi").len() + rig.received("apns").len(), 0);

    let sent = named("sent", &[target("mi", "regid-1")]);
    rig.keep(&sent, ASYNC).await;
    rig.settled("sent").await;
    let (_, state) = rig.ask(Method::DELETE, "/v1/pushes/sent?app=demo", &[], "").await;
    assert_eq!(state["results"][0]["outcome"], "accepted", "what is sent says so");
    rig.stop().await;
}

#[tokio::test]
async fn what_waits_for_its_retry_can_be_taken_back_and_lets_the_next_one_go() {
    let rig = Rig::start().await;
    fail_once(&rig, &[("apns", &hex_token(1))]);
    rig.keep(&named("a1", &[target("apns", &hex_token(1))]), ASYNC).await;
    rig.keep(&named("a2", &[target("apns", &hex_token(1))]), ASYNC).await;
    while rig.state("a1").await["waiting"][0]["attempts"] != 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (_, state) = rig.ask(Method::DELETE, "/v1/pushes/a1?app=demo", &[], "").await;
    assert_eq!(state["results"][0]["outcome"], "cancelled", "{state}");
    assert_eq!(rig.settled("a2").await["results"][0]["outcome"], "accepted");
    assert_eq!(tokens(&rig, "apns").len(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_push_for_later_leaves_at_its_time_and_one_for_the_past_at_once() {
    let rig = Rig::start().await;
    let mut push = named("later", &[target("mi", "regid-1")]);
    push["options"] = json!({"send_at": in_seconds(2)});
    let began = std::time::Instant::now();
    rig.keep(&push, ASYNC).await;
    assert_eq!(rig.settled("later").await["results"][0]["outcome"], "accepted");
    assert!(began.elapsed().as_millis() >= 1000, "{:?}", began.elapsed());
    push["id"] = "past".into();
    push["options"] = json!({"send_at": "2020-01-01T00:00:00Z"});
    let (status, _) = rig.keep(&push, "respond-async, wait=20").await;
    assert_eq!(status, StatusCode::OK);
    push["id"] = "too-far".into();
    push["options"] = json!({"send_at": in_seconds(31 * 86_400)});
    let (status, problem) = rig.keep(&push, ASYNC).await;
    assert_eq!((status.as_u16(), &problem["faults"][0]["path"]), (422, &json!("/options/send_at")));
    rig.stop().await;
}

#[tokio::test]
async fn urgent_pushes_overtake_ordinary_ones() {
    // One call at a time, so that the order of calls can be seen.
    let rig = Rig::start_with(|config| config.replace("[apps.demo.mi]", "[apps.demo.mi]\nmax_in_flight = 1")).await;
    rig.emulators.control().put_faults(vec![every("mi", Fault::DelayMs(100))]);
    let mut ordinary = named("first", &[target("mi", "first")]);
    ordinary["options"] = json!({"priority": "normal"});
    rig.keep(&ordinary, ASYNC).await;
    // As many as are taken up ahead, and then some.
    for n in 0..8 {
        ordinary["id"] = format!("ordinary-{n}").into();
        ordinary["targets"][0]["token"] = format!("ordinary-{n}").into();
        rig.keep(&ordinary, ASYNC).await;
    }
    rig.keep(&named("urgent", &[target("mi", "urgent")]), ASYNC).await;
    for n in 0..8 {
        rig.settled(&format!("ordinary-{n}")).await;
    }
    let at = tokens(&rig, "mi").iter().position(|token| token == "urgent").unwrap();
    assert!(at <= 4, "{:?}", tokens(&rig, "mi"));
    rig.stop().await;
}

#[tokio::test]
async fn an_urgent_push_overtakes_the_rest_of_a_long_list() {
    let rig =
        Rig::start_with(|config| config.replacen("auth = \"token\"", "auth = \"token\"\nmax_in_flight = 2", 1)).await;
    rig.emulators.control().put_faults(vec![every("apns", Fault::DelayMs(20))]);
    let mut long = named("long", &(0..300).map(|n| target("apns", &hex_token(n))).collect::<Vec<_>>());
    long["options"] = json!({"priority": "normal"});
    rig.keep(&long, ASYNC).await;
    while tokens(&rig, "apns").len() < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.keep(&named("urgent", &[target("apns", &hex_token(9999))]), "respond-async, wait=20").await;
    let at = tokens(&rig, "apns").iter().position(|token| *token == hex_token(9999)).unwrap();
    assert!(at < 100, "{at}");
    rig.settled("long").await;
    rig.stop().await;
}

#[tokio::test]
async fn lists_to_the_same_devices_follow_each_other_in_as_few_calls() {
    let rig = Rig::start().await;
    rig.emulators.control().put_faults(vec![every("mi", Fault::DelayMs(100))]);
    let targets: Vec<Value> = (0..3000).map(|n| target("mi", &format!("regid-{n}"))).collect();
    for id in ["first", "second"] {
        rig.keep(&named(id, &targets), ASYNC).await;
    }
    rig.settled("second").await;
    let calls = rig.received("mi");
    assert!(calls.len() <= 8, "{} calls", calls.len());
    let mut seen = std::collections::HashMap::new();
    for call in &calls {
        for token in &call.tokens {
            seen.entry(token.clone()).or_insert_with(Vec::new).push(call.body["notify_id"].clone());
        }
    }
    let first = calls[0].body["notify_id"].clone();
    assert!(
        seen.values().all(|ids| ids.len() == 2 && ids[0] == first && ids[1] != first),
        "each device saw both in order"
    );
    rig.stop().await;
}

#[tokio::test]
async fn more_than_memory_holds_back_cannot_keep_a_retry_from_being_made() {
    let rig = Rig::start().await;
    fail_once(&rig, &[("mi", "hot")]);
    rig.keep(&named("first", &[target("mi", "hot")]), ASYNC).await;
    // More targets than may wait for an earlier push, all behind the retry.
    let behind: Vec<Value> = (0..10_000).map(|_| target("mi", "hot")).collect();
    for n in 0..4 {
        rig.keep(&named(&format!("behind-{n}"), &behind), ASYNC).await;
    }
    for n in 0..4 {
        rig.settled(&format!("behind-{n}")).await;
    }
    assert_eq!(rig.state("first").await["results"][0]["attempts"], 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_refused_credential_parks_the_channel_and_mending_it_resumes() {
    let rig = Rig::start().await;
    let refusal = VendorError { code: Some(21301), ..VendorError::default() };
    rig.emulators.control().put_faults(vec![every("mi", Fault::Error(refusal))]);
    rig.keep(&named("order-1", &[target("mi", "regid-1")]), ASYNC).await;
    while rig.received("mi").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.keep(&named("order-2", &[target("mi", "regid-2")]), ASYNC).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(rig.received("mi").len(), 1, "nothing more is tried");
    let (_, listing) = rig.get("/v1/channels").await;
    let listing: Value = serde_json::from_str(&listing).unwrap();
    let mi = listing["channels"].as_array().unwrap().iter().find(|row| row["vendor"] == "mi").unwrap();
    assert_eq!((&mi["state"], &mi["gate"]["outcome"]), (&json!("parked"), &json!("bad_credentials")));
    rig.emulators.control().put_faults(Vec::new());
    for id in ["order-1", "order-2"] {
        assert_eq!(rig.settled(id).await["results"][0]["outcome"], "accepted");
    }
    rig.stop().await;
}

/// The next request for each of these devices is answered with an error of the HTTP server.
fn fail_once(rig: &Rig, devices: &[(&str, &str)]) {
    let once = |(vendor, token): &(&str, &str)| {
        rule(
            vendor,
            Match { token_prefix: Some((*token).to_owned()), times: Some(1), ..Match::default() },
            unavailable(),
        )
    };
    rig.emulators.control().put_faults(devices.iter().map(once).collect());
}

/// The device tokens that a vendor was sent, in order.
fn tokens(rig: &Rig, vendor: &str) -> Vec<String> {
    rig.received(vendor).into_iter().flat_map(|request| request.tokens).collect()
}

fn in_seconds(seconds: i64) -> String {
    let at = time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    at.format(&time::format_description::well_known::Rfc3339).unwrap()
}

#[tokio::test]
async fn outcomes_dead_tokens_and_channels_are_told_as_events() {
    let rig = Rig::start().await;
    rig.keep(&named("order-1", &[target("apns", "dead-1"), target("mi", "regid-1")]), "respond-async, wait=20").await;
    let dead = rig.events("/v1/events?app=demo&kind=dead_token&after=0", 1).await;
    assert_eq!(dead[0]["kind"], "dead_token");
    assert_eq!(
        (&dead[0]["token"], &dead[0]["vendor"], &dead[0]["push"]),
        (&json!("dead-1"), &json!("apns"), &json!("order-1"))
    );
    let outcomes = rig.events("/v1/events?app=demo&kind=outcome&after=0", 2).await;
    let words: Vec<&str> = outcomes.iter().map(|event| event["results"][0]["outcome"].as_str().unwrap()).collect();
    assert!(words.contains(&"accepted") && words.contains(&"invalid_token"), "{outcomes:?}");

    let refusal = VendorError { code: Some(21301), ..VendorError::default() };
    rig.emulators.control().put_faults(vec![every("mi", Fault::Error(refusal))]);
    rig.keep(&named("order-2", &[target("mi", "regid-1")]), ASYNC).await;
    let parked = rig.events("/v1/events?kind=channel&after=0", 1).await;
    assert_eq!((&parked[0]["state"], &parked[0]["reason"]), (&json!("parked"), &json!("bad_credentials")));
    rig.emulators.control().put_faults(Vec::new());
    let opened = rig.events("/v1/events?kind=channel&after=0", 2).await;
    assert_eq!(opened[1]["state"], "open");
    rig.stop().await;
}

#[tokio::test]
async fn a_stream_of_durable_pushes_is_answered_when_they_are_on_disk_or_with_their_outcomes() {
    let rig = Rig::start().await;
    for (prefer, count) in [(ASYNC, 300), ("respond-async, wait=30", 300)] {
        let line = |n: usize| {
            let mut push = named(&format!("{count}-{}-{n}", prefer.len()), &[target("apns", &hex_token(n % 50))]);
            push["message"]["title"] = format!("{n}").into();
            format!("{push}\n")
        };
        let body: String = (0..count).map(line).collect();
        let headers = [("content-type", "application/x-ndjson"), ("prefer", prefer)];
        let lines = rig.lines("/v1/pushes/stream", &headers, body).await;
        assert_eq!(lines.len(), count);
        for line in &lines {
            match prefer.contains("wait") {
                true => assert_eq!(
                    (&line["state"], &line["results"][0]["outcome"]),
                    (&json!("settled"), &json!("accepted"))
                ),
                false => assert_eq!((&line["state"], line.get("results")), (&json!("open"), None)),
            }
        }
        for n in 0..count {
            rig.settled(&format!("{count}-{}-{n}", prefer.len())).await;
        }
        let mut last = vec![0; 50];
        for request in rig.received("apns") {
            let title: usize = request.body["aps"]["alert"]["title"].as_str().unwrap().parse().unwrap();
            assert!(title >= last[title % 50], "each device sees its pushes in the order of the lines");
            last[title % 50] = title;
        }
        rig.emulators.control().clear();
    }
    rig.stop().await;
}

#[tokio::test]
async fn the_console_says_which_channel_keeps_pushes_waiting() {
    let rig = Rig::start().await;
    let (_, page) = rig.get("/").await;
    assert!(page.contains("all open"), "{page}");
    let refusal = VendorError { code: Some(21301), ..VendorError::default() };
    rig.emulators.control().put_faults(vec![every("mi", Fault::Error(refusal))]);
    rig.keep(&named("order-1", &[target("mi", "regid-1")]), ASYNC).await;
    while rig.received("mi").is_empty() || rig.get("/").await.1.contains("all open") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for path in ["/", "/console/channels"] {
        let (_, page) = rig.get(path).await;
        assert!(
            page.contains("parked") && page.contains("Durable pushes wait: bad credentials: 21301"),
            "{path}: {page}"
        );
    }
    rig.stop().await;
}
