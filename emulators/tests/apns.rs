//! APNs: prefixes, credentials, stream limits, GOAWAY, over TLS and HTTP/2.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::support::{Client, Deaf, PATIENCE, Rig, call, push};

const HEX: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

#[tokio::test]
async fn a_push_is_accepted_and_recorded() {
    let rig = Rig::start().await;
    let client = rig.apns("sandbox").await;
    let mut request = rig.push(HEX);
    request.headers_mut().insert("apns-id", "5e1f0000-0000-4000-8000-00000000abcd".parse().unwrap());
    let answer = client.call(request).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_empty());
    assert_eq!(answer.headers["apns-id"], "5e1f0000-0000-4000-8000-00000000abcd");
    assert!(answer.headers.contains_key("apns-unique-id"));
    let received = &rig.emulators.control().requests(Some("apns"))[0];
    assert_eq!((received.seq, received.environment, received.status), (1, "sandbox", Some(200)));
    assert_eq!(received.tokens, [HEX]);
    assert_eq!(received.body, json!({"aps": {"alert": "hello"}}));
    let shown = received.headers["authorization"].as_str().unwrap();
    assert!(
        shown.starts_with(&format!("bearer kid={}", rig.configured("key_id"))) && shown.ends_with("***"),
        "{shown}"
    );
    rig.emulators.stop().await;
}

#[tokio::test]
async fn production_tells_no_unique_id() {
    let rig = Rig::start().await;
    let answer = rig.apns("production").await.call(rig.push("ok-1")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("apns-unique-id"));
}

/// Rows whose outcome reads "<status> `<reason>`".
#[tokio::test]
async fn every_prefix_with_a_reason_gives_it() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    let bearer = rig.bearer();
    let rows = rig.emulators.control().prefixes().swap_remove(0).1;
    let mut tried = 0;
    for row in &rows {
        let Some((status, rest)) = row.outcome.split_once(" `") else { continue };
        let (Ok(status), Some((reason, _))) = (status.parse::<u16>(), rest.split_once('`')) else { continue };
        let answer = client.call(push(&format!("{}1", row.prefix), Some(&bearer))).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.reason()), (status, reason.to_owned()), "{}", row.prefix);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.json()["timestamp"].is_u64(), status == 410);
        tried += 1;
    }
    assert!(tried > 35, "{tried}");
}

#[tokio::test]
async fn every_other_prefix_does_what_it_says() {
    let rig = Rig::start().await;
    let bearer = rig.bearer();
    let client = rig.apns("production").await;
    let sandbox = rig.apns("sandbox").await;
    let status = async |client: &Client, token: &str| client.call(push(token, Some(&bearer))).await.unwrap().status;
    assert_eq!(status(&client, "ok-1").await, 200);
    assert_eq!(status(&client, "sandbox-1").await, 400);
    assert_eq!(status(&sandbox, "sandbox-1").await, 200);
    assert_eq!(status(&client, "production-1").await, 200);
    assert_eq!(status(&sandbox, "production-1").await, 400);
    assert_eq!(status(&client, "no-such-prefix").await, 400);
    assert_eq!(status(&client, "reason-TooManyRequests-1").await, 429);
    assert_eq!(status(&client, "reason-Brandnew-1").await, 400);
    assert_eq!(status(&client, "html-1").await, 502);
    let rubbish = client.call(push("rubbish-1", Some(&bearer))).await.unwrap();
    assert!(rubbish.status == 400 && rubbish.json().is_null() && !rubbish.body.is_empty());
    assert_eq!(status(&client, "rubbish-ok-1").await, 200);
    let empty = client.call(push("empty-1", Some(&bearer))).await.unwrap();
    assert!(empty.status == 400 && empty.body.is_empty());
    let began = Instant::now();
    assert_eq!(status(&client, "slow-60-dead-1").await, 410);
    assert!(began.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn streams_are_reset_and_refused_as_asked() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    let reason =
        async |token: &str| client.call(rig.push(token)).await.map(|answer| answer.status).unwrap_err().reason();
    assert_eq!(reason("reset-1").await, Some(h2::Reason::INTERNAL_ERROR));
    assert_eq!(reason("refused-1").await, Some(h2::Reason::REFUSED_STREAM));
    assert_eq!(client.call(rig.push("refused-1")).await.unwrap().status, 200);
    assert_eq!(reason("refused-always-1").await, Some(h2::Reason::REFUSED_STREAM));
    assert_eq!(reason("refused-always-1").await, Some(h2::Reason::REFUSED_STREAM));
}

#[tokio::test]
async fn a_hanging_push_leaves_the_connection_alone() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    let bearer = rig.bearer();
    client.call(push("ok-1", Some(&bearer))).await.unwrap();
    let hanging = tokio::spawn(call(client.send.clone(), push("hang-1", Some(&bearer))));
    assert_eq!(client.call(push("ok-2", Some(&bearer))).await.unwrap().status, 200);
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn goaway_names_its_reason_and_the_resend_is_accepted() {
    let rig = Rig::start().await;
    for (token, again) in [("goaway-1", 200), ("goaway-always-1", 0)] {
        let client = rig.apns("production").await;
        let error = client.call(rig.push(token)).await.unwrap_err();
        assert!(error.is_go_away() && error.is_remote() && error.to_string().contains("Shutdown"), "{error}");
        ends(client).await;
        let second = rig.apns("production").await.call(rig.push(token)).await;
        assert_eq!(second.map_or(0, |answer| answer.status.as_u16()), again);
    }
    let client = rig.apns("production").await;
    let error = client.call(rig.push("goaway-silent-1")).await.unwrap_err();
    // named as processed, but never answered: all the client can see is the end of the connection
    assert!(!error.is_go_away() && error.is_io(), "{error:?}");
}

#[tokio::test]
async fn a_dropped_connection_is_dropped() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    assert!(client.call(rig.push("close-1")).await.is_err());
    assert!(client.call(rig.push("ok-1")).await.is_err());
    assert_eq!(rig.emulators.control().requests(None)[0].answer, json!({"fault": "close"}));
}

