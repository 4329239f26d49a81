//! What the tables of files cannot show: the exchange of access tokens, and answers that depend on the push or the time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use model::{
    AccessToken, Answer, Authorisation, BoundAdapter, Call, Composed, Environment, Outcome, Resend, Scope, Sent, Step,
    Verdict, Verdicts,
};
use serde_json::{Value, json};

use super::{ADAPTER, VENDOR};
use crate::fixtures::asking::{self, answer};
use crate::fixtures::now;

/// Made for tests only: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`.
const KEY_FILE: &str = include_str!("../../../fixtures/fcm/service-account.json");
const KEY_FILE_WITHOUT_TOKEN_URI: &str = include_str!("../../../fixtures/fcm/service-account-bare.json");
const PUBLIC_KEY: &str = include_str!("../../../fixtures/fcm/service-account.pub.pem");

/// 2026-11-22T18:30:00Z
const NOW: u64 = 1_795_372_200;

fn channel(more: &Value) -> Arc<dyn BoundAdapter> {
    asking::channel(&ADAPTER, Environment::Production, json!({"service_account": KEY_FILE}), more)
}

fn exchange(channel: &dyn BoundAdapter) -> Request<Bytes> {
    match channel.authorise(0, None, now()) {
        Authorisation::Exchange(request) => request,
        other => panic!("{other:?}"),
    }
}

