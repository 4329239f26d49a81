//! Mi over HTTP/1.1 and HTTP/2: prefixes, checks of a call, faults.

use std::time::{Duration, Instant};

use http::Request;
use serde_json::{Value, json};

use crate::support::{PATIENCE, Rig};

const SEND: &str = "/v3/message/regid";

/// An answer: status, and JSON or the text.
type Answer = (u16, Value);

struct Call {
    method: &'static str,
    path: String,
    authorization: String,
    content_type: &'static str,
    form: Vec<(&'static str, String)>,
}

fn send_to(rig: &Rig, regids: &str) -> Call {
    Call {
        method: "POST",
        path: SEND.to_owned(),
        authorization: format!("key={}", rig.read("mi.secret").trim()),
        content_type: "application/x-www-form-urlencoded;charset=UTF-8",
        form: vec![
            ("registration_id", regids.to_owned()),
            ("restricted_package_name", "com.example.app".to_owned()),
            ("title", "Your order".to_owned()),
            ("description", "is on its way".to_owned()),
            ("extra.channel_id", rig.configured("channel_id")),
            ("extra.notify_effect", "1".to_owned()),
        ],
    }
}

async fn call(rig: &Rig, alpn: &str, call: Call) -> Result<Answer, hyper::Error> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.form).finish();
    let request = Request::builder()
        .method(call.method)
        .uri(format!("https://localhost{}", call.path))
        .header("host", "localhost")
        .header("authorization", call.authorization)
        .header("content-type", call.content_type)
        .body(body)
        .unwrap();
    let heard = rig.http("mi", alpn, request).await?;
    Ok((heard.status, heard.body))
}

async fn answered(rig: &Rig, made: Call) -> Answer {
    tokio::time::timeout(PATIENCE, call(rig, "http/1.1", made)).await.unwrap().unwrap()
}

async fn code(rig: &Rig, made: Call) -> i64 {
    let (status, body) = answered(rig, made).await;
    assert_eq!(status, 200);
    body["code"].as_i64().unwrap()
}

#[tokio::test]
async fn a_message_is_accepted_over_both_protocols() {
    let rig = Rig::start().await;
    for alpn in ["h2", "http/1.1"] {
        let (status, body) = call(&rig, alpn, send_to(&rig, "r1,r2,")).await.unwrap();
        assert_eq!(status, 200);
        assert_eq!((body["result"].as_str(), body["code"].as_i64()), (Some("ok"), Some(0)));
        assert_eq!(body["info"], "Received push messages for 2 REGID");
        assert!(body["data"]["id"].as_str().unwrap().starts_with("sdm"));
        assert!(body["data"]["day_quota"].is_string() && body["data"]["day_acked"].is_string());
        assert!(body["data"]["bad_regids"].is_null());
    }
    let received = &rig.emulators.control().requests(Some("mi"))[0];
    assert_eq!(received.tokens, ["r1", "r2"]);
    assert_eq!(received.body["title"], "Your order");
    assert_eq!(received.headers["authorization"], "key=***");
    let stats = rig.emulators.control().stats().vendor("mi");
    assert_eq!((stats.requests, stats.targets, stats.accepted, stats.access_tokens), (2, 4, 4, 1));
}

#[tokio::test]
async fn bad_regids_are_named_and_all_bad_is_an_error() {
    let rig = Rig::start().await;
    let (_, body) = answered(&rig, send_to(&rig, "r1,dead-1,bad-2")).await;
    assert_eq!((body["code"].as_i64(), body["data"]["bad_regids"].as_str()), (Some(0), Some("dead-1,bad-2")));
    let (_, body) = answered(&rig, send_to(&rig, "dead-1,bad-2")).await;
    assert_eq!((body["code"].as_i64(), body["reason"].as_str()), (Some(20301), Some("No valid targets!")));
    assert_eq!(body["result"], "error");
}