#[tokio::test]
async fn a_token_connection_starts_with_one_stream_and_opens_up() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    client.wait_for_limit(1).await;
    let refused = client.call(push("ok-1", Some(&rig.bearer_with("AuthKey_WRONG.p8", 0)))).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.reason().as_str()), (403, "InvalidProviderToken"));
    client.wait_for_limit(1).await;
    assert_eq!(client.call(rig.push("dead-1")).await.unwrap().status, 410);
    client.wait_for_limit(1000).await;
}

#[tokio::test]
async fn hundreds_of_streams_run_at_once_on_a_proven_connection() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    let bearer = rig.bearer();
    client.call(push("ok-1", Some(&bearer))).await.unwrap();
    client.wait_for_limit(1000).await;
    let calls = (0..300).map(|n| call(client.send.clone(), push(&format!("slow-50-ok-{n}"), Some(&bearer))));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)));
    let stats = rig.emulators.control().stats().vendor("apns");
    assert_eq!((stats.requests, stats.accepted, stats.stream_limit_violations), (301, 301, 0));
    assert_eq!((stats.connections_opened, stats.connections_open, stats.access_tokens), (1, 1, 1));
}

#[tokio::test]
async fn streams_above_the_limit_are_refused_and_counted() {
    let rig = Rig::start().await;
    let tls = rig.tls(rig.port("apns", "production"), "h2", None).await.unwrap();
    let (send, connection) = h2::client::handshake(Deaf::new(tls, Duration::from_millis(200))).await.unwrap();
    tokio::spawn(connection);
    let bearer = rig.bearer();
    // both leave before the client has read any SETTINGS; the first has yet to prove anything when the second comes
    let mut first = send.clone().ready().await.unwrap();
    let (request, body) = push("ok-a", Some(&bearer)).into_parts();
    let (first, mut stream) = first.send_request(http::Request::from_parts(request, ()), false).unwrap();
    let second = tokio::time::timeout(PATIENCE, call(send, push("ok-b", Some(&bearer)))).await.unwrap();
    assert_eq!(second.unwrap_err().reason(), Some(h2::Reason::REFUSED_STREAM));
    stream.send_data(body.into(), true).unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, first).await.unwrap().unwrap().status(), 200);
    assert_eq!(rig.emulators.control().stats().vendor("apns").stream_limit_violations, 1);
}