/// The claims of the assertion, whose signature is checked.
fn claims(request: &Request<Bytes>) -> Value {
    let form: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
    assert_eq!(form[0], ("grant_type".to_owned(), "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()));
    assert_eq!((form[1].0.as_str(), form.len()), ("assertion", 2));
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).unwrap();
    jsonwebtoken::decode::<Value>(&form[1].1, &key, &validation).unwrap().claims
}

fn issued(body: &Value) -> AccessToken {
    channel(&json!({})).access_token(0, &answer(200, &body.to_string()), now()).unwrap()
}

fn composed(channel: &dyn BoundAdapter, message: &Value) -> Composed {
    asking::composed(channel, VENDOR, message, None).unwrap()
}

fn verdict(composed: &Composed, access_token: Option<&AccessToken>, answer: &Answer) -> Verdict {
    let targets = asking::targets(VENDOR, &["t"], None);
    let call = Call { composed, targets: &targets, access_token, now: now() };
    match channel(&json!({})).classify(&call, answer) {
        Step::Done { verdicts: Verdicts::All(verdict), .. } => verdict,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_assertion_is_what_google_asks_for() {
    let request = exchange(&*channel(&json!({})));
    assert_eq!(
        (request.method(), request.uri().to_string().as_str()),
        (&Method::POST, "https://oauth2.googleapis.com/token")
    );
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    let wanted = json!({
        "iss": "pushmux@demo-1a2b3.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": NOW,
        "exp": NOW + 3600,
    });
    assert_eq!(claims(&request), wanted);
    let form: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
    let header = jsonwebtoken::decode_header(&form[1].1).unwrap();
    assert_eq!(header.typ.as_deref(), Some("JWT"));
    assert_eq!(header.kid.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));
}

#[test]
fn another_token_endpoint_does_not_change_the_audience() {
    let asked = |more: Value| {
        let request = exchange(&*channel(&more));
        (request.uri().to_string(), claims(&request)["aud"].as_str().unwrap().to_owned())
    };
    let google = "https://oauth2.googleapis.com/token".to_owned();
    let there = |url: &str, audience: &str| (url.to_owned(), audience.to_owned());
    assert_eq!(asked(json!({"token_endpoint": "https://localhost:1"})), there("https://localhost:1/token", &google));
    assert_eq!(asked(json!({"token_endpoint": "https://localhost:1/t"})), there("https://localhost:1/t", &google));
    let bare = |more: Value| {
        let mut fields = json!({"service_account": KEY_FILE_WITHOUT_TOKEN_URI, "project_id": "demo"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked(fields)
    };
    assert_eq!(bare(json!({})), there(&google, &google));
    let own = "https://localhost:1/t";
    assert_eq!(bare(json!({"token_endpoint": own})), there(own, own));
}

#[test]
fn a_refused_token_is_always_replaced() {
    let (channel, token) = (channel(&json!({})), issued(&json!({"access_token": "ya29.x", "expires_in": 3599})));
    assert!(matches!(channel.authorise(0, Some(&token), now()), Authorisation::Exchange(_)));
}

#[test]
fn an_access_token_is_renewed_ahead_of_its_end() {
    let token = issued(&json!({"access_token": "ya29.x", "expires_in": 3599, "token_type": "Bearer"}));
    assert_eq!(token.header(), "Bearer ya29.x");
    assert!(token.header().is_sensitive());
    assert_eq!(token.issued_at, now());
    assert_eq!(token.expires_at, now() + Duration::from_secs(3539));
    for n in 0..50 {
        let token = issued(&json!({"access_token": format!("ya29.{n}"), "expires_in": 3600}));
        assert!((2880..=3240).contains(&token.refresh_at.duration_since(now()).unwrap().as_secs()));
    }
}

#[test]
fn any_life_gives_times_in_order() {
    let lives = [json!(0), json!(1), json!(30), json!("3600"), json!(u64::MAX), json!(-1), json!(1.5), Value::Null];
    for life in lives {
        let token = issued(&json!({"access_token": "ya29.x", "expires_in": life}));
        assert!(token.issued_at <= token.refresh_at && token.refresh_at <= token.expires_at, "{life}");
    }
    assert!(issued(&json!({"access_token": "ya29.x", "expires_in": 5})).expires_at > now());
}

/// Bodies as recorded on 2026-09-02, in the order of Google's checks; then what others may answer.
#[test]
fn every_answer_of_the_token_endpoint_has_a_meaning() {
    let oauth = |error: &str, text: &str| json!({"error": error, "error_description": text}).to_string();
    let window = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                  Check your iat and exp values in the JWT claim.";
    let bad = Outcome::BadCredentials { scope: Scope::Channel };
    let unknown = |status| Outcome::Unknown { status: Some(status) };
    let unavailable = Outcome::Unavailable { sent: Sent::No, retry_after: None };
    let table = [
        (400, oauth("invalid_request", "Bad Request"), bad.clone(), "invalid_request"),
        (400, oauth("invalid_grant", "Invalid JWT Signature."), bad.clone(), "invalid_grant"),
        (400, oauth("invalid_grant", "Invalid grant: account not found"), bad.clone(), "invalid_grant"),
        (400, oauth("invalid_grant", "Invalid JWT: iat (issued at) is not set."), bad.clone(), "invalid_grant"),
        (400, oauth("invalid_grant", "Invalid JWT: exp (expiration time) is not set."), bad.clone(), "invalid_grant"),
        (400, oauth("invalid_grant", window), bad.clone(), "invalid_grant"),
        (
            400,
            oauth("invalid_scope", "Invalid OAuth scope or ID token audience provided."),
            bad.clone(),
            "invalid_scope",
        ),
        (400, oauth("invalid_grant", "Invalid JWT: Failed audience check."), bad.clone(), "invalid_grant"),
        (200, json!({"id_token": "eyJ"}).to_string(), bad.clone(), "no_access_token"),
        (200, json!({"access_token": ""}).to_string(), bad.clone(), "no_access_token"),
        (200, json!({"access_token": "two\nlines"}).to_string(), bad.clone(), "no_access_token"),
        (401, oauth("unauthorized_client", "no"), bad.clone(), "unauthorized_client"),
        (400, oauth("disabled_client", "no"), bad.clone(), "disabled_client"),
        (401, oauth("deleted_client", "no"), bad.clone(), "deleted_client"),
        (401, oauth("invalid_client", "no"), bad.clone(), "invalid_client"),
        (404, "<html>".to_owned(), bad.clone(), "http_404"),
        (403, String::new(), bad, "http_403"),
        (400, oauth("something_new", "x"), unknown(400), "something_new"),
        (400, "[]".to_owned(), unknown(400), "http_400"),
        (302, String::new(), unknown(302), "http_302"),
        (200, "<html>".to_owned(), unavailable.clone(), "unreadable_answer"),
        (200, String::new(), unavailable.clone(), "unreadable_answer"),
        (500, oauth("internal_failure", "x"), unavailable.clone(), "internal_failure"),
        (503, "<html>".to_owned(), unavailable.clone(), "http_503"),
        (429, oauth("rate_limit_exceeded", "x"), unavailable, "rate_limit_exceeded"),
    ];
    let channel = channel(&json!({}));
    for (status, body, outcome, code) in table {
        let verdict = channel.access_token(0, &answer(status, &body), now()).unwrap_err();
        assert_eq!(verdict.outcome, outcome, "{status} {body}");
        assert_eq!(verdict.code.unwrap().as_str(), code, "{status} {body}");
        assert_eq!(verdict.resend, Resend::Never, "{status} {body}");
        assert!(verdict.detail.is_some(), "{status} {body}");
    }
}

#[test]
fn the_token_endpoint_may_ask_to_wait() {
    let mut answer = answer(503, "");
    answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("Sun, 22 Nov 2026 18:31:30 GMT"));
    let verdict = channel(&json!({})).access_token(0, &answer, now()).unwrap_err();
    assert_eq!(verdict.outcome.retry_after(now()), Some(Duration::from_secs(90)));
}

/// The first refusal gets a newer access token; if that is refused as well, the credential is to blame.
#[test]
fn a_second_401_is_of_the_credential() {
    let channel = channel(&json!({}));
    let composed = composed(&*channel, &json!({"title": "t"}));
    let body = json!({"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}).to_string();
    let made = |age: u64| {
        let issued_at = now() - Duration::from_secs(age);
        AccessToken::new(HeaderValue::from_static("Bearer x"), issued_at, now(), now())
    };
    let outcome = |age| verdict(&composed, Some(&made(age)), &answer(401, &body)).outcome;
    assert_eq!(outcome(600), Outcome::ExpiredCredentials);
    assert_eq!(outcome(1), Outcome::BadCredentials { scope: Scope::Channel });
    // FCM's own word stands, however young the access token.
    let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_EXPIRED"});
    let body = json!({"error": {"code": 401, "details": [info]}}).to_string();
    assert_eq!(verdict(&composed, Some(&made(1)), &answer(401, &body)).outcome, Outcome::ExpiredCredentials);
}

/// The older answer to a large message has no details at all; a bad condition is answered by the same words.
#[test]
fn a_bare_400_to_a_large_message_is_of_its_size() {
    let channel = channel(&json!({}));
    let body = json!({"error": {"code": 400, "message": "Request contains an invalid argument."}}).to_string();
    let outcome = |message: &Value| verdict(&composed(&*channel, message), None, &answer(400, &body)).outcome;
    assert_eq!(outcome(&json!({"title": "t"})), Outcome::PayloadRejected);
    assert_eq!(outcome(&json!({"title": "t", "body": "x".repeat(4010)})), Outcome::PayloadTooLarge);
}

#[test]
fn nothing_secret_prints() {
    let channel = channel(&json!({}));
    let token = issued(&json!({"access_token": "ya29.private", "expires_in": 3599}));
    let composed = composed(&*channel, &json!({"title": "t"}));
    let targets = asking::targets(VENDOR, &["t"], None);
    let call = Call { composed: &composed, targets: &targets, access_token: Some(&token), now: now() };
    let shown = format!("{channel:?} {:?}", channel.address(&call));
    assert!(shown.contains("demo-1a2b3"));
    assert!(!shown.contains("PRIVATE") && !shown.contains("MII") && !shown.contains("ya29"), "{shown}");
}
