//! What arrives at the vendors, and what the caller is told.

use serde_json::{Value, json};

use crate::support::{Rig, hex_token, simple, target, words};

/// The example of the API's description, with the vendors that exist.
fn example() -> Value {
    json!({
        "id": "order-4711",
        "app": "demo",
        "message": {
            "title": "Your order is on its way", "body": "Tap to follow it",
            "sound": "xg_ring.wav",
            "click": {"activity": "com.example.app.OrderActivity", "params": {"order": "4711"}},
            "data": {"order": "4711"},
        },
        "options": {"ttl": 86400, "priority": "high", "replace_key": "order-4711"},
        "targets": [
            {"vendor": "apns", "token": hex_token(1), "environment": "sandbox"},
            {"vendor": "mi", "token": "regid-1"},
        ],
    })
}

#[tokio::test]
async fn a_push_reaches_every_vendor_in_its_dialect() {
    let rig = Rig::start().await;
    let (status, answer) = rig.post(example().to_string()).await;
    assert_eq!(status, 200);
    assert_eq!(answer["id"], "order-4711");
    for (index, vendor) in ["apns", "mi"].iter().enumerate() {
        let result = &answer["results"][index];
        assert_eq!((&result["target"], &result["vendor"]), (&json!(index), &json!(vendor)));
        assert_eq!((&result["outcome"], &result["attempts"]), (&json!("accepted"), &json!(1)));
        let fields: Vec<&String> = result.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["target", "vendor", "outcome", "vendor_id", "attempts"]);
    }

    let apns = &rig.received("apns")[0];
    assert_eq!((apns.environment, apns.method.as_str()), ("sandbox", "POST"));
    assert_eq!(apns.path, format!("/3/device/{}", hex_token(1)));
    assert_eq!(apns.headers["apns-topic"], "com.example.app");
    assert_eq!(apns.headers["apns-push-type"], "alert");
    assert_eq!(apns.headers["apns-collapse-id"], "order-4711");
    assert_eq!(apns.body["aps"]["sound"], "xg_ring.wav");
    assert_eq!(apns.body["aps"]["alert"]["title"], "Your order is on its way");
    assert_eq!(apns.body["order"], "4711");

    let mi = &rig.received("mi")[0];
    assert_eq!(mi.path, "/v3/message/regid");
    assert_eq!(mi.body["registration_id"], "regid-1");
    assert_eq!(mi.body["restricted_package_name"], "com.example.app");
    assert_eq!(mi.body["extra.sound_uri"], "android.resource://com.example.app/raw/xg_ring");
    assert_eq!(mi.body["extra.notify_effect"], "2");
    let intent = mi.body["extra.intent_uri"].as_str().unwrap();
    assert!(intent.contains("component=com.example.app/com.example.app.OrderActivity;S.order=4711;"), "{intent}");
    assert_eq!(mi.body["time_to_live"], "86400000");
    rig.stop().await;
}