#[tokio::test]
async fn a_client_certificate_needs_no_token_and_no_slow_start() {
    let rig = Rig::start().await;
    for (environment, name) in [("production", "apns-cert"), ("sandbox", "apns-cert"), ("sandbox", "apns-sandbox")] {
        let client = rig.h2(rig.port("apns", environment), Some(name)).await;
        client.wait_for_limit(1000).await;
        assert_eq!(client.call(push("ok-1", None)).await.unwrap().status, 200, "{environment} {name}");
        let mut request = push("ok-1", Some("bearer ignored"));
        request.headers_mut().insert("apns-topic", "com.example.other".parse().unwrap());
        assert_eq!(client.call(request).await.unwrap().reason(), "TopicDisallowed");
    }
}

#[tokio::test]
async fn a_certificate_of_the_wrong_environment_gets_goaway_and_the_end() {
    let rig = Rig::start().await;
    let client = rig.h2(rig.port("apns", "production"), Some("apns-sandbox")).await;
    let error = client.call(push("ok-1", None)).await.unwrap_err();
    assert!(error.is_go_away() && error.is_remote(), "{error:?}");
    assert_eq!(error.reason(), Some(h2::Reason::NO_ERROR));
    assert!(error.to_string().contains("BadCertificateEnvironment"), "{error}");
    ends(client).await;
    assert!(rig.emulators.control().requests(None).is_empty());
}

#[tokio::test]
async fn a_certificate_that_has_ended_gets_its_alert() {
    let rig = Rig::start().await;
    for (name, alert) in [
        ("apns-expired", rustls::AlertDescription::CertificateExpired),
        ("apns-revoked", rustls::AlertDescription::CertificateRevoked),
    ] {
        let refused = match rig.tls(rig.port("apns", "production"), "h2", Some(name)).await {
            Ok(mut tls) => tls.read(&mut [0; 64]).await.unwrap_err(),
            Err(error) => error,
        };
        let heard = refused.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        assert_eq!(heard, Some(&rustls::Error::AlertReceived(alert)), "{refused}");
    }
}

#[tokio::test]
async fn a_key_is_for_its_environment_and_topics_while_it_is_in_force() {
    let rig = Rig::start().await;
    for (environment, key, want) in [
        ("production", "key", ""),
        ("sandbox", "key", ""),
        ("production", "sandbox_key", "403 BadEnvironmentKeyInToken"),
        ("sandbox", "sandbox_key", ""),
        ("production", "revoked_key", "403 InvalidProviderToken"),
        ("sandbox", "revoked_key", "403 InvalidProviderToken"),
        ("production", "topic_key", "400 TopicDisallowed"),
        ("sandbox", "topic_key", "403 BadEnvironmentKeyInToken"),
    ] {
        let client = rig.apns(environment).await;
        let answer = client.call(push(HEX, Some(&rig.bearer_of(key)))).await.unwrap();
        let heard = match answer.status.as_u16() {
            200 => String::new(),
            status => format!("{status} {}", answer.reason()),
        };
        assert_eq!(heard, want, "{key} in {environment}");
    }
    let mut other = push(HEX, Some(&rig.bearer_of("topic_key")));
    other.headers_mut().insert("apns-topic", "com.example.other".parse().unwrap());
    assert_eq!(rig.apns("production").await.call(other).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_connection_stays_with_its_first_key() {
    let rig = Rig::start().await;
    let client = rig.apns("sandbox").await;
    assert_eq!(client.call(rig.push("ok-1")).await.unwrap().status, 200);
    let other = client.call(push("ok-1", Some(&rig.bearer_of("sandbox_key")))).await.unwrap();
    assert_eq!((other.status.as_u16(), other.reason().as_str()), (403, "UnrelatedKeyIdInToken"));
}

#[tokio::test]
async fn credentials_are_judged_before_device_tokens() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    for (authorization, want) in [
        (None, "MissingProviderToken"),
        (Some("bearer rubbish".to_owned()), "InvalidProviderToken"),
        (Some(rig.bearer_with("AuthKey_WRONG.p8", 0)), "InvalidProviderToken"),
        (Some(rig.bearer_with(&format!("AuthKey_{}.p8", rig.configured("key_id")), -3700)), "ExpiredProviderToken"),
    ] {
        let answer = client.call(push("dead-1", authorization.as_deref())).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.reason().as_str()), (403, want));
    }
    let head = http::Request::head("https://localhost/").body("").unwrap();
    assert_eq!(client.call(head).await.unwrap().status, 405);
}

