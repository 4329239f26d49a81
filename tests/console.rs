//! The console without a browser: what its pages answer and what they refuse.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use rcgen::{CertificateParams, DnType, KeyPair};

use crate::support::Rig;

const PAGES: &[&str] = &["/", CREDENTIALS, PUSH, "/console/channels", "/console/codes"];
const CREDENTIALS: &str = "/console/credentials";
const CONVERT: &str = "/console/credentials/convert";
const PUSH: &str = "/console/push";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    async fn to(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self { status: response.status(), headers: response.headers().clone(), body: response.bytes().await.unwrap() }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: http::HeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

fn client(rig: &Rig) -> reqwest::Client {
    channel::HttpClients::for_service(&rig.url).unwrap()
}

async fn get(rig: &Rig, path: &str) -> Answer {
    Answer::to(client(rig).get(format!("{}{path}", rig.url))).await
}

/// Posts a file with texts, as a browser does.
fn upload(rig: &Rig, path: &str, file: (&str, &[u8]), texts: &[(&str, &str)]) -> reqwest::RequestBuilder {
    const BOUNDARY: &str = "----boundary-of-a-test";
    let mut body = Vec::new();
    for (name, text) in texts {
        let part = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let (name, bytes) = file;
    let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    client(rig).post(format!("{}{path}", rig.url)).header(CONTENT_TYPE, kind).body(body)
}

fn send_form(rig: &Rig, texts: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(texts).finish();
    let kind = "application/x-www-form-urlencoded";
    client(rig).post(format!("{}{PUSH}", rig.url)).header(CONTENT_TYPE, kind).body(body)
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[tokio::test]
async fn pages_are_html_that_loads_nothing_from_elsewhere() {
    let rig = Rig::start().await;
    for path in PAGES {
        let answer = get(&rig, path).await;
        assert_eq!(
            (answer.status, answer.header(CONTENT_TYPE)),
            (StatusCode::OK, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.header(CONTENT_SECURITY_POLICY).starts_with("default-src 'none'; style-src 'self'; "), "{path}");
        assert_eq!(answer.header(CACHE_CONTROL), "no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        let text = answer.text();
        assert!(!text.contains("//fonts") && !text.contains("style=") && !text.contains("<script>"), "{path}");
        assert_eq!(text.matches("<h1").count(), 1, "{path}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn style_and_script_are_kept_for_ever() {
    let rig = Rig::start().await;
    let page = get(&rig, "/").await;
    for (before, kind) in [("href=\"/assets/", "text/css"), ("src=\"/assets/", "text/javascript")] {
        let (_, rest) = page.text().split_once(before).unwrap();
        let path = format!("/assets/{}", rest.split('"').next().unwrap());
        let asset = get(&rig, &path).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert!(asset.header(CONTENT_TYPE).starts_with(kind), "{path}");
        assert!(asset.header(CACHE_CONTROL).contains("immutable"));
        let again = client(&rig).get(format!("{}{path}", rig.url)).header(IF_NONE_MATCH, asset.header(ETAG));
        assert_eq!(Answer::to(again).await.status, StatusCode::NOT_MODIFIED);
    }
    let other = get(&rig, "/assets/console-000000000000.css").await;
    assert_eq!((other.status, other.header(CONTENT_TYPE)), (StatusCode::NOT_FOUND, "application/problem+json"));
    rig.stop().await;
}

#[tokio::test]
async fn what_is_no_page_is_a_problem_document_still() {
    let rig = Rig::start().await;
    let unknown = get(&rig, "/console/nothing").await;
    assert_eq!((unknown.status, unknown.header(CONTENT_TYPE)), (StatusCode::NOT_FOUND, "application/problem+json"));
    let wrong = Answer::to(client(&rig).post(format!("{}/console/channels", rig.url))).await;
    assert_eq!(wrong.header(CONTENT_TYPE), "application/problem+json");
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    rig.stop().await;
}

#[tokio::test]
async fn names_in_a_certificate_are_text_and_nothing_else() {
    let rig = Rig::start().await;
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, hostile);
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    let name = "a&b<i>.pem";
    let topic = "\"><script>alert(3)</script>";
    let answer = Answer::to(upload(&rig, CREDENTIALS, (name, pem.as_bytes()), &[("topic", topic)])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let page = answer.text();
    assert!(page.contains("alert(1)") && page.contains("alert(3)"), "they are shown: {page}");
    assert!(!page.contains("<script>") && !page.contains("<img") && !page.contains("<i>"), "{page}");
    assert!(!page.contains("value=\"\"><"), "{page}");
    rig.stop().await;
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let rig = Rig::start().await;
    let file = ("a.p12", &fixture("kinds/universal.p12")[..]);
    let push = [("app", "demo"), ("vendor", "mi"), ("token", "regid-1"), ("title", "a"), ("action", "send_now")];
    for request in [upload(&rig, CREDENTIALS, file, &[]), upload(&rig, CONVERT, file, &[]), send_form(&rig, &push)] {
        let answer = Answer::to(request.header("origin", "https://evil.example")).await;
        assert_eq!((answer.status, answer.header(CONTENT_TYPE)), (StatusCode::FORBIDDEN, "text/html; charset=utf-8"));
        assert!(answer.text().contains("foreign_origin"));
    }
    assert!(rig.received("mi").is_empty());
    rig.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_at_its_field_and_not_repeated() {
    let rig = Rig::start().await;
    let file = ("push.p12", &fixture("kinds/universal.p12")[..]);
    let texts = [("password", "s3cret-guess"), ("output_password", "s3cret-new"), ("team_id", "ABCDE12345")];
    for path in [CREDENTIALS, CONVERT] {
        let answer = Answer::to(upload(&rig, path, file, &texts)).await;
        let page = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        assert!(page.contains("id=\"password-error\">the password does not open the file<"), "{page}");
        assert!(page.contains("<code>wrong_password</code>"), "{page}");
        assert!(page.contains("value=\"ABCDE12345\""), "what else was filled in stays: {page}");
        assert!(!page.contains("s3cret"), "{page}");
        assert_eq!(answer.header(CACHE_CONTROL), "no-store");
    }
    let answer = Answer::to(upload(&rig, CREDENTIALS, file, &[("password", "test")])).await;
    assert!(answer.text().contains("Usable") && !answer.text().contains("value=\"test\""), "{}", answer.text());
    rig.stop().await;
}

#[tokio::test]
async fn a_converted_file_is_a_download_that_nobody_keeps() {
    let rig = Rig::start().await;
    let file = ("push.p12", &fixture("kinds/universal.p12")[..]);
    let answer = Answer::to(upload(&rig, CONVERT, file, &[("password", "test"), ("format", "pem")])).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(CONTENT_DISPOSITION), "attachment; filename=\"credential.pem\"");
    assert_eq!(answer.header(CACHE_CONTROL), "no-store");
    let contents = certs::read(&answer.body, None).unwrap();
    assert_eq!((contents.certificates.len(), contents.keys.len()), (1, 1));
    let unlocked = Answer::to(upload(&rig, CONVERT, file, &[("password", "test"), ("format", "p12")])).await;
    assert_eq!(unlocked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unlocked.text().contains("id=\"output_password-error\">a p12 needs a password"), "{}", unlocked.text());
    rig.stop().await;
}

#[tokio::test]
async fn what_the_vendor_says_stands_beside_what_the_file_says() {
    let mut file = Vec::new();
    let rig = Rig::start_in(|config, folder| {
        for name in ["apns-cert.pem", "apns-cert.key"] {
            file.extend(std::fs::read(folder.join(name)).unwrap());
        }
        config.to_owned()
    });
    let rig = rig.await;
    let texts = [("live", "true"), ("app", "demo-cert"), ("topic", "com.example.app"), ("environment", "production")];
    let answer = Answer::to(upload(&rig, CREDENTIALS, ("push.pem", &file), &texts)).await;
    let page = answer.text();
    assert_eq!(answer.status, StatusCode::OK, "{page}");
    assert!(page.contains("What the vendor says") && page.contains(">works<"), "{page}");
    assert!(page.contains("a vendor takes it"), "{page}");
    rig.stop().await;
}

#[tokio::test]
async fn a_push_is_sent_only_from_the_page_that_shows_it() {
    let rig = Rig::start().await;
    let form = |action| {
        let target = [("app", "demo"), ("vendor", "mi"), ("environment", "production"), ("token", "regid-1")];
        target.into_iter().chain([("title", "<b>"), ("body", "b"), ("action", action)]).collect::<Vec<_>>()
    };
    let preview = Answer::to(send_form(&rig, &form("preview"))).await;
    assert!(preview.text().contains("What would be sent") && !preview.text().contains("<b>"), "{}", preview.text());
    let asked = Answer::to(send_form(&rig, &form("send"))).await;
    assert!(asked.text().contains("name=\"action\" value=\"send_now\""), "{}", asked.text());
    assert!(rig.received("mi").is_empty(), "nothing was sent yet");
    let sent = Answer::to(send_form(&rig, &form("send_now"))).await;
    assert!(sent.text().contains(">accepted<"), "{}", sent.text());
    assert_eq!(rig.received("mi").len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn nobody_is_asked_to_send_what_the_vendor_could_not_take() {
    let rig = Rig::start().await;
    let form = [("app", "demo"), ("vendor", "mi"), ("token", "regid-1"), ("title", "no body"), ("action", "send")];
    let form: Vec<_> = form.into_iter().chain([("environment", "production")]).collect();
    let page = Answer::to(send_form(&rig, &form)).await;
    assert!(page.text().contains("payload rejected") && !page.text().contains("send_now"), "{}", page.text());
    rig.stop().await;
}

#[tokio::test]
async fn a_preview_needs_no_device() {
    let rig = Rig::start().await;
    let form = [("app", "demo"), ("vendor", "every"), ("environment", "production"), ("title", "a")];
    let page = Answer::to(send_form(&rig, &form)).await;
    assert_eq!(page.text().matches("id=\"channel-").count(), adapters::vendors().len(), "{}", page.text());
    assert!(!page.text().contains("invalid token"), "the sample token fits every vendor: {}", page.text());
    rig.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_push_is_told_at_its_fields() {
    let rig = Rig::start().await;
    let form = [("app", "demo"), ("vendor", "every"), ("environment", "production"), ("data", "[1]"), ("ttl", "soon")];
    let page = Answer::to(send_form(&rig, &form)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("id=\"data-error\">must be an object"), "{}", page.text());
    assert!(page.text().contains("id=\"ttl-error\">must be a whole number"), "{}", page.text());
    let form = [("app", "demo"), ("vendor", "mi"), ("title", "a"), ("sound", "../x"), ("action", "send")];
    let page = Answer::to(send_form(&rig, &form)).await;
    assert!(page.text().contains("id=\"token-error\">is needed to send"), "{}", page.text());
    let form = [("app", "demo"), ("vendor", "mi"), ("environment", "production"), ("title", "a"), ("sound", "../x")];
    let page = Answer::to(send_form(&rig, &form)).await;
    assert!(page.text().contains("id=\"sound-error\">must be"), "{}", page.text());
    rig.stop().await;
}

#[tokio::test]
async fn a_closed_channel_stands_out_with_its_reason() {
    let expired = |config: &str| config.replace("apns-cert.", "apns-expired.");
    let rig = Rig::start_with(expired).await;
    for path in ["/", "/console/channels"] {
        let page = get(&rig, path).await;
        assert!(page.text().contains("<span class=\"badge bad\">closed</span>"), "{path}: {}", page.text());
        assert!(page.text().contains("href=\"/console/codes#expired\""), "{path}: {}", page.text());
    }
    rig.stop().await;
}

#[tokio::test]
async fn every_code_is_explained() {
    let rig = Rig::start().await;
    let page = get(&rig, "/console/codes").await;
    for code in certs::report::CODES {
        assert!(page.text().contains(&format!("id=\"{}\"", code.name)), "{}", code.name);
    }
    rig.stop().await;
}