#[tokio::test]
async fn bad_regids_of_two_calls_are_told_at_the_right_places() {
    let rig = Rig::start().await;
    let bad = [3, 999, 1400];
    let token = |n: usize| if bad.contains(&n) { format!("dead-{n}") } else { format!("regid-{n}") };
    let targets: Vec<Value> = (0..1500).map(|n| target("mi", &token(n))).collect();
    let results = rig.push(simple("demo", &targets)).await;
    assert_eq!(rig.received("mi").len(), 2, "a thousand and five hundred");
    assert_eq!(results.len(), 1500);
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result["target"], index);
        match bad.contains(&index) {
            true => {
                assert_eq!(words(result), "invalid_token dead bad_regids");
                assert_eq!(result["token"], token(index));
            }
            false => assert_eq!(result["outcome"], "accepted"),
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn ten_thousand_targets_share_one_payload_and_few_connections() {
    let rig = Rig::start().await;
    let targets: Vec<Value> = (0..10_000).map(|n| target("apns", &hex_token(n))).collect();
    let results = rig.push(simple("demo", &targets)).await;
    assert!(results.iter().enumerate().all(|(n, result)| result["target"] == n && result["outcome"] == "accepted"));
    let stats = rig.emulators.control().stats().vendor("apns");
    assert_eq!((stats.requests, stats.accepted), (10_000, 10_000));
    assert_eq!(stats.stream_limit_violations, 0, "never more streams than the vendor allows");
    assert!(stats.connections_opened <= 4, "{stats:?}");
    assert_eq!(stats.access_tokens, 1, "one token for all connections");
    let ids: std::collections::HashSet<&str> =
        results.iter().map(|result| result["vendor_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10_000, "each has its own apns-id");
    rig.stop().await;
}

#[tokio::test]
async fn results_keep_the_callers_order_over_many_channels() {
    let rig = Rig::start().await;
    let of = |n: usize| match n % 4 {
        0 => target("mi", &format!("regid-{n}")),
        1 => target("apns", &hex_token(n)),
        2 => json!({"vendor": "apns", "token": hex_token(n), "environment": "sandbox"}),
        _ => target("apns", &format!("dead-{n}")),
    };
    let targets: Vec<Value> = (0..200).map(of).collect();
    let results = rig.push(simple("demo", &targets)).await;
    for (n, result) in results.iter().enumerate() {
        assert_eq!((&result["target"], &result["vendor"]), (&json!(n), &targets[n]["vendor"]));
        assert_eq!(result["outcome"], if n % 4 == 3 { "invalid_token" } else { "accepted" });
    }
    rig.stop().await;
}

#[tokio::test]
async fn every_mi_push_has_its_own_notify_id_unless_it_shares_a_key() {
    let rig = Rig::start().await;
    let mut push = simple("demo", &[target("mi", "regid-1")]);
    rig.push(push.clone()).await;
    rig.push(push.clone()).await;
    push["options"] = json!({"replace_key": "order-4711"});
    rig.push(push.clone()).await;
    rig.push(push).await;
    let received = rig.received("mi");
    let ids: Vec<u64> = received.iter().map(|mi| mi.body["notify_id"].as_str().unwrap().parse().unwrap()).collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[2], ids[3]);
    assert!(ids[0] < 1 << 30 && ids[2] >= 1 << 30, "two halves: {ids:?}");
    rig.stop().await;
}

#[tokio::test]
async fn what_is_not_configured_fails_alone() {
    let rig = Rig::start().await;
    let targets = [json!({"vendor": "mi", "token": "r", "environment": "sandbox"}), target("mi", "regid-1")];
    let results = rig.push(simple("demo", &targets)).await;
    assert_eq!(words(&results[0]), "channel_disabled - not_configured");
    assert_eq!(results[1]["outcome"], "accepted");
    assert_eq!(rig.received("mi").len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn the_api_speaks_http_1_and_http_2() {
    let rig = Rig::start().await;
    let http_2 =
        reqwest::Client::builder().http2_prior_knowledge().tls_backend_preconfigured(no_tls()).build().unwrap();
    let response = http_2
        .post(format!("{}/v1/pushes", rig.url))
        .header("content-type", "application/json")
        .body(simple("demo", &[target("mi", "regid-1")]).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (http::Version::HTTP_2, 200));
    drop(http_2);
    rig.stop().await;
}

fn no_tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

#[tokio::test]
async fn channels_are_listed_with_what_they_honour_and_did() {
    let rig = Rig::start().await;
    rig.push_to("demo", "mi", "regid-1").await;
    rig.push_to("demo", "apns", "auth-never-known-prefix").await;
    let (status, text) = rig.get("/v1/channels").await;
    assert_eq!(status, 200);
    let listing: Value = serde_json::from_str(&text).unwrap();
    let vendor = |name: &str| listing["vendors"].as_array().unwrap().iter().find(|row| row["vendor"] == name).unwrap();
    assert_eq!(vendor("apns")["capabilities"]["sound"], "with_extension");
    assert_eq!(vendor("mi")["capabilities"]["test_mode"], "none");
    let channels = listing["channels"].as_array().unwrap();
    let mi = channels.iter().find(|row| row["vendor"] == "mi").unwrap();
    assert_eq!((&mi["app"], &mi["environment"]), (&json!("demo"), &json!("production")));
    assert_eq!((&mi["calls"], &mi["outcomes"]["accepted"]), (&json!(1), &json!(1)));
    let apns = channels.iter().find(|row| row["vendor"] == "apns" && row["app"] == "demo").unwrap();
    assert_eq!(apns["connections"], 1);
    rig.stop().await;
}