#[tokio::test]
async fn renewing_the_token_too_often_is_refused() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    let file = format!("AuthKey_{}.p8", rig.configured("key_id"));
    let mut statuses = Vec::new();
    for offset in [0, -1, -2] {
        statuses.push(client.call(push("ok-1", Some(&rig.bearer_with(&file, offset)))).await.unwrap().status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
}

#[tokio::test]
async fn only_http2_is_spoken() {
    let rig = Rig::start().await;
    assert!(rig.tls(rig.port("apns", "production"), "http/1.1", None).await.is_err());
}

#[tokio::test]
async fn scripted_faults_meet_whom_they_name() {
    let rig = Rig::start().await;
    rig.faults(json!([
        {"vendor": "apns", "environment": "sandbox", "fault": {"error": {"reason": "Forbidden"}}},
        {"vendor": "apns", "match": {"token_prefix": "aa"}, "fault": {"error": {"reason": "BadTopic", "status": 418}}},
        {"vendor": "apns", "match": {"token_prefix": "ok-s"}, "fault": {"status": 503, "body": {"x": 1}}},
        {"vendor": "apns", "match": {"token_prefix": "ok-r"}, "fault": {"rubbish": true}},
        {"vendor": "apns", "match": {"token_prefix": "ok-f", "times": 1}, "fault": {"refuse": true}},
    ]))
    .await;
    assert_eq!(rig.apns("sandbox").await.call(rig.push("ok-1")).await.unwrap().reason(), "Forbidden");
    let client = rig.apns("production").await;
    assert_eq!(client.call(rig.push("ok-1")).await.unwrap().status, 200);
    assert_eq!(client.call(rig.push(&"aa".repeat(32))).await.unwrap().status, 418);
    assert_eq!(client.call(rig.push("ok-s")).await.unwrap().json(), json!({"x": 1}));
    assert!(client.call(rig.push("ok-r")).await.unwrap().json().is_null());
    assert!(client.call(rig.push("ok-f")).await.is_err());
    assert_eq!(client.call(rig.push("ok-f")).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_limit_falls_after_an_error_where_a_rule_wants_it() {
    let rig = Rig::start().await;
    rig.faults(json!([{"vendor": "apns", "fault": {"fall_to_one": true}}])).await;
    let client = rig.apns("production").await;
    let bearer = rig.bearer();
    client.call(push("ok-1", Some(&bearer))).await.unwrap();
    client.wait_for_limit(1000).await;
    client.call(push("dead-1", Some(&bearer))).await.unwrap();
    client.wait_for_limit(1).await;
    client.call(push("ok-2", Some(&bearer))).await.unwrap();
    client.wait_for_limit(1000).await;
    rig.faults(json!([{"vendor": "apns", "fault": {"max_streams": 7}}])).await;
    client.call(push("ok-3", Some(&bearer))).await.unwrap();
    client.wait_for_limit(7).await;
}

#[tokio::test]
async fn a_graceful_goaway_answers_its_stream_and_ends() {
    let rig = Rig::start().await;
    let goaway = json!({"text": "Maximum active streams violated", "last_stream": "current"});
    rig.faults(json!([{"vendor": "apns", "match": {"times": 1}, "fault": {"goaway": goaway}}])).await;
    let client = rig.apns("production").await;
    assert_eq!(client.call(rig.push("ok-1")).await.unwrap().status, 200);
    ends(client).await;
    rig.faults(json!([{"vendor": "apns", "fault": {"goaway": {"text": "plain"}}}])).await;
    let error = rig.apns("production").await.call(rig.push("ok-1")).await.unwrap_err();
    assert!(error.is_go_away() && error.to_string().contains("plain"), "{error}");
}

/// A client sends again elsewhere what a GOAWAY says was not processed: then it must not have been.
#[tokio::test]
async fn a_goaway_is_true_of_the_streams_beside_it() {
    for last_stream in ["current", "zero"] {
        let rig = Rig::start().await;
        let client = rig.apns("production").await;
        client.call(rig.push("ok-1")).await.unwrap();
        client.wait_for_limit(1000).await;
        rig.faults(json!([
            {"vendor": "apns", "match": {"token_prefix": "ok-leaves"}, "fault": {"delay_ms": 100}},
            {"vendor": "apns", "match": {"token_prefix": "ok-leaves"}, "fault": {"goaway": {"last_stream": last_stream}}},
            {"vendor": "apns", "match": {"token_prefix": "ok-late"}, "fault": {"delay_ms": 200}},
        ]))
        .await;
        let tokens = ["ok-before", "ok-late-1", "ok-leaves", "ok-after", "ok-late-2"];
        let calls = tokens.map(|token| call(client.send.clone(), rig.push(token)));
        let answers = futures_util::future::join_all(calls).await;
        let received = rig.emulators.control().requests(Some("apns"));
        let accepted = |token: &str| received.iter().any(|one| one.status == Some(200) && one.tokens == [token]);
        for (token, answer) in tokens.into_iter().zip(&answers) {
            let unprocessed = answer.as_ref().is_err_and(|error| error.is_go_away() && error.is_remote());
            assert!(!unprocessed || !accepted(token), "{last_stream}: {token} was accepted: {answer:?}");
        }
        let answered = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(answered, if last_stream == "current" { 5 } else { 2 }, "{last_stream}: {answers:?}");
    }
}

#[tokio::test]
async fn tls_fails_as_often_as_asked() {
    let rig = Rig::start().await;
    rig.faults(json!([{"vendor": "apns", "match": {"times": 1}, "fault": {"tls": true}}])).await;
    let port = rig.port("apns", "production");
    let error = rig.tls(port, "h2", None).await.unwrap_err();
    assert!(error.to_string().contains("HandshakeFailure"), "{error}");
    assert!(rig.tls(port, "h2", None).await.is_ok());
}

#[tokio::test]
async fn delays_and_stalls_can_be_scripted() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    let bearer = rig.bearer();
    client.call(push("ok-1", Some(&bearer))).await.unwrap();
    rig.faults(json!([
        {"vendor": "apns", "match": {"token_prefix": "ok-d"}, "fault": {"delay_ms": 40}},
        {"vendor": "apns", "match": {"token_prefix": "ok-h"}, "fault": {"stall": true}},
    ]))
    .await;
    let began = Instant::now();
    assert_eq!(client.call(push("ok-d", Some(&bearer))).await.unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_millis(40));
    let stalled =
        tokio::time::timeout(Duration::from_millis(60), call(client.send.clone(), push("ok-h", Some(&bearer))));
    assert!(stalled.await.is_err());
    let last = rig.emulators.control().requests(None).pop().unwrap();
    assert_eq!((last.status, last.answer), (None, json!({"fault": "stall"})));
}

/// The connection is closed by the other side.
async fn ends(client: Client) {
    drop(client.send);
    assert!(tokio::time::timeout(PATIENCE, client.driver).await.is_ok(), "the connection stays open");
}

/// RFC 9113 section 8.2.1.
#[tokio::test]
async fn a_header_value_with_outer_blanks_is_a_protocol_error() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    for (name, value) in [("apns-topic", " com.example.app"), ("apns-topic", "com.example.app\t"), ("x-own", " ")] {
        let mut request = rig.push("ok-1");
        request.headers_mut().insert(name, value.parse().unwrap());
        let error = client.call(request).await.unwrap_err();
        assert_eq!((error.is_reset(), error.reason()), (true, Some(h2::Reason::PROTOCOL_ERROR)), "{value:?}");
    }
    assert_eq!(client.call(rig.push("ok-1")).await.unwrap().status, 200);
    let received = rig.emulators.control().requests(Some("apns"));
    let answers: Vec<_> = received.iter().map(|request| (request.status, request.answer.clone())).collect();
    let malformed = (None, json!({"fault": "malformed"}));
    assert_eq!(answers[..3], [malformed.clone(), malformed.clone(), malformed]);
    assert_eq!((answers.len(), answers[3].0), (4, Some(200)));
    assert_eq!(rig.emulators.control().stats().vendor("apns").accepted, 1);
}