/// Rows whose outcome reads "the call: <code> ..".
#[tokio::test]
async fn every_prefix_with_a_code_gives_it() {
    let rig = Rig::start().await;
    let rows = rig.prefixes("mi");
    let mut tried = 0;
    for row in &rows {
        let Some(want) = row.outcome.strip_prefix("the call: ").and_then(|rest| rest.split(' ').next()) else {
            continue;
        };
        let Ok(want) = want.parse::<i64>() else { continue };
        assert_eq!(code(&rig, send_to(&rig, &format!("r1,{}1", row.prefix))).await, want, "{}", row.prefix);
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    assert_eq!(code(&rig, send_to(&rig, "code-65029-1")).await, 65029);
    let (_, body) = answered(&rig, send_to(&rig, "quota-1")).await;
    assert_eq!(body["reason"], "exceed quota, quota: 20000, have acked: 20000");
}

#[tokio::test]
async fn every_other_prefix_does_what_it_says() {
    let rig = Rig::start().await;
    assert_eq!(answered(&rig, send_to(&rig, "unavailable-1")).await.0, 503);
    assert_eq!(answered(&rig, send_to(&rig, "html-1")).await.0, 502);
    assert_eq!(answered(&rig, send_to(&rig, "empty-1")).await, (200, json!("")));
    assert!(answered(&rig, send_to(&rig, "rubbish-1")).await.1.is_string());
    let began = Instant::now();
    assert_eq!(code(&rig, send_to(&rig, "r1,slow-60-dead-1")).await, 0);
    assert!(began.elapsed() >= Duration::from_millis(60));
    for alpn in ["h2", "http/1.1"] {
        for regid in ["close-1", "reset-1", "refused-1"] {
            let result = tokio::time::timeout(PATIENCE, call(&rig, alpn, send_to(&rig, regid))).await.unwrap();
            assert!(result.is_err(), "{alpn} {regid}");
        }
        let hanging = tokio::time::timeout(Duration::from_millis(60), call(&rig, alpn, send_to(&rig, "hang-1")));
        assert!(hanging.await.is_err());
    }
}

#[tokio::test]
async fn the_call_itself_is_checked() {
    let rig = Rig::start().await;
    let good = || send_to(&rig, "r1");
    let secret = rig.read("mi.secret").trim().to_owned();
    for authorization in [format!("KEY={secret}"), "key=wrong".to_owned(), secret, String::new()] {
        assert_eq!(code(&rig, Call { authorization, ..good() }).await, 21301);
    }
    assert_eq!(code(&rig, Call { content_type: "application/json", ..good() }).await, 10007);
    assert_eq!(code(&rig, Call { path: "/v9/message".to_owned(), ..good() }).await, 10020);
    assert_eq!(code(&rig, Call { method: "PUT", ..good() }).await, 10021);
    assert_eq!(code(&rig, send_to(&rig, ",")).await, 10016);
    let many = |count: usize| (0..count).map(|n| format!("r{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(code(&rig, send_to(&rig, &many(1000))).await, 0);
    assert_eq!(code(&rig, send_to(&rig, &many(1001))).await, 10017);
    let mut without_effect = good();
    without_effect.form.retain(|(name, _)| *name != "extra.notify_effect");
    assert_eq!(code(&rig, without_effect).await, 10016);
}

#[tokio::test]
async fn the_credential_can_be_checked_and_old_revocation_is_gone() {
    let rig = Rig::start().await;
    let quota = Call { method: "GET", path: "/v1/trace/quota/get".to_owned(), form: vec![], ..send_to(&rig, "r1") };
    let (_, body) = answered(&rig, quota).await;
    assert!(body["data"]["day_quota"].is_string());
    for path in ["/v1/message/regid/revoke", "/v2/message/revoke"] {
        assert_eq!(answered(&rig, Call { path: path.to_owned(), ..send_to(&rig, "r1") }).await.0, 404);
    }
}

/// A wrong secret is told before it is too often, and does not count.
#[tokio::test]
async fn the_quota_is_told_once_a_second() {
    let rig = Rig::start().await;
    let asking = |secret: &str| Call {
        method: "GET",
        path: "/v1/trace/quota/get".to_owned(),
        authorization: format!("key={}", rig.read(secret).trim()),
        form: vec![],
        ..send_to(&rig, "r1")
    };
    assert_eq!(code(&rig, asking("mi-wrong.secret")).await, 21301);
    assert_eq!(code(&rig, asking("mi.secret")).await, 0);
    assert_eq!(code(&rig, asking("mi.secret")).await, 10039);
    assert_eq!(code(&rig, asking("mi-wrong.secret")).await, 21301);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(code(&rig, asking("mi.secret")).await, 0);
}

#[tokio::test]
async fn faults_can_be_scripted() {
    let rig = Rig::start().await;
    rig.faults(json!([
        {"vendor": "mi", "match": {"path_prefix": "/v2"}, "fault": {"error": {"code": 10031}}},
        {"vendor": "mi", "match": {"token_prefix": "a"}, "fault": {"status": 500, "body": "down"}},
        {"vendor": "mi", "match": {"token_prefix": "g"}, "fault": {"goaway": {"reason": "Shutdown"}}},
        {"vendor": "mi", "match": {"token_prefix": "h"}, "fault": {"goaway": {"last_stream": "current"}}},
        {"vendor": "mi", "match": {"token_prefix": "t"}, "fault": {"refuse": true}},
    ]))
    .await;
    assert_eq!(code(&rig, Call { path: "/v2/message/regid".to_owned(), ..send_to(&rig, "r1") }).await, 10031);
    assert_eq!(answered(&rig, send_to(&rig, "r1,a1")).await, (500, json!("down")));
    let error = call(&rig, "h2", send_to(&rig, "g1")).await.unwrap_err();
    let inner = std::error::Error::source(&error).and_then(|error| error.downcast_ref::<h2::Error>()).unwrap();
    assert!(inner.is_go_away() && inner.to_string().contains("Shutdown"), "{inner}");
    for alpn in ["h2", "http/1.1"] {
        let (_, body) = call(&rig, alpn, send_to(&rig, "h1")).await.unwrap();
        assert_eq!(body["code"], 0, "{alpn}");
    }
    let error = call(&rig, "h2", send_to(&rig, "t1")).await.unwrap_err();
    let inner = std::error::Error::source(&error).and_then(|error| error.downcast_ref::<h2::Error>()).unwrap();
    assert_eq!(inner.reason(), Some(h2::Reason::REFUSED_STREAM));
}

/// RFC 9113 section 8.2.1; HTTP/1.1 takes the blanks off instead.
#[tokio::test]
async fn a_header_value_with_outer_blanks_is_a_protocol_error() {
    let rig = Rig::start().await;
    for vendor in ["fcm", "mi", "huawei", "meizu"] {
        let request =
            |uri: &str| Request::post(uri).header("host", "localhost").header("x-own", "a ").body(String::new());
        let error = rig.http(vendor, "h2", request("https://localhost/").unwrap()).await.unwrap_err();
        let h2 = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<h2::Error>());
        assert_eq!(h2.and_then(h2::Error::reason), Some(h2::Reason::PROTOCOL_ERROR), "{vendor}: {error:?}");
        assert!(rig.http(vendor, "http/1.1", request("/").unwrap()).await.is_ok(), "{vendor}");
        let received = rig.emulators.control().requests(Some(vendor));
        assert_eq!(received[0].answer, json!({"fault": "malformed"}));
        assert!(received[1].status.is_some());
    }
}
