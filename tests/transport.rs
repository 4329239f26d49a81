//! What the network and a bad vendor can do to us: a typed outcome in time, nothing lost that can be saved.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use emulators::{Fault, LastStream, Match};
use serde_json::{Value, json};

use crate::support::{Rig, hex_token, replaced, rule, simple, target, words};

fn quick(config: &str) -> String {
    replaced(config, "ca_file", "\"ca.pem\"\ntimeout_seconds = 1.5")
}

fn goaway(last_stream: LastStream) -> Fault {
    Fault::Goaway { reason: Some("Shutdown".to_owned()), text: None, last_stream }
}

#[tokio::test]
async fn a_refused_stream_is_sent_again_at_once() {
    let rig = Rig::start().await;
    for token in ["refused-1", "goaway-1"] {
        let result = rig.push_to("demo", "apns", token).await;
        assert_eq!((&result["outcome"], &result["attempts"]), (&json!("accepted"), &json!(2)), "{token}: {result}");
    }
    let result = rig.push_to("demo", "apns", "refused-always-1").await;
    assert_eq!((words(&result).as_str(), &result["attempts"]), ("unavailable - refused_stream", &json!(2)));
    rig.stop().await;
}

/// No more often than that, by whatever client: `attempts` is what the vendor saw.
#[tokio::test]
async fn what_is_unprocessed_is_sent_twice_at_most() {
    let rig = Rig::start().await;
    for vendor in ["apns", "fcm", "mi", "huawei", "meizu"] {
        rig.push_to("demo", vendor, &hex_token(1)).await;
        for (fault, code) in [(Fault::Refuse, "refused_stream"), (goaway(LastStream::Zero), "going_away")] {
            let to_this = Match { token_prefix: Some(hex_token(2)), ..Match::default() };
            rig.emulators.control().clear();
            rig.emulators.control().put_faults(vec![rule(vendor, to_this, fault)]);
            let result = rig.push_to("demo", vendor, &hex_token(2)).await;
            assert_eq!(words(&result), format!("unavailable - {code}"), "{vendor}: {result}");
            let seen = rig.emulators.control().requests(Some(vendor));
            let seen = seen.iter().filter(|request| request.tokens == [hex_token(2)]).count();
            assert_eq!((&result["attempts"], seen), (&json!(2), 2), "{vendor}: {result}");
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_may_have_been_carried_out_is_not_sent_again() {
    let rig = Rig::start().await;
    for token in ["close-1", "reset-1"] {
        let result = rig.push_to("demo", "apns", token).await;
        assert_eq!((words(&result).as_str(), &result["attempts"]), ("unavailable - connection_lost", &json!(1)));
    }
    let after = rig.push_to("demo", "apns", &hex_token(1)).await;
    assert_eq!(after["outcome"], "accepted", "the connection is replaced");
    rig.stop().await;
}

#[tokio::test]
async fn goodbyes_in_the_middle_of_a_crowd_lose_nothing() {
    let rig = Rig::start().await;
    let the_hundredth = Match { nth: Some(100), ..Match::default() };
    rig.emulators.control().put_faults(vec![rule("apns", the_hundredth, goaway(LastStream::Current))]);
    let targets: Vec<Value> = (0..1000).map(|n| target("apns", &hex_token(n))).collect();
    let results = rig.push(simple("demo", &targets)).await;
    let accepted = results.iter().filter(|result| result["outcome"] == "accepted").count();
    assert_eq!(accepted, 1000, "{:?}", results.iter().find(|result| result["outcome"] != "accepted"));
    rig.stop().await;
}

#[tokio::test]
async fn a_vendor_that_hangs_is_left_in_time() {
    let rig = Rig::start_with(quick).await;
    for (vendor, token) in [("apns", "hang-1"), ("mi", "hang-1")] {
        let begun = Instant::now();
        let result = rig.push_to("demo", vendor, token).await;
        assert_eq!(words(&result), "unavailable - timed_out", "{vendor}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{vendor}: {:?}", begun.elapsed());
    }
    assert_eq!(rig.push_to("demo", "apns", &hex_token(1)).await["outcome"], "accepted");
    rig.stop().await;
}

#[tokio::test]
async fn one_hanging_vendor_does_not_slow_another() {
    let rig = Rig::start_with(|config| replaced(config, "ca_file", "\"ca.pem\"\ntimeout_seconds = 6")).await;
    rig.emulators.control().put_faults(vec![rule("apns", Match::default(), Fault::Stall)]);
    let stuck: Vec<Value> = (0..50).map(|n| target("apns", &hex_token(n))).collect();
    let stuck = simple("demo", &stuck);
    let (stuck, mi) = tokio::join!(rig.push(stuck), async {
        let begun = Instant::now();
        let result = rig.push_to("demo", "mi", "regid-1").await;
        (result, begun.elapsed())
    });
    assert!(stuck.iter().all(|result| result["outcome"] == "unavailable"));
    assert_eq!(mi.0["outcome"], "accepted");
    assert!(mi.1 < Duration::from_secs(4), "{:?}", mi.1);
    rig.stop().await;
}

#[tokio::test]
async fn a_slow_device_token_holds_up_no_other() {
    let rig = Rig::start_with(|config| replaced(config, "ca_file", "\"ca.pem\"\nmax_in_flight = 100")).await;
    let token = |n: usize| if n.is_multiple_of(200) { format!("slow-1000-ok-{n}") } else { hex_token(n) };
    let targets: Vec<Value> = (0..1000).map(|n| target("apns", &token(n))).collect();
    let begun = Instant::now();
    let results = rig.push(simple("demo", &targets)).await;
    assert!(results.iter().enumerate().all(|(n, result)| result["outcome"] == "accepted" && result["target"] == n));
    assert!(begun.elapsed() < Duration::from_secs(3), "five slow ones, side by side: {:?}", begun.elapsed());
    rig.stop().await;
}

#[tokio::test]
async fn what_waits_for_one_vendor_leaves_room_for_the_others() {
    let few = |config: &str| quick(config).replacen("[server]", "[server]\nmax_targets_in_flight = 40000", 1);
    let rig = Rig::start_with(few).await;
    rig.emulators.control().put_faults(vec![rule("apns", Match::default(), Fault::Stall)]);
    let crowd: Vec<Value> = (0..10_000).map(|n| target("apns", &hex_token(n))).collect();
    let crowd = simple("demo", &crowd);
    let (stuck, late, mi) = tokio::join!(
        rig.push(crowd.clone()),
        async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            rig.push(crowd.clone()).await
        },
        async {
            tokio::time::sleep(Duration::from_millis(800)).await;
            rig.push_to("demo", "mi", "regid-1").await
        }
    );
    assert!(stuck.iter().all(|result| result["outcome"] == "unavailable"));
    assert!(late.iter().all(|result| words(result) == "unavailable - channel_busy"), "{}", late[0]);
    assert_eq!((&late[0]["attempts"], &late[0]["retry_after"]), (&json!(0), &json!(1)));
    assert_eq!(mi["outcome"], "accepted");
    rig.stop().await;
}

#[tokio::test]
async fn a_vendor_that_is_down_is_told_at_once() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let down = |config: &str| replaced(config, "endpoint", &format!("\"https://{closed}\""));
    let rig = Rig::start_with(down).await;
    let begun = Instant::now();
    let crowd: Vec<Value> = (0..500).map(|n| target("apns", &hex_token(n))).collect();
    let results = rig.push(simple("demo", &crowd)).await;
    assert!(results.iter().all(|result| words(result) == "unavailable - connect_failed"), "{}", results[0]);
    assert_eq!(words(&rig.push_to("demo", "mi", "regid-1").await), "unavailable - connect_failed");
    assert!(begun.elapsed() < Duration::from_secs(6), "well within the time limit: {:?}", begun.elapsed());
    rig.stop().await;
}

#[tokio::test]
async fn a_vendor_that_is_not_trusted_gets_nothing() {
    let rig = Rig::start_in(|config, folder| {
        let stranger = rcgen::generate_simple_self_signed(["stranger.example".to_owned()]).unwrap();
        std::fs::write(folder.join("stranger.pem"), stranger.cert.pem()).unwrap();
        replaced(config, "ca_file", "\"stranger.pem\"")
    })
    .await;
    for (vendor, token) in [("apns", hex_token(1)), ("mi", "regid-1".to_owned())] {
        let result = rig.push_to("demo", vendor, &token).await;
        assert_eq!(words(&result), "unavailable - connect_failed", "{vendor}");
        assert!(result["detail"].as_str().unwrap().contains("certificate"), "{result}");
        assert_eq!(rig.received(vendor).len(), 0);
    }
    rig.stop().await;
}

#[tokio::test]
async fn tls_faults_and_rubbish_are_outcomes() {
    let rig = Rig::start_with(quick).await;
    let control = rig.emulators.control().clone();
    let page = Fault::Status { status: 502, body: json!("<html>Bad Gateway</html>") };
    for (fault, wanted) in [(Fault::Tls, "connect_failed"), (Fault::Rubbish, ""), (page, ""), (Fault::Close, "")] {
        let shown = format!("{fault:?}");
        control.put_faults(vec![rule("apns", Match::default(), fault.clone()), rule("mi", Match::default(), fault)]);
        for (vendor, token) in [("apns", hex_token(1)), ("mi", "regid-1".to_owned())] {
            let result = rig.push_to("demo", vendor, &token).await;
            assert_ne!(result["outcome"], "accepted", "{vendor} {shown}");
            assert!(result["code"].as_str().unwrap().contains(wanted), "{vendor} {shown}: {result}");
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_vendor_that_lowers_its_limit_is_obeyed() {
    let rig = Rig::start().await;
    rig.emulators.control().put_faults(vec![rule("apns", Match::default(), Fault::MaxStreams(5))]);
    let targets: Vec<Value> = (0..300).map(|n| target("apns", &hex_token(n))).collect();
    let results = rig.push(simple("demo", &targets)).await;
    assert!(results.iter().all(|result| result["outcome"] == "accepted"));
    rig.stop().await;
}
