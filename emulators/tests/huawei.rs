//! Huawei over HTTP/1.1 and HTTP/2: access tokens, JWT, the three send APIs, prefixes, faults.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::support::{Heard as Answer, PATIENCE, Rig};

const TOKEN: &str = "/oauth2/v3/token";
const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
const ACCOUNT: &str = "huawei-service-account.json";
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Clone)]
struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Call {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(found, _)| *found != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }
}

async fn call(rig: &Rig, alpn: &str, call: Call) -> Result<Answer, hyper::Error> {
    let mut request = Request::builder().method(call.method).uri(format!("https://localhost{}", call.path));
    request = request.header("host", "localhost");
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    let request = request.body(call.body).unwrap();
    rig.http("huawei", alpn, request).await
}

async fn answered(rig: &Rig, made: Call) -> Answer {
    tokio::time::timeout(PATIENCE, call(rig, "http/1.1", made)).await.unwrap().unwrap()
}

/// Status and code.
async fn code(rig: &Rig, made: Call) -> (u16, i64) {
    let Answer { status, body, .. } = answered(rig, made).await;
    let code = body["code"].as_str().unwrap_or_else(|| panic!("{status} {body}"));
    assert!(body["requestId"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    (status, code.parse().unwrap())
}

fn token_call(form: &[(&str, &str)]) -> Call {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    Call { method: "POST", path: TOKEN.to_owned(), headers: vec![("content-type", FORM.to_owned())], body }
}

fn asking(rig: &Rig) -> Call {
    let (id, secret) = (rig.configured("client_id"), rig.read("huawei.secret"));
    token_call(&[("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", secret.trim())])
}

async fn access_token(rig: &Rig) -> String {
    answered(rig, asking(rig)).await.body["access_token"].as_str().unwrap().to_owned()
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A JWT by the account of a file, with these parts of header and claims changed.
fn jwt_with(rig: &Rig, file: &str, changes: &[(&str, Value)]) -> String {
    let account: Value = serde_json::from_str(&rig.read(file)).unwrap();
    let mut header = json!({"alg": "PS256", "typ": "JWT", "kid": account["key_id"]});
    let mut claims = json!({"iss": account["sub_account"], "aud": AUDIENCE, "iat": now(), "exp": now() + 3600});
    for (name, value) in changes {
        let part = if header.get(name).is_some() { &mut header } else { &mut claims };
        part[name] = value.clone();
    }
    let signed = format!("{}.{}", encoded(&header), encoded(&claims));
    let pem = account["private_key"].as_str().unwrap();
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn jwt(rig: &Rig) -> String {
    jwt_with(rig, ACCOUNT, &[])
}

fn send(path: String, bearer: &str, body: &Value) -> Call {
    let headers = vec![
        ("authorization", format!("Bearer {bearer}")),
        ("content-type", "application/json; charset=UTF-8".to_owned()),
        ("push-type", "0".to_owned()),
    ];
    Call { method: "POST", path, headers, body: body.to_string() }
}

fn old_body(tokens: &[&str]) -> Value {
    json!({"message": {
        "android": {"category": "IM", "ttl": "86400s", "notification": {
            "title": "Your order", "body": "is on its way", "default_sound": true, "click_action": {"type": 3},
        }},
        "token": tokens,
    }})
}

fn next_body(tokens: &[&str]) -> Value {
    json!({
        "payload": {"notification": {
            "category": "IM", "title": "Your order", "body": "is on its way", "clickAction": {"actionType": 0},
        }},
        "target": {"token": tokens},
        "pushOptions": {"ttl": 86400},
    })
}

fn v1_with(rig: &Rig, bearer: &str, body: &Value) -> Call {
    send(format!("/v1/{}/messages:send", rig.configured("client_id")), bearer, body)
}

fn v1(rig: &Rig, bearer: &str, tokens: &[&str]) -> Call {
    v1_with(rig, bearer, &old_body(tokens))
}

fn v3_with(rig: &Rig, bearer: &str, body: &Value) -> Call {
    send(format!("/v3/{}/messages:send", rig.configured("project_id")), bearer, body)
}

fn v3(rig: &Rig, tokens: &[&str]) -> Call {
    v3_with(rig, &jwt(rig), &next_body(tokens))
}

/// `msg` as the JSON that it holds.
fn unpacked(body: &Value) -> Value {
    serde_json::from_str(body["msg"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_access_token_is_issued_and_used_over_both_protocols() {
    let rig = Rig::start().await;
    for (alpn, path) in [("h2", TOKEN), ("http/1.1", "/oauth2/v2/token")] {
        let answer = call(&rig, alpn, Call { path: path.to_owned(), ..asking(&rig) }).await.unwrap();
        assert_eq!((answer.status, &answer.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        assert_eq!((&answer.body["expires_in"], &answer.body["token_type"]), (&json!(3600), &json!("Bearer")));
        let bearer = answer.body["access_token"].as_str().unwrap();
        let sent = call(&rig, alpn, v1(&rig, bearer, &["ok-demo-production"])).await.unwrap();
        assert_eq!((sent.status, &sent.body["code"], &sent.body["msg"]), (200, &json!("80000000"), &json!("Success")));
    }
    let stats = rig.emulators.control().stats().vendor("huawei");
    assert_eq!((stats.requests, stats.targets, stats.accepted, stats.access_tokens), (4, 2, 2, 2));
}

#[tokio::test]
async fn the_record_shows_everything_but_secrets() {
    let rig = Rig::start().await;
    let (bearer, signed) = (access_token(&rig).await, jwt(&rig));
    answered(&rig, v1(&rig, &bearer, &["ok-1", "ok-2"])).await;
    answered(&rig, v3_with(&rig, &signed, &next_body(&["ok-3"]))).await;
    let text = rig.control("GET", "/requests?vendor=huawei", "").await.1;
    for secret in [rig.read("huawei.secret").trim(), &bearer, signed.rsplit('.').next().unwrap()] {
        assert!(!text.contains(secret), "{secret}");
    }
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    let [asked, old, next] = &list[..] else { panic!("{text}") };
    assert_eq!((&asked["path"], &asked["tokens"]), (&json!(TOKEN), &json!([])));
    assert_eq!(asked["body"]["client_secret"], "***");
    assert_eq!(asked["body"]["client_id"], rig.configured("client_id"));
    assert_eq!((&asked["answer"]["access_token"], &asked["answer"]["expires_in"]), (&json!("***"), &json!(3600)));
    assert_eq!(old["tokens"], json!(["ok-1", "ok-2"]));
    assert_eq!((&old["headers"]["authorization"], &old["environment"]), (&json!("Bearer ***"), &json!("production")));
    assert_eq!((&next["tokens"], &next["answer"]["code"]), (&json!(["ok-3"]), &json!("80000000")));
    assert!(next["headers"]["authorization"].as_str().unwrap().starts_with("Bearer kid="));
}

#[tokio::test]
async fn token_requests_are_checked() {
    let rig = Rig::start().await;
    let (id, secret, wrong) = (rig.configured("client_id"), rig.read("huawei.secret"), rig.read("huawei-WRONG.secret"));
    let (id, secret) = (id.as_str(), secret.trim());
    let long = "1".repeat(65);
    for (form, want) in [
        (&[("client_id", id), ("client_secret", secret)][..], 20182),
        (&[("grant_type", "password"), ("client_id", id), ("client_secret", secret)], 20182),
        (&[("grant_type", "client_credentials"), ("client_secret", secret)], 20002),
        (&[("grant_type", "client_credentials"), ("client_id", "abc"), ("client_secret", secret)], 20002),
        (&[("grant_type", "client_credentials"), ("client_id", &long), ("client_secret", secret)], 20002),
        (&[("grant_type", "client_credentials"), ("client_id", "42"), ("client_secret", secret)], 20003),
        (&[("grant_type", "client_credentials"), ("client_id", id)], 20171),
        (&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", "a b")], 20172),
        (&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", wrong.trim())], 12304),
    ] {
        let Answer { status, body, .. } = answered(&rig, token_call(form)).await;
        assert_eq!((status, &body["error"], &body["sub_error"]), (400, &json!(1101), &json!(want)), "{form:?}");
        assert!(body["error_description"].is_string());
    }
    let unescaped = Call { body: asking(&rig).body.replace("%2B", "+"), ..asking(&rig) };
    assert_eq!(answered(&rig, unescaped).await.body["sub_error"], 20172);
    let as_json = asking(&rig).with("content-type", "application/json");
    assert_eq!(answered(&rig, as_json).await.body["sub_error"], 20182);
    assert_eq!(answered(&rig, Call { method: "GET", ..asking(&rig) }).await.status, 405);
}

#[tokio::test]
async fn credentials_of_sends_are_checked() {
    let rig = Rig::start().await;
    let oauth = access_token(&rig).await;
    let signed = jwt(&rig);
    for bearer in [&oauth, &signed] {
        assert_eq!(code(&rig, v1(&rig, bearer, &["ok-1"])).await, (200, 80_000_000));
    }
    let project = format!("/v2/{}/messages:send", rig.configured("project_id"));
    for (path, bearer, want) in [
        (project.as_str(), &oauth, (200, 80_000_000)),
        ("/v1/42/messages:send", &oauth, (400, 80_300_002)),
        ("/v2/42/messages:send", &oauth, (400, 80_300_002)),
        ("/v3/42/messages:send", &signed, (400, 80_300_002)),
    ] {
        assert_eq!(code(&rig, send(path.to_owned(), bearer, &old_body(&["ok-1"]))).await, want, "{path}");
    }
    for header in ["", "Bearer DQEBA/unknown", &oauth, &format!("Basic {oauth}")] {
        let made = v1(&rig, &oauth, &["ok-1"]).with("authorization", header);
        assert_eq!(code(&rig, made).await, (401, 80_200_001), "{header}");
    }
    let on_v3 = v3_with(&rig, &oauth, &next_body(&["ok-1"]));
    assert_eq!(code(&rig, on_v3).await, (401, 80_200_001));
    for path in ["/v9/1/messages:send", "/v1/1/messages:revoke", "/"] {
        assert_eq!(answered(&rig, send(path.to_owned(), &oauth, &json!({}))).await.status, 404);
    }
    assert_eq!(answered(&rig, Call { method: "GET", ..v1(&rig, &oauth, &["ok-1"]) }).await.status, 405);
}

#[tokio::test]
async fn jwts_are_verified() {
    let rig = Rig::start().await;
    let at = |iat: i64, exp: i64| vec![("iat", json!(now() + iat)), ("exp", json!(now() + exp))];
    for (changes, want) in [
        (vec![], (200, 80_000_000)),
        (at(-60, 86_340), (200, 80_000_000)),
        (at(0, 86_401), (400, 80_300_036)),
        (at(-3600, -1), (401, 80_200_005)),
        (at(600, 4200), (401, 80_200_001)),
        (vec![("alg", json!("RS256"))], (401, 80_200_001)),
        (vec![("kid", json!("other"))], (401, 80_200_001)),
        (vec![("iss", json!("other"))], (401, 80_200_001)),
        (vec![("aud", json!("https://127.0.0.1/oauth2/v3/token"))], (401, 80_200_001)),
        (vec![("exp", json!("soon"))], (401, 80_200_001)),
    ] {
        let bearer = jwt_with(&rig, ACCOUNT, &changes);
        assert_eq!(code(&rig, v3_with(&rig, &bearer, &next_body(&["ok-1"]))).await, want, "{changes:?}");
    }
    let good = jwt(&rig);
    let of_another_body = format!("{}.{}", &good[..good.rfind('.').unwrap()], "AAAA");
    let of_another_key = jwt_with(&rig, "huawei-service-account-WRONG.json", &[]);
    for bearer in [of_another_body, of_another_key, "a.b".to_owned(), "a.b.c".to_owned()] {
        assert_eq!(code(&rig, v3_with(&rig, &bearer, &next_body(&["ok-1"]))).await, (401, 80_200_001));
    }
}

#[tokio::test]
async fn bad_tokens_are_listed_in_the_words_of_the_dialect() {
    let rig = Rig::start().await;
    let bearer = access_token(&rig).await;
    let body = answered(&rig, v1(&rig, &bearer, &["ok-1", "dead-1", "no-right-1", "next-1"])).await.body;
    assert_eq!(body["code"], "80100000");
    let bad = json!(["dead-1", "no-right-1", "next-1"]);
    assert_eq!(unpacked(&body), json!({"success": 1, "failure": 3, "illegal_tokens": bad}));
    let answer = answered(&rig, v1(&rig, &bearer, &["dead-1", "bad-1"])).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("80300007")));
    assert_eq!(answer.body["msg"], "All the tokens are invalid");

    let body = answered(&rig, v3(&rig, &["next-1", "dead-1", "bad-2", "no-right-1", "older-1"])).await.body;
    assert_eq!(body["code"], "80100000");
    let reasons = json!({
        "tokenFormatError": ["dead-1", "bad-2"], "noRight": ["no-right-1"], "tokenPlatformNotSupport": ["older-1"],
    });
    assert_eq!(unpacked(&body), json!({"success": 1, "failure": 4, "illegalTokens": reasons}));
    let answer = answered(&rig, v3(&rig, &["no-right-1", "no-right-2"])).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("80300007")));
    let reasons = json!({"noRight": ["no-right-1", "no-right-2"]});
    assert_eq!(unpacked(&answer.body), json!({"failure": 2, "illegalTokens": reasons}));
    let body = answered(&rig, v3(&rig, &["ok-1", "blank-1"])).await.body;
    assert!(unpacked(&body)["illegalTokens"][" tokenFormatError "].is_array());
    assert_eq!(rig.emulators.control().stats().vendor("huawei").accepted, 3);
}

/// Rows whose outcome reads "the call: <code> ..".
#[tokio::test]
async fn every_prefix_with_a_code_gives_it() {
    let rig = Rig::start().await;
    let bearer = jwt(&rig);
    let prefixes = rig.emulators.control().prefixes();
    let rows = &prefixes.iter().find(|(vendor, _)| *vendor == "huawei").unwrap().1;
    let mut tried = 0;
    for row in rows {
        let word = row.outcome.strip_prefix("the call: ").and_then(|rest| rest.split([' ', ',']).next());
        let Some(Ok(want)) = word.map(str::parse::<i64>) else { continue };
        for made in
            [v1(&rig, &bearer, &["ok-1", &format!("{}1", row.prefix)]), v3(&rig, &[&format!("{}1", row.prefix)])]
        {
            assert_eq!(code(&rig, made).await.1, want, "{}", row.prefix);
        }
        tried += 1;
    }
    assert!(tried > 25, "{tried}");
    assert_eq!(code(&rig, v1(&rig, &bearer, &["code-82000009-1"])).await, (400, 82_000_009));
    assert_eq!(code(&rig, v1(&rig, &bearer, &["internal-1"])).await, (500, 81_000_001));
    assert_eq!(code(&rig, v1(&rig, &bearer, &["expired-1"])).await, (401, 80_200_003));
    assert_eq!(code(&rig, v1(&rig, &bearer, &["in-200-sensitive-1"])).await, (200, 80_100_016));
    assert_eq!(code(&rig, v1(&rig, &bearer, &["in-200-dead-1"])).await, (200, 80_300_007));
    assert_eq!(answered(&rig, v1(&rig, &bearer, &["number-1"])).await.body["code"], 80_000_000);
}

#[tokio::test]
async fn every_other_prefix_does_what_it_says() {
    let rig = Rig::start().await;
    let bearer = jwt(&rig);
    for (token, status) in [("throttled-1", 503), ("unavailable-1", 502), ("timeout-1", 504), ("empty-1", 200)] {
        let answer = answered(&rig, v1(&rig, &bearer, &["ok-1", token])).await;
        assert_eq!((answer.status, answer.body), (status, json!("")), "{token}");
    }
    let html = answered(&rig, v1(&rig, &bearer, &["html-1"])).await;
    assert!(html.status == 502 && html.body.as_str().unwrap().starts_with("<html>"));
    assert!(answered(&rig, v1(&rig, &bearer, &["rubbish-1"])).await.body.is_string());
    let unread = answered(&rig, v1(&rig, &bearer, &["ok-1", "partial-unread-1"])).await;
    assert!(unread.status == 200 && serde_json::from_str::<Value>(unread.body["msg"].as_str().unwrap()).is_err());
    let began = Instant::now();
    assert_eq!(code(&rig, v1(&rig, &bearer, &["ok-1", "slow-60-dead-1"])).await, (200, 80_100_000));
    assert!(began.elapsed() >= Duration::from_millis(60));
    for alpn in ["h2", "http/1.1"] {
        for token in ["close-1", "reset-1", "refused-1"] {
            let result = tokio::time::timeout(PATIENCE, call(&rig, alpn, v1(&rig, &bearer, &[token]))).await.unwrap();
            assert!(result.is_err(), "{alpn} {token}");
        }
        let hanging = call(&rig, alpn, v1(&rig, &bearer, &["hang-1"]));
        assert!(tokio::time::timeout(Duration::from_millis(60), hanging).await.is_err());
    }
}

#[tokio::test]
async fn the_body_is_checked_and_measured_without_its_tokens() {
    let rig = Rig::start().await;
    let bearer = jwt(&rig);
    let mut body = old_body(&["ok-1"]);
    body["message"]["token"] = (0..1000).map(|n| format!("ok-{n:0100}")).collect();
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &body)).await, (200, 80_000_000));
    body["message"]["token"] = (0..1001).map(|n| format!("ok-{n}")).collect();
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &body)).await, (400, 80_300_010));
    let mut body = old_body(&["ok-1"]);
    let empty = old_body(&[]).to_string().len() + r#""data":"","#.len();
    for (bytes, want) in [(4096, (200, 80_000_000)), (4097, (400, 80_300_008))] {
        body["message"]["data"] = json!("x".repeat(bytes - empty));
        assert_eq!(code(&rig, v1_with(&rig, &bearer, &body)).await, want);
    }
    let good = || v1(&rig, &bearer, &["ok-1"]);
    assert_eq!(code(&rig, good().with("content-type", "text/plain")).await, (400, 80_100_001));
    assert_eq!(code(&rig, good().with("content-type", "application/json; charset=GBK")).await, (400, 80_100_001));
    assert_eq!(code(&rig, Call { body: "[]".to_owned(), ..good() }).await, (400, 80_100_003));
    assert_eq!(code(&rig, Call { body: "{".to_owned(), ..good() }).await, (400, 80_100_003));
    assert_eq!(code(&rig, good().with("push-type", "")).await, (200, 80_000_000));
    assert_eq!(code(&rig, v3(&rig, &["ok-1"]).with("push-type", "")).await, (400, 80_100_001));
    assert_eq!(code(&rig, v3(&rig, &["ok-1"]).with("push-type", "7")).await, (400, 80_100_001));
    let mut dry = old_body(&["ok-1"]);
    dry["validate_only"] = json!(true);
    let before = rig.emulators.control().stats().vendor("huawei").accepted;
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &dry)).await, (200, 80_000_000));
    assert_eq!(rig.emulators.control().stats().vendor("huawei").accepted, before);
}

