//! FCM over HTTP/2 and HTTP/1.1: the token endpoint, prefixes, checks of a send, stream limits, faults.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PATIENCE, Rig};

const FILE: &str = "fcm-service-account.json";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// A client with its own connection, account and access token.
struct Sender {
    client: Client,
    account: Value,
    access_token: String,
}

impl Sender {
    async fn new(rig: &Rig) -> Self {
        let account: Value = serde_json::from_str(&rig.read(FILE)).unwrap();
        let client = rig.h2(rig.port("fcm", "production"), None).await;
        let mut sender = Self { client, account, access_token: String::new() };
        sender.refresh().await;
        sender
    }

    async fn refresh(&mut self) {
        let answer = self.exchange(&assertion(&self.account, &json!({}), "RS256")).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        self.access_token = answer.json()["access_token"].as_str().unwrap().to_owned();
    }

    async fn exchange(&self, assertion: &str) -> Answer {
        self.client.call(token_request(&[("grant_type", GRANT), ("assertion", assertion)])).await.unwrap()
    }

    fn request(&self, body: &Value) -> Request<&'static str> {
        let project = self.account["project_id"].as_str().unwrap();
        Request::post(format!("https://localhost/v1/projects/{project}/messages:send"))
            .header("authorization", format!("Bearer {}", self.access_token))
            .header("content-type", "application/json; charset=UTF-8")
            .body(body.to_string().leak() as &'static str)
            .unwrap()
    }

    async fn send(&self, body: &Value) -> Answer {
        self.client.call(self.request(body)).await.unwrap()
    }

    async fn push(&self, token: &str) -> Answer {
        self.send(&push(token)).await
    }
}

fn push(token: &str) -> Value {
    json!({ "message": { "token": token, "notification": { "title": "Your order", "body": "is on its way" } } })
}

fn token_request(form: &[(&str, &str)]) -> Request<&'static str> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    Request::post("https://localhost/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.leak() as &'static str)
        .unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A signed assertion with these claims changed; null takes one away.
fn assertion(account: &Value, changes: &Value, algorithm: &str) -> String {
    let mut claims = json!({ "iss": account["client_email"], "scope": SCOPE, "aud": account["token_uri"],
        "iat": now(), "exp": now() + 3600 });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    let header = json!({ "alg": algorithm, "typ": "JWT", "kid": account["private_key_id"] });
    let text = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", text(&header), text(&claims));
    let key = PrivatePkcs8KeyDer::from_pem_slice(account["private_key"].as_str().unwrap().as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn details(answer: &Answer) -> Vec<Value> {
    answer.json()["error"]["details"].as_array().cloned().unwrap_or_default()
}

/// The first code or reason that the details bear.
fn has_code(answer: &Answer, code: &str) -> bool {
    details(answer).iter().any(|detail| detail["errorCode"] == code || detail["reason"] == code)
}

#[tokio::test]
async fn a_message_is_accepted_and_recorded_without_secrets() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    let answer = sender.push("ok-demo-production").await;
    let name = answer.json()["name"].as_str().unwrap().to_owned();
    let project = sender.account["project_id"].as_str().unwrap();
    assert!(answer.status == 200 && name.starts_with(&format!("projects/{project}/messages/0:")), "{name}");
    let received = rig.emulators.control().requests(Some("fcm"));
    let (exchange, send) = (&received[0], &received[1]);
    assert_eq!((exchange.path.as_str(), exchange.tokens.len()), ("/token", 0));
    assert_eq!(exchange.body["grant_type"], GRANT);
    assert_eq!(exchange.body["assertion"]["claims"]["iss"], sender.account["client_email"]);
    assert_eq!(exchange.body["assertion"]["signature"], "***");
    assert_eq!(exchange.answer, json!({ "access_token": "***", "expires_in": 3599, "token_type": "Bearer" }));
    assert_eq!((send.environment, send.tokens.as_slice()), ("production", &["ok-demo-production".to_owned()][..]));
    assert_eq!(send.headers["authorization"], "Bearer ***");
    assert_eq!(send.body["message"]["notification"]["title"], "Your order");
    let shown = serde_json::to_string(&received).unwrap();
    assert!(!shown.contains(&sender.access_token));
    let stats = rig.emulators.control().stats().vendor("fcm");
    assert_eq!((stats.requests, stats.targets, stats.accepted, stats.validated), (2, 1, 1, 0));
    assert_eq!((stats.token_requests, stats.access_tokens), (1, 1));
}

#[tokio::test]
async fn a_dry_run_is_the_sandbox() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    assert_eq!(rig.port("fcm", "production"), rig.port("fcm", "sandbox"));
    for flag in ["validate_only", "validateOnly"] {
        let mut request = push("ok-demo-sandbox");
        request[flag] = json!(true);
        let name = sender.send(&request).await.json()["name"].as_str().unwrap().to_owned();
        assert!(name.ends_with("/messages/fake_message_id"), "{name}");
    }
    let nobody = format!("0000000000000000000000:APA91b{}", "0f".repeat(64));
    let mut asking = push(&nobody);
    asking["validate_only"] = json!(true);
    assert_eq!(sender.send(&asking).await.status, 200);
    let mut dead = push("dead-1");
    dead["validate_only"] = json!(true);
    assert!(has_code(&sender.send(&dead).await, "UNREGISTERED"));
    let mut ios = push("ios-dead-1");
    ios["validate_only"] = json!(true);
    assert_eq!(sender.send(&ios).await.status, 200);
    assert_eq!(rig.emulators.control().requests(Some("fcm"))[1].environment, "sandbox");
    let stats = rig.emulators.control().stats().vendor("fcm");
    assert_eq!((stats.accepted, stats.validated), (0, 4));
    rig.faults(json!([{"vendor": "fcm", "environment": "sandbox", "fault": {"error": {"reason": "UNAVAILABLE"}}}]))
        .await;
    assert_eq!(sender.send(&dead).await.status, 503);
    assert_eq!(sender.push("ok-1").await.status, 200);
}

