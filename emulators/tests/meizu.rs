//! Meizu over HTTP/1.1 and HTTP/2: signature, prefixes, checks of a call, limits of a device, faults.

use std::time::{Duration, Instant};

use http::Request;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::support::{PATIENCE, Rig};

const SEND: &str = "/garcia/api/server/push/varnished/pushByPushId";
const SWITCH: &str = "/garcia/api/server/message/getRegisterSwitch";

/// An answer: status, and JSON or the text.
type Answer = (u16, Value);

/// A call before it is signed.
struct Call {
    method: &'static str,
    path: String,
    content_type: &'static str,
    secret: String,
    /// In the order of the signature.
    form: Vec<(&'static str, String)>,
}

impl Call {
    fn set(mut self, name: &'static str, value: &str) -> Self {
        self.form.retain(|(found, _)| *found != name);
        self.form.push((name, value.to_owned()));
        self.form.sort_unstable();
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.form.retain(|(found, _)| *found != name);
        self
    }

    /// The parameters with their signature, unless they have one.
    fn signed(&self) -> String {
        let base: String = self.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let digest = Md5::digest(format!("{base}{}", self.secret));
        let sign: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.form);
        if self.form.iter().all(|(name, _)| *name != "sign") {
            text.append_pair("sign", &sign);
        }
        text.finish()
    }
}

fn message(class: u64) -> String {
    let bar = json!({"noticeMsgType": class, "noticeBarType": 0, "title": "你好 + & =", "content": "is on its way"});
    let click = json!({"clickType": 1, "activity": "com.example.app.Open", "parameters": {"order": "42"}});
    json!({"noticeBarInfo": bar, "clickTypeInfo": click, "advanceInfo": {"notifyKey": "c-42"}}).to_string()
}

fn send_to(rig: &Rig, push_ids: &str) -> Call {
    let form = vec![("appId", "123456".to_owned()), ("messageJson", message(1)), ("pushIds", push_ids.to_owned())];
    Call {
        method: "POST",
        path: SEND.to_owned(),
        content_type: "application/x-www-form-urlencoded;charset=UTF-8",
        secret: rig.read("meizu.secret").trim().to_owned(),
        form,
    }
}

fn switch_of(rig: &Rig, push_id: &str) -> Call {
    let form = vec![("appId", "123456".to_owned()), ("pushId", push_id.to_owned())];
    Call { method: "GET", path: SWITCH.to_owned(), form, ..send_to(rig, "") }
}

async fn call(rig: &Rig, alpn: &str, call: Call) -> Result<Answer, hyper::Error> {
    let (path, body) = match call.method {
        "GET" => (format!("{}?{}", call.path, call.signed()), String::new()),
        _ => (call.path.clone(), call.signed()),
    };
    let request = Request::builder()
        .method(call.method)
        .uri(if alpn == "h2" { format!("https://localhost{path}") } else { path })
        .header("host", "localhost")
        .header("content-type", call.content_type)
        .body(body)
        .unwrap();
    let heard = rig.http("meizu", alpn, request).await?;
    Ok((heard.status, heard.body))
}

async fn answered(rig: &Rig, made: Call) -> Answer {
    tokio::time::timeout(PATIENCE, call(rig, "http/1.1", made)).await.unwrap().unwrap()
}