/// What asks about a credential: nobody gets anything, and the credential is judged before the token.
#[tokio::test]
async fn a_credential_can_be_checked_by_a_push_to_nobody() {
    let rig = Rig::start().await;
    let (access_token, jwt) = (access_token(&rig).await, jwt(&rig));
    let wrong = jwt_with(&rig, "huawei-service-account-WRONG.json", &[]);
    let dry = |tokens: &[&str]| {
        let mut body = old_body(tokens);
        body["validate_only"] = json!(true);
        body
    };
    let test = |tokens: &[&str]| {
        let mut body = next_body(tokens);
        body["pushOptions"]["testMessage"] = json!(true);
        body
    };
    let nobody = "0000000000000000000000000000feedffffffffffffffffffffffffffff0112";
    for (call, want) in [
        (v1_with(&rig, &access_token, &dry(&[nobody])), (200, 80_000_000)),
        (v1_with(&rig, &jwt, &dry(&[nobody])), (200, 80_000_000)),
        (v1_with(&rig, &access_token, &dry(&["dead-1"])), (400, 80_300_007)),
        (v1_with(&rig, "made-up", &dry(&["dead-1"])), (401, 80_200_001)),
        (v1_with(&rig, &wrong, &dry(&["dead-1"])), (401, 80_200_001)),
        (v3_with(&rig, &jwt, &test(&["dead-1"])), (400, 80_300_007)),
        (v3_with(&rig, &wrong, &test(&["dead-1"])), (401, 80_200_001)),
        (v3_with(&rig, &access_token, &test(&["dead-1"])), (401, 80_200_001)),
    ] {
        assert_eq!(code(&rig, call).await, want);
    }
    assert_eq!(rig.emulators.control().stats().vendor("huawei").accepted, 0);
}