/// The table of the token endpoint, in its order.
#[tokio::test]
async fn the_token_endpoint_checks_assertions() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    let good = &sender.account;
    let wrong: Value = serde_json::from_str(&rig.read("fcm-service-account-WRONG.json")).unwrap();
    let made = |changes: Value| assertion(good, &changes, "RS256");
    let window = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                  Check your iat and exp values in the JWT claim.";
    let tampered = {
        let good = made(json!({}));
        let (signed, signature) = good.rsplit_once('.').unwrap();
        format!("{signed}A.{signature}")
    };
    for (assertion, error, description) in [
        ("a.b".to_owned(), "invalid_request", "Bad Request"),
        ("a.b.c".to_owned(), "invalid_request", "Bad Request"),
        (tampered, "invalid_request", "Bad Request"),
        (assertion(&wrong, &json!({}), "RS256"), "invalid_grant", "Invalid JWT Signature."),
        (assertion(good, &json!({}), "RS512"), "invalid_grant", "Invalid JWT Signature."),
        (made(json!({ "iss": "nobody@example.com" })), "invalid_grant", "Invalid grant: account not found"),
        (made(json!({ "iat": null })), "invalid_grant", "Invalid JWT: iat (issued at) is not set."),
        (made(json!({ "exp": null })), "invalid_grant", "Invalid JWT: exp (expiration time) is not set."),
        (made(json!({ "exp": now() + 3700 })), "invalid_grant", window),
        (made(json!({ "iat": now() - 7200, "exp": now() - 3600 })), "invalid_grant", window),
        (made(json!({ "iat": now() + 900, "exp": now() + 1800 })), "invalid_grant", window),
        (made(json!({ "scope": " " })), "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
        (made(json!({ "scope": null })), "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
        (
            made(json!({ "aud": "https://oauth2.googleapis.com/token" })),
            "invalid_grant",
            "Invalid JWT: Failed audience check.",
        ),
    ] {
        let answer = sender.exchange(&assertion).await;
        assert_eq!(answer.status, 400, "{description}");
        assert_eq!(answer.json(), json!({ "error": error, "error_description": description }), "{assertion}");
    }
    let scoped = sender.exchange(&made(json!({ "scope": "https://www.googleapis.com/auth/drive" }))).await;
    assert!(scoped.status == 200 && scoped.json()["id_token"].is_string() && scoped.json()["access_token"].is_null());
    let platform = json!({ "scope": "https://www.googleapis.com/auth/cloud-platform", "iat": now().to_string() });
    assert_eq!(sender.exchange(&made(platform)).await.json()["token_type"], "Bearer");
    for (form, error) in [
        (&[("grant_type", "password")][..], "unsupported_grant_type"),
        (&[("assertion", "x")][..], "invalid_request"),
        (&[("grant_type", GRANT)][..], "invalid_request"),
    ] {
        assert_eq!(sender.client.call(token_request(form)).await.unwrap().json()["error"], error);
    }
    assert_eq!(rig.emulators.control().stats().vendor("fcm").token_requests, 20);
}

#[tokio::test]
async fn access_tokens_are_checked_and_end() {
    let rig = Rig::start().await;
    let mut sender = Sender::new(&rig).await;
    assert!(has_code(&sender.push("expired-1").await, "ACCESS_TOKEN_EXPIRED"));
    let answer = sender.push("ok-1").await;
    assert!(answer.status == 401 && has_code(&answer, "ACCESS_TOKEN_EXPIRED"));
    sender.refresh().await;
    assert_eq!(sender.push("expired-1").await.status, 200);
    assert_eq!(sender.push("auth-1").await.status, 401);
    assert_eq!(sender.push("ok-1").await.status, 200);
    rig.faults(
        json!([{"vendor": "fcm", "match": {"path_prefix": "/token", "times": 1}, "fault": {"token_life_s": 1}}]),
    )
    .await;
    let answer = sender.exchange(&assertion(&sender.account, &json!({}), "RS256")).await;
    assert_eq!(answer.json()["expires_in"], 1);
    sender.access_token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(sender.push("ok-1").await.status, 200);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert_eq!(sender.push("ok-1").await.status, 401);
    sender.access_token = "ya29.c.other".to_owned();
    assert!(has_code(&sender.push("ok-1").await, "ACCESS_TOKEN_TYPE_UNSUPPORTED"));
    let mut request = sender.request(&push("ok-1"));
    request.headers_mut().remove("authorization");
    assert!(has_code(&sender.client.call(request).await.unwrap(), "CREDENTIALS_MISSING"));
}

/// Rows whose outcome reads "<status> `<code>`", or "<status> without details".
#[tokio::test]
async fn every_prefix_with_a_code_gives_it() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    let mut tried = 0;
    for row in rig.prefixes("fcm") {
        let Some((Ok(status), rest)) = row.outcome.split_once(' ').map(|(status, rest)| (status.parse::<u16>(), rest))
        else {
            continue;
        };
        let code = rest.strip_prefix('`').and_then(|rest| rest.split('`').next());
        let Some(code) = code.or((rest == "without details").then_some("")) else { continue };
        let answer = sender.push(&format!("{}1", row.prefix)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (status, &json!(status)),
            "{}",
            row.prefix
        );
        assert!(if code.is_empty() { details(&answer).is_empty() } else { has_code(&answer, code) }, "{}", row.prefix);
        if let Some((_, rest)) = rest.split_once("ApnsError ") {
            let reason = rest.split('`').nth(1).unwrap();
            assert!(details(&answer).iter().any(|detail| detail["reason"] == reason), "{}", row.prefix);
        }
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
    let answer = sender.push("quota-1").await;
    assert!(!details(&answer).iter().any(|detail| detail["errorCode"].is_string()));
    let metadata = details(&answer).iter().find_map(|detail| detail.get("metadata").cloned()).unwrap();
    assert_eq!(metadata["quota_unit"], "1/min/{project}");
    for (token, status) in
        [("code-UNREGISTERED-1", 404), ("code-RATE_LIMIT_EXCEEDED-1", 429), ("code-BRAND_NEW-1", 400)]
    {
        assert_eq!(sender.push(token).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn details_come_in_any_order() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    let mut first = std::collections::HashSet::new();
    for _ in 0..40 {
        let answer = sender.push("bad-1").await;
        first.insert(details(&answer)[0]["@type"].as_str().unwrap().to_owned());
    }
    assert_eq!(first.len(), 2);
}

#[tokio::test]
async fn every_other_prefix_does_what_it_says() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    assert!(sender.push("html-1").await.body.starts_with(b"<!DOCTYPE html>"));
    for (token, status) in [("rubbish-1", 200), ("rubbish-error-1", 500), ("empty-1", 200), ("empty-error-1", 500)] {
        let answer = sender.push(token).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, Value::Null));
    }
    assert_eq!(sender.push("nameless-1").await.json(), json!({}));
    assert_eq!(sender.push("not-a-token").await.status, 400);
    assert_eq!(sender.push(&format!("abc:APA91b{}", "x".repeat(130))).await.status, 200);
    let before = rig.emulators.control().stats().vendor("fcm").accepted;
    assert_eq!(sender.push("unavailable-1").await.status, 503);
    assert_eq!(sender.push("unavailable-delivered-1").await.status, 503);
    assert_eq!(rig.emulators.control().stats().vendor("fcm").accepted, before + 1);
    let began = Instant::now();
    assert_eq!(sender.push("slow-60-dead-1").await.status, 404);
    assert!(began.elapsed() >= Duration::from_millis(60));
    let retry_after = async |token: &str| sender.push(token).await.headers.get("retry-after").cloned();
    assert_eq!(retry_after("retry-30-throttled-1").await.unwrap(), "30");
    assert!(retry_after("retry-date-30-unavailable-1").await.unwrap().to_str().unwrap().ends_with(" GMT"));
    assert_eq!(retry_after("quota-1").await, None);
    let hanging = tokio::time::timeout(Duration::from_millis(60), sender.client.call(sender.request(&push("hang-1"))));
    assert!(hanging.await.is_err());
    let error = sender.client.call(sender.request(&push("reset-1"))).await.unwrap_err();
    assert_eq!(error.reason(), Some(h2::Reason::INTERNAL_ERROR));
    for token in ["refused-1", "refused-always-1", "refused-always-1"] {
        let error = sender.client.call(sender.request(&push(token))).await.unwrap_err();
        assert_eq!(error.reason(), Some(h2::Reason::REFUSED_STREAM));
    }
    assert_eq!(sender.push("refused-1").await.status, 200);
    for (token, text) in [("goaway-1", "server_shutting_down"), ("goaway-silent-1", "session_timed_out")] {
        let sender = Sender::new(&rig).await;
        let error = sender.client.call(sender.request(&push(token))).await.unwrap_err();
        let told = error.is_go_away() && error.to_string().contains(text);
        assert!(told || token == "goaway-silent-1", "{error}");
    }
    assert_eq!(Sender::new(&rig).await.push("goaway-1").await.status, 200);
    let sender = Sender::new(&rig).await;
    assert!(sender.client.call(sender.request(&push("close-1"))).await.is_err());
}