async fn body(rig: &Rig, made: Call) -> Value {
    let (status, body) = answered(rig, made).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn code(rig: &Rig, made: Call) -> String {
    body(rig, made).await["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_notification_is_accepted_over_both_protocols() {
    let rig = Rig::start().await;
    for alpn in ["h2", "http/1.1"] {
        let (status, body) = call(&rig, alpn, send_to(&rig, "P1,ok-demo-production")).await.unwrap();
        assert_eq!((status, &body["code"], &body["value"]), (200, &json!("200"), &json!({})));
        assert!(body["msgId"].as_str().unwrap().starts_with("NS20"), "{body}");
        assert_eq!((&body["message"], &body["redirect"]), (&json!(""), &json!("")));
    }
    let received = &rig.emulators.control().requests(Some("meizu"))[0];
    assert_eq!(received.tokens, ["P1", "ok-demo-production"]);
    assert_eq!(received.body["messageJson"]["noticeBarInfo"]["title"], "你好 + & =");
    assert_eq!(received.body["sign"], "***");
    let stats = rig.emulators.control().stats().vendor("meizu");
    assert_eq!((stats.requests, stats.targets, stats.accepted), (2, 4, 4));
}

#[tokio::test]
async fn partial_failures_lie_in_value_by_code() {
    let rig = Rig::start().await;
    let made = send_to(&rig, "P1,dead-1,switched-off-1,dead-2,each-518-1,twice-1,ok-demo-sandbox");
    let body = body(&rig, made).await;
    let want = json!({"513": ["twice-1"], "518": ["each-518-1"], "110002": ["dead-1", "dead-2", "twice-1"],
        "110010": ["switched-off-1"]});
    assert_eq!((&body["code"], &body["value"]), (&json!("200"), &want));
    assert_eq!(rig.emulators.control().stats().vendor("meizu").accepted, 2);
    assert_eq!(code(&rig, send_to(&rig, "dead-1")).await, "200");
}

/// Rows whose outcome reads "the call: <code> .." or "in `value`: <code> ..".
#[tokio::test]
async fn every_prefix_with_a_code_gives_it() {
    let rig = Rig::start().await;
    let prefixes = rig.emulators.control().prefixes();
    let rows = &prefixes.iter().find(|(vendor, _)| *vendor == "meizu").unwrap().1;
    let number = |outcome: &str, start: &str| {
        let word = outcome.strip_prefix(start)?.split(' ').next()?;
        word.parse::<i64>().ok().map(|_| word.to_owned())
    };
    let mut tried = 0;
    for row in rows {
        let push_id = format!("{}1", row.prefix);
        let targets = format!("P1,{push_id}");
        if let Some(want) = number(&row.outcome, "the call: ") {
            let body = body(&rig, send_to(&rig, &targets)).await;
            assert_eq!((&body["code"], &body["value"]), (&json!(want), &json!("")), "{push_id}");
            assert!(body["msgId"].is_null());
            tried += 1;
        }
        if let Some(want) = number(&row.outcome, "in `value`: ") {
            let body = body(&rig, send_to(&rig, &targets)).await;
            assert_eq!((&body["code"], &body["value"][want]), (&json!("200"), &json!([push_id])));
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
    assert_eq!(code(&rig, send_to(&rig, "code-519-1")).await, "519");
    let body = body(&rig, send_to(&rig, "throttled-1")).await;
    assert_eq!(body["message"], "应用请求频率超过限制");
}

#[tokio::test]
async fn every_other_prefix_does_what_it_says() {
    let rig = Rig::start().await;
    assert_eq!(answered(&rig, send_to(&rig, "unavailable-1")).await.0, 503);
    assert_eq!(answered(&rig, send_to(&rig, "html-1")).await.0, 502);
    assert_eq!(answered(&rig, send_to(&rig, "empty-1")).await, (200, json!("")));
    assert!(answered(&rig, send_to(&rig, "rubbish-1")).await.1.is_string());
    let began = Instant::now();
    assert_eq!(body(&rig, send_to(&rig, "P1,slow-60-dead-1")).await["value"]["110002"], json!(["slow-60-dead-1"]));
    assert!(began.elapsed() >= Duration::from_millis(60));
    for alpn in ["h2", "http/1.1"] {
        for push_id in ["close-1", "reset-1", "refused-1"] {
            let result = tokio::time::timeout(PATIENCE, call(&rig, alpn, send_to(&rig, push_id))).await.unwrap();
            assert!(result.is_err(), "{alpn} {push_id}");
        }
        let hanging = tokio::time::timeout(Duration::from_millis(60), call(&rig, alpn, send_to(&rig, "hang-1")));
        assert!(hanging.await.is_err());
    }
}

#[tokio::test]
async fn success_has_several_spellings() {
    let rig = Rig::start().await;
    assert_eq!(body(&rig, send_to(&rig, "ok-text-value-1")).await["value"], "");
    assert!(body(&rig, send_to(&rig, "ok-no-value-1")).await.get("value").is_none());
    assert_eq!(body(&rig, send_to(&rig, "ok-number-code-1")).await["code"], 200);
    let id = body(&rig, send_to(&rig, "ok-hex-id-1")).await["msgId"].as_str().unwrap().to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let mixed = body(&rig, send_to(&rig, "ok-text-value-1,dead-1")).await;
    assert_eq!(mixed["value"], json!({"110002": ["dead-1"]}));
}

#[tokio::test]
async fn a_redirect_leads_to_where_it_says() {
    let rig = Rig::start().await;
    for alpn in ["h2", "http/1.1"] {
        let (_, body) = call(&rig, alpn, send_to(&rig, "redirect-1")).await.unwrap();
        let again = format!("{SEND}?redirected=1");
        assert_eq!((&body["code"], &body["redirect"]), (&json!("300"), &json!(format!("https://localhost{again}"))));
        let (_, body) = call(&rig, alpn, Call { path: again, ..send_to(&rig, "redirect-1") }).await.unwrap();
        assert_eq!(body["code"], "200");
    }
    let again = format!("{SEND}?redirected=1");
    assert_eq!(code(&rig, Call { path: again, ..send_to(&rig, "redirect-always-1") }).await, "300");
    let foreign = body(&rig, send_to(&rig, "redirect-foreign-1")).await;
    assert!(foreign["redirect"].as_str().unwrap().starts_with("https://push.invalid/"));
}

#[tokio::test]
async fn the_signature_covers_all_that_is_sent() {
    let rig = Rig::start().await;
    let good = || send_to(&rig, "P1");
    assert_eq!(code(&rig, good().set("restrictedPackageNames", "com.example.app")).await, "200");
    assert_eq!(code(&rig, good().set("restrictedPackageNames", "")).await, "200");
    assert_eq!(code(&rig, good().set("later", "1")).await, "200");
    let wrong = rig.read("meizu-wrong.secret").trim().to_owned();
    assert_eq!(code(&rig, Call { secret: wrong.clone(), ..good() }).await, "1006");
    assert_eq!(code(&rig, Call { secret: wrong, ..switch_of(&rig, "P1") }).await, "1006");
    assert_eq!(code(&rig, good().set("sign", "cb8b2db272764e29d9389d0969fef7e1")).await, "1006");
    let signed = good().signed();
    let sign = signed.rsplit('=').next().unwrap();
    assert_eq!(code(&rig, good().set("sign", sign)).await, "200");
    assert_eq!(code(&rig, good().set("sign", &sign.to_uppercase())).await, "1006");
    assert_eq!(code(&rig, good().set("sign", sign).set("restrictedPackageNames", "")).await, "1006");
    assert_eq!(code(&rig, good().set("sign", sign).set("pushIds", "P2")).await, "1006");
}

#[tokio::test]
async fn the_call_itself_is_checked() {
    let rig = Rig::start().await;
    let good = || send_to(&rig, "P1");
    for app in ["654321", "demo"] {
        assert_eq!(code(&rig, good().set("appId", app)).await, "110000");
    }
    for name in ["appId", "pushIds", "messageJson"] {
        assert_eq!(code(&rig, good().set(name, "")).await, "110004", "{name}");
        assert_eq!(code(&rig, good().without(name)).await, "110004", "{name}");
    }
    assert_eq!(code(&rig, good().set("sign", "")).await, "110004");
    assert_eq!(code(&rig, good().set("restrictedPackageNames", "com.other")).await, "110031");
    assert_eq!(code(&rig, good().set("messageJson", "{")).await, "1005");
    assert_eq!(code(&rig, Call { content_type: "application/json", ..good() }).await, "1005");
    for push_ids in ["P1,", ",P1", "P1, P2", "P1,,P2"] {
        assert_eq!(code(&rig, send_to(&rig, push_ids)).await, "1005", "{push_ids}");
    }
    let many = |count: usize| (0..count).map(|n| format!("P{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(code(&rig, send_to(&rig, &many(100))).await, "200");
    assert_eq!(code(&rig, send_to(&rig, &many(101))).await, "1005");
    let mut twice = good();
    twice.form.push(("pushIds", "P2".to_owned()));
    assert_eq!(code(&rig, twice).await, "1005");
    assert_eq!(answered(&rig, Call { path: "/v9".to_owned(), ..good() }).await.0, 404);
    assert_eq!(answered(&rig, Call { method: "GET", ..good() }).await.0, 405);
    assert_eq!(answered(&rig, Call { method: "POST", ..switch_of(&rig, "P1") }).await.0, 405);
}

#[tokio::test]
async fn the_switch_of_a_push_id_can_be_asked_for() {
    let rig = Rig::start().await;
    let (_, body) = answered(&rig, switch_of(&rig, "P1")).await;
    let want = json!({"barTypeSwitch": true, "directTypeSwitch": true, "pushId": "P1"});
    assert_eq!((&body["code"], &body["value"]), (&json!("200"), &want));
    let (_, body) = answered(&rig, switch_of(&rig, "switched-off-1")).await;
    assert_eq!(body["value"]["barTypeSwitch"], false);
    for (push_id, want) in [("dead-1", "110002"), ("bad-1", "110003"), ("auth-1", "1006"), ("", "110004")] {
        assert_eq!(code(&rig, switch_of(&rig, push_id)).await, want, "{push_id}");
    }
    let mut wrong = switch_of(&rig, "dead-1");
    wrong.secret = rig.read("meizu-wrong.secret").trim().to_owned();
    assert_eq!(code(&rig, wrong).await, "1006");
    assert_eq!(code(&rig, switch_of(&rig, "dead-1").set("appId", "654321")).await, "110000");
    let received = &rig.emulators.control().requests(Some("meizu"))[0];
    assert_eq!(received.path, format!("{SWITCH}?appId=123456&pushId=P1&sign=***"));
    assert_eq!((received.tokens.as_slice(), &received.body), (&["P1".to_owned()][..], &Value::Null));
}

#[tokio::test]
async fn limits_of_a_device_are_kept_for_those_that_ask() {
    let rig = Rig::start().await;
    let value = async |class, push_id| {
        let made = send_to(&rig, push_id).set("messageJson", &message(class));
        body(&rig, made).await["value"].clone()
    };
    for _ in 0..5 {
        assert_eq!(value(1, "limited-1").await, json!({}));
    }
    assert_eq!(value(1, "limited-1").await, json!({"520": ["limited-1"]}));
    for _ in 0..3 {
        assert_eq!(value(0, "limited-2").await, json!({}));
    }
    assert_eq!(value(0, "P1,limited-2").await, json!({"110011": ["limited-2"]}));
    for _ in 0..7 {
        assert_eq!(value(0, "P1").await, json!({}));
    }
}

#[tokio::test]
async fn faults_can_be_scripted() {
    let rig = Rig::start().await;
    rig.faults(json!([
        {"vendor": "meizu", "match": {"path_prefix": SWITCH}, "fault": {"error": {"code": 110010}}},
        {"vendor": "meizu", "match": {"token_prefix": "a"}, "fault": {"status": 500, "body": "down"}},
        {"vendor": "meizu", "match": {"token_prefix": "g"}, "fault": {"goaway": {"reason": "Shutdown"}}},
        {"vendor": "meizu", "match": {"token_prefix": "h"}, "fault": {"goaway": {"last_stream": "current"}}},
        {"vendor": "meizu", "match": {"token_prefix": "t"}, "fault": {"refuse": true}},
        {"vendor": "meizu", "match": {"token_prefix": "e"},
         "fault": {"error": {"code": 1003, "reason": "later", "status": 503}}},
    ]))
    .await;
    assert_eq!(code(&rig, switch_of(&rig, "P1")).await, "110010");
    assert_eq!(answered(&rig, send_to(&rig, "P1,a1")).await, (500, json!("down")));
    let (status, body) = answered(&rig, send_to(&rig, "e1")).await;
    assert_eq!((status, &body["code"], &body["message"]), (503, &json!("1003"), &json!("later")));
    let error = call(&rig, "h2", send_to(&rig, "g1")).await.unwrap_err();
    let inner = std::error::Error::source(&error).and_then(|error| error.downcast_ref::<h2::Error>()).unwrap();
    assert!(inner.is_go_away() && inner.to_string().contains("Shutdown"), "{inner}");
    for alpn in ["h2", "http/1.1"] {
        let (_, body) = call(&rig, alpn, send_to(&rig, "h1")).await.unwrap();
        assert_eq!(body["code"], "200", "{alpn}");
    }
    let error = call(&rig, "h2", send_to(&rig, "t1")).await.unwrap_err();
    let inner = std::error::Error::source(&error).and_then(|error| error.downcast_ref::<h2::Error>()).unwrap();
    assert_eq!(inner.reason(), Some(h2::Reason::REFUSED_STREAM));
}