#[tokio::test]
async fn test_messages_are_the_sandbox_and_have_a_day_quota() {
    let rig = Rig::start().await;
    assert_eq!(rig.port("huawei", "production"), rig.port("huawei", "sandbox"));
    let bearer = jwt(&rig);
    let mut body = old_body(&["ok-demo-sandbox"]);
    body["message"]["android"]["target_user_type"] = json!(1);
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &body)).await, (200, 80_000_000));
    let mut next = next_body(&["ok-demo-sandbox"]);
    next["pushOptions"]["testMessage"] = json!(true);
    assert_eq!(code(&rig, v3_with(&rig, &bearer, &next)).await, (200, 80_000_000));
    let received = rig.emulators.control().requests(Some("huawei"));
    assert!(received.iter().all(|request| request.environment == "sandbox"));

    body["message"]["token"] = (0..499).map(|n| format!("ok-{n}")).collect();
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &body)).await, (200, 80_000_000));
    body["message"]["token"] = json!(["ok-1"]);
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &body)).await, (400, 80_300_029));
    next["target"]["token"] = (0..11).map(|n| format!("ok-{n}")).collect();
    assert_eq!(code(&rig, v3_with(&rig, &bearer, &next)).await, (400, 80_300_030));
    assert_eq!(code(&rig, v1(&rig, &bearer, &["ok-1"])).await, (200, 80_000_000));
}