#[tokio::test]
async fn the_send_itself_is_checked() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    let moved = |path: &str| {
        let mut request = sender.request(&push("ok-1"));
        *request.uri_mut() = format!("https://localhost{path}").parse().unwrap();
        request
    };
    for path in ["/fcm/send", "/batch", "/v1/projects//a/messages:send", "/v1/projects/a/messages"] {
        let answer = sender.client.call(moved(path)).await.unwrap();
        assert!(answer.status == 404 && answer.body.starts_with(b"<!DOCTYPE html>"), "{path}");
    }
    let other = sender.client.call(moved("/v1/projects/other/messages:send")).await.unwrap();
    assert!(other.status == 403 && has_code(&other, "IAM_PERMISSION_DENIED"));
    assert!(other.json()["error"]["message"].as_str().unwrap().contains("projects/other'"));
    let mut get = sender.request(&push("ok-1"));
    *get.method_mut() = http::Method::GET;
    assert_eq!(sender.client.call(get).await.unwrap().status, 404);
    let mut form = sender.request(&push("ok-1"));
    form.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    assert_eq!(sender.client.call(form).await.unwrap().status, 400);
    let mut broken = sender.request(&push("ok-1"));
    *broken.body_mut() = "{";
    assert_eq!(sender.client.call(broken).await.unwrap().status, 400);
    for (body, status, message) in [
        (json!({}), 400, "Recipient of the message is not set."),
        (json!({ "message": { "topic": "a b" } }), 400, "Topic name contains invalid characters."),
        (json!({ "message": { "fid": "short" } }), 400, "The installation ID is not a valid Firebase Installation ID"),
        (json!({ "message": { "fid": "dead-1" } }), 404, "Requested entity was not found."),
    ] {
        let answer = sender.send(&body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"]["message"].as_str()), (status, Some(message)));
    }
    for target in [json!({ "topic": "news" }), json!({ "condition": "'a' in topics" })] {
        let answer = sender.send(&json!({ "validate_only": true, "message": target })).await.json();
        let id = answer["name"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
        assert!(id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    }
    assert_eq!(sender.send(&json!({ "message": { "fid": "cvD6Jd-aRmq_hVrYYtQ2uG" } })).await.status, 200);
}

#[tokio::test]
async fn the_101st_stream_ends_the_connection() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    sender.client.wait_for_limit(100).await;
    let mut open = Vec::new();
    // the client's own limit is the server's, so a second client that has not read it yet goes over
    let raw = rig.tls(rig.port("fcm", "production"), "h2", None).await.unwrap();
    let deaf = crate::support::Deaf::new(raw, Duration::from_millis(300));
    let mut builder = h2::client::Builder::new();
    let (send, connection) = builder.initial_max_send_streams(1000).handshake::<_, Bytes>(deaf).await.unwrap();
    let driver = tokio::spawn(connection);
    for row in 0..120 {
        let request = sender.request(&push(&format!("slow-500-ok-{row}")));
        open.push(tokio::spawn(crate::support::call(send.clone(), request)));
    }
    let (mut answered, mut refused) = (0, 0);
    for call in open {
        match tokio::time::timeout(PATIENCE, call).await.unwrap().unwrap() {
            Ok(answer) => answered += u32::from(answer.status == StatusCode::OK),
            Err(error) if error.reason() == Some(h2::Reason::REFUSED_STREAM) => refused += 1,
            Err(error) => assert_eq!(error.reason(), Some(h2::Reason::PROTOCOL_ERROR), "{error}"),
        }
    }
    assert_eq!(answered, 100);
    assert!(refused > 0);
    assert_eq!(rig.emulators.control().stats().vendor("fcm").stream_limit_violations, 20);
    let error = tokio::time::timeout(PATIENCE, driver).await.unwrap().unwrap();
    assert!(error.is_err_and(|error| error.to_string().contains("exceeded_max_concurrent_streams")));
    assert_eq!(sender.push("ok-1").await.status, 200);
}

#[tokio::test]
async fn http_1_is_served() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    let io = TokioIo::new(rig.tls(rig.port("fcm", "production"), "http/1.1", None).await.unwrap());
    let (mut send, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    for (token, status) in [("ok-1", 200), ("dead-1", 404), ("reset-1", 0)] {
        let (mut parts, body) = sender.request(&push(token)).into_parts();
        parts.headers.insert("host", "localhost".parse().unwrap());
        parts.uri = parts.uri.path().parse().unwrap();
        let answer = send.send_request(Request::from_parts(parts, Full::new(Bytes::from(body)))).await;
        match answer {
            Ok(answer) => {
                assert_eq!(answer.status().as_u16(), status);
                answer.into_body().collect().await.unwrap();
            }
            Err(_) => assert_eq!(status, 0),
        }
    }
}

#[tokio::test]
async fn faults_can_be_scripted() {
    let rig = Rig::start().await;
    let sender = Sender::new(&rig).await;
    rig.faults(json!([
        {"vendor": "fcm", "match": {"path_prefix": "/token", "nth": 1}, "fault": {"error": {"reason": "unauthorized_client"}}},
        {"vendor": "fcm", "match": {"path_prefix": "/token", "times": 1}, "fault": {"status": 503}},
        {"vendor": "fcm", "match": {"token_prefix": "q"}, "fault": {"error": {"reason": "quota", "retry_after": "17"}}},
        {"vendor": "fcm", "match": {"token_prefix": "u"}, "fault": {"error": {"reason": "UNREGISTERED"}}},
        {"vendor": "fcm", "match": {"token_prefix": "m"}, "fault": {"max_streams": 7}},
        {"vendor": "fcm", "match": {"token_prefix": "ok-last"}, "fault": {"goaway": {"text": "bye", "last_stream": "current"}}},
        {"vendor": "fcm", "match": {"token_prefix": "x"}, "fault": {"rubbish": true}},
    ]))
    .await;
    let assertion = assertion(&sender.account, &json!({}), "RS256");
    assert_eq!(sender.exchange(&assertion).await.json()["error"], "unauthorized_client");
    assert_eq!(sender.exchange(&assertion).await.status, 503);
    assert_eq!(sender.exchange(&assertion).await.status, 200);
    let answer = sender.push("q").await;
    assert_eq!((answer.status.as_u16(), &answer.headers["retry-after"]), (429, &"17".parse().unwrap()));
    assert_eq!(sender.push("u").await.status, 404);
    assert!(sender.push("x").await.json().is_null());
    assert_eq!(sender.push("m-1").await.status, 400);
    sender.client.wait_for_limit(7).await;
    assert_eq!(sender.push("ok-last").await.status, 200);
    assert!(tokio::time::timeout(PATIENCE, sender.client.driver).await.is_ok());
}