#[tokio::test]
async fn faults_can_be_scripted() {
    let rig = Rig::start().await;
    rig.faults(json!([
        {"vendor": "huawei", "match": {"path_prefix": "/oauth2", "times": 1}, "fault": {"error": {"code": 12304}}},
        {"vendor": "huawei", "match": {"path_prefix": "/oauth2", "times": 1}, "fault": {"status": 503}},
        {"vendor": "huawei", "environment": "sandbox", "fault": {"error": {"code": 80300029}}},
        {"vendor": "huawei", "match": {"token_prefix": "p"}, "fault": {"error": {"code": 80300037, "status": 200}}},
        {"vendor": "huawei", "match": {"token_prefix": "a"}, "fault": {"status": 500, "body": "down"}},
        {"vendor": "huawei", "match": {"token_prefix": "h"}, "fault": {"goaway": {"last_stream": "current"}}},
        {"vendor": "huawei", "match": {"token_prefix": "t"}, "fault": {"refuse": true}},
    ]))
    .await;
    assert_eq!(answered(&rig, asking(&rig)).await.body["sub_error"], 12304);
    assert_eq!(answered(&rig, asking(&rig)).await.status, 503);
    let bearer = access_token(&rig).await;
    assert_eq!(code(&rig, v1(&rig, &bearer, &["p1"])).await, (200, 80_300_037));
    let down = answered(&rig, v1(&rig, &bearer, &["ok-1", "a1"])).await;
    assert_eq!((down.status, down.body), (500, json!("down")));
    let mut test = old_body(&["ok-1"]);
    test["message"]["android"]["target_user_type"] = json!(1);
    assert_eq!(code(&rig, v1_with(&rig, &bearer, &test)).await, (400, 80_300_029));
    assert_eq!(code(&rig, v1(&rig, &bearer, &["ok-1"])).await, (200, 80_000_000));
    for alpn in ["h2", "http/1.1"] {
        let answer = call(&rig, alpn, v1(&rig, &bearer, &["h1"])).await.unwrap();
        assert_eq!(answer.body["code"], "80000000", "{alpn}");
    }
    let error = call(&rig, "h2", v1(&rig, &bearer, &["t1"])).await.unwrap_err();
    let inner = std::error::Error::source(&error).and_then(|error| error.downcast_ref::<h2::Error>()).unwrap();
    assert_eq!(inner.reason(), Some(h2::Reason::REFUSED_STREAM));
    rig.faults(json!([{"vendor": "huawei", "fault": {"error": {"code": 80100016}}}])).await;
    assert_eq!(answered(&rig, asking(&rig)).await.status, 200, "a code of the send API is for sends");
    assert_eq!(code(&rig, v1(&rig, &bearer, &["ok-1"])).await, (400, 80_100_016));
}
