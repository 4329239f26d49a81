//! `pushmux check` and `convert`, and the same over HTTP, against the emulators.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use emulators::{Emulators, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{emulate, pushmux, serve_logging, text};
use crate::corpus::openssl;
use crate::support::{Rig, hex_token};

/// Emulators, their folder, and what they say of their credentials.
struct Vendors {
    _emulators: Emulators,
    folder: TempDir,
    credentials: Value,
}

impl Vendors {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { dir: folder.path().to_owned(), base_port: None };
        let emulators = emulators::start(settings).await.unwrap();
        let known = std::fs::read_to_string(folder.path().join("emulators.json")).unwrap();
        let known: Value = serde_json::from_str(&known).unwrap();
        Self { _emulators: emulators, folder, credentials: known["credentials"].clone() }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn named(&self, vendor: &str, name: &str) -> String {
        self.credentials[vendor][name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.credentials)).to_owned()
    }

    /// The files of a credential of APNs, and the options that its kind needs.
    fn apns(&self, name: &str) -> Vec<String> {
        let file = self.named("apns", name);
        match file.strip_suffix(".pem") {
            Some(stem) => vec![self.file(&file), self.file(&format!("{stem}.key"))],
            None => {
                let (team_id, topic) = (self.named("apns", "team_id"), self.named("apns", "topic"));
                [self.file(&file).as_str(), "--team-id", &team_id, "--topic", &topic].map(str::to_owned).to_vec()
            }
        }
    }

    /// `check --live` with the emulators' addresses: exit code, and the state and code in each environment.
    fn check(&self, arguments: &[String]) -> (Option<i32>, Vec<String>) {
        let config = self.file("pushmux.toml");
        let output =
            pushmux().arg("check").args(arguments).args(["--json", "--live", "--config", &config]).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)));
        let rows = report["live"].as_array().unwrap().iter();
        let told = rows.map(|row| {
            let word = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("environment"), word("state"), word("code"))
        });
        (output.status.code(), told.collect())
    }
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    pushmux().args(arguments).stdin(std::process::Stdio::null()).output().unwrap()
}

pub(crate) fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/certs").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_check_tells_apart_all_that_can_be_wrong() {
    let vendors = Vendors::start().await;
    let wanted = [
        ("certificate", 0, ["production works -", "sandbox works -"]),
        ("sandbox_certificate", 0, ["production wrong_environment BadCertificateEnvironment", "sandbox works -"]),
        ("expired_certificate", 1, ["production expired certificate_refused", "sandbox expired certificate_refused"]),
        ("revoked_certificate", 1, ["production refused certificate_refused", "sandbox refused certificate_refused"]),
        ("key", 0, ["production works -", "sandbox works -"]),
        ("sandbox_key", 0, ["production wrong_environment BadEnvironmentKeyInToken", "sandbox works -"]),
        ("revoked_key", 1, ["production refused InvalidProviderToken", "sandbox refused InvalidProviderToken"]),
        (
            "topic_key",
            1,
            ["production app_not_allowed TopicDisallowed", "sandbox wrong_environment BadEnvironmentKeyInToken"],
        ),
    ];
    for (name, code, rows) in wanted {
        assert_eq!(vendors.check(&vendors.apns(name)), (Some(code), rows.map(str::to_owned).to_vec()), "{name}");
    }
    let other_topic =
        [vendors.apns("certificate"), vec!["--topic".to_owned(), "com.example.other".to_owned()]].concat();
    let (code, rows) = vendors.check(&other_topic);
    assert_eq!(code, Some(1));
    let refused = ["production app_not_allowed TopicDisallowed", "sandbox app_not_allowed TopicDisallowed"];
    assert_eq!(rows, refused);
    let only =
        [vendors.apns("sandbox_certificate"), vec!["--environment".to_owned(), "production".to_owned()]].concat();
    assert_eq!(vendors.check(&only).0, Some(1), "what is asked for has to work");
}

#[tokio::test(flavor = "multi_thread")]
async fn service_accounts_are_asked_about_at_their_own_vendor() {
    let vendors = Vendors::start().await;
    for vendor in ["fcm", "huawei"] {
        let good = vec![vendors.file(&vendors.named(vendor, "service_account"))];
        assert_eq!(vendors.check(&good), (Some(0), vec!["production works -".to_owned()]), "{vendor}");
        let wrong = vec![vendors.file(&vendors.named(vendor, "wrong_service_account"))];
        let (code, rows) = vendors.check(&wrong);
        assert_eq!(code, Some(1), "{vendor}");
        assert!(rows[0].starts_with("production refused"), "{rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_configured_credential_is_asked_about_at_once() {
    let vendors = Vendors::start().await;
    let config = vendors.file("pushmux.toml");
    let check = |config: &str| {
        let output = run(&["config", "check", config, "--live", "--json"]);
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, answer) = check(&config);
    assert_eq!(code, Some(0), "{answer}");
    let rows = answer["live"].as_array().unwrap();
    for vendor in ["apns", "fcm", "mi", "huawei", "meizu"] {
        assert!(rows.iter().any(|row| row["vendor"] == vendor && row["state"] == "works"), "{vendor}: {answer}");
    }

    let wrong = std::fs::read_to_string(&config).unwrap().replace("mi.secret", "mi-wrong.secret");
    let wrong = wrong.replace("meizu.secret", "meizu-wrong.secret");
    std::fs::write(&config, wrong.replace("huawei.secret", "huawei-WRONG.secret")).unwrap();
    let (code, answer) = check(&config);
    assert_eq!(code, Some(1), "{answer}");
    let refused = |row: &&Value| row["state"] == "refused";
    let mut refused: Vec<&str> =
        answer["live"].as_array().unwrap().iter().filter(refused).filter_map(|row| row["vendor"].as_str()).collect();
    refused.dedup();
    assert_eq!(refused, ["huawei", "meizu", "mi"], "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_for_a_live_check_is_named() {
    let vendors = Vendors::start().await;
    let key = vendors.file(&vendors.named("apns", "key"));
    let output = run(&["check", &key, "--live"]);
    assert_eq!(output.status.code(), Some(64));
    let told = text(&output.stderr);
    assert!(told.contains("team_id: ") && told.contains("topic: ") && told.contains("--team-id"), "{told}");
}

/// openssl makes the p12, we make PEM of it, openssl reads it, the emulator takes it; and back again.
#[tokio::test(flavor = "multi_thread")]
async fn a_converted_credential_works() {
    let vendors = Vendors::start().await;
    let [certificate, key] = vendors.apns("certificate").try_into().unwrap();
    let (p12, pem, again) = (vendors.file("push.p12"), vendors.file("push.pem"), vendors.file("again.p12"));
    let password = vendors.file("password");
    std::fs::write(&password, "secret\n").unwrap();
    let export = ["pkcs12", "-export", "-legacy", "-in", &certificate, "-inkey", &key, "-out", &p12];
    openssl(&[&export[..], &["-passout", "pass:secret"]].concat(), "").unwrap();

    let convert = ["convert", &p12, "--password-file", &password, "--out", &pem];
    assert_eq!(run(&convert).status.code(), Some(0));
    assert_eq!(std::fs::metadata(&pem).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(openssl(&["x509", "-in", &pem], ""), openssl(&["x509", "-in", &certificate], ""));
    assert_eq!(openssl(&["pkey", "-in", &pem], ""), openssl(&["pkey", "-in", &key], ""));
    let works = vec!["production works -".to_owned(), "sandbox works -".to_owned()];
    assert_eq!(vendors.check(std::slice::from_ref(&pem)), (Some(0), works.clone()));

    let output = run(&convert);
    assert_eq!(output.status.code(), Some(1), "nothing is replaced unasked");
    assert!(text(&output.stderr).contains("--force"), "{}", text(&output.stderr));
    assert_eq!(run(&[&convert[..], &["--force"]].concat()).status.code(), Some(0));

    for legacy in [&[][..], &["--legacy"]] {
        let back = ["convert", &pem, "--out", &again, "--out-password-file", &password, "--force"];
        assert_eq!(run(&[&back[..], legacy].concat()).status.code(), Some(0));
        let read = ["pkcs12", "-in", &again, "-passin", "pass:secret", "-nodes"];
        let read = openssl(&read, "").expect("openssl reads it without its legacy provider");
        assert!(read.contains("BEGIN CERTIFICATE") && read.contains("BEGIN PRIVATE KEY"));
    }
    assert_eq!(run(&["convert", &pem, "--out", &vendors.file("bare.p12")]).status.code(), Some(1), "a p12 is locked");
    let arguments = [again, "--password-file".to_owned(), password];
    assert_eq!(vendors.check(&arguments), (Some(0), works));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_reported_also_where_its_vendor_is_not_asked() {
    let vendors = Vendors::start().await;
    let config = vendors.file("pushmux.toml");
    let key = vendors.file(&vendors.named("apns", "key"));
    let [certificate, pair] = vendors.apns("certificate").try_into().unwrap();
    let account = vendors.file(&vendors.named("fcm", "service_account"));
    let narrow = vendors.file("narrow.toml");
    let apns =
        "auth = \"certificate\"\ncertificate = { file = \"apns-cert.pem\" }\nkey = { file = \"apns-cert.key\" }\n";
    std::fs::write(
        &narrow,
        format!("[apps.demo.apns]\nenvironments = [\"production\"]\ntopic = \"com.example.app\"\n{apns}"),
    )
    .unwrap();
    let live = |files: &[&str], options: &[&str]| {
        let output = run(&[&["check", "--json", "--live"], files, options].concat());
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)));
        assert_eq!(answer["file"], files.join(" + "), "{answer}");
        assert!(answer["title"].is_string() && answer.get("live").is_none(), "{answer}");
        (output.status.code(), answer["live_error"].clone())
    };
    let pair = [certificate.as_str(), pair.as_str()];

    let (code, error) = live(&[&key], &["--config", &config]);
    assert_eq!((code, &error["code"]), (Some(64), &json!("incomplete")), "{error}");
    let paths: Vec<&str> = error["faults"].as_array().unwrap().iter().filter_map(|f| f["path"].as_str()).collect();
    assert!(paths.contains(&"/team_id") && paths.contains(&"/topic"), "{error}");

    let (code, error) = live(&[&certificate], &["--config", &config]);
    assert_eq!((code, &error["code"]), (Some(1), &json!("not_askable")), "{error}");

    // A vendor that the configuration does not have is not asked at its own address instead.
    for (files, options, wanted, named) in [
        (&pair[..], &["--config", &config, "--app", "nobody"][..], "unknown_app", "nobody"),
        (&[&account], &["--config", &narrow], "no_channel", "fcm"),
        (&pair, &["--config", &narrow, "--environment", "sandbox"], "no_channel", "sandbox"),
        (&pair, &["--config", "/nowhere.toml"], "bad_configuration", "/nowhere.toml"),
        (&pair, &["--ca-file", "/nowhere.pem"], "unreadable_file", "/nowhere.pem"),
    ] {
        let (code, error) = live(files, options);
        assert_eq!((code, &error["code"]), (Some(64), &json!(wanted)), "{error}");
        assert!(error["detail"].as_str().unwrap().contains(named), "{error}");
    }
}

#[test]
fn whatever_cannot_be_read_is_told_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &str| folder.path().join(name).display().to_string();
    let p12 = corpus("kinds/universal.p12").display().to_string();
    let (long, broken, padded) = (named("long"), named("broken"), named("padded.pem"));
    std::fs::write(&long, "x".repeat(5000)).unwrap();
    std::fs::write(&broken, b"\xff\xfe").unwrap();
    std::fs::write(&padded, " ".repeat(1 << 20)).unwrap();
    for (arguments, file, code) in [
        (&["/nowhere.p12"][..], "/nowhere.p12", "unreadable_file"),
        (&["/"], "/", "unreadable_file"),
        (&["/dev/zero"], "/dev/zero", "file_too_large"),
        (&[&padded], &padded, "empty_file"),
        (&[&p12, "--password-file", "/nowhere"], &p12, "unreadable_password"),
        (&[&p12, "--password-file", &broken], &p12, "unreadable_password"),
        (&[&p12, "--password-file", &long], &p12, "password_too_long"),
        (&[&p12, &p12], &format!("{p12} + {p12}"), "password_needed"),
    ] {
        let output = run(&[&["check", "--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&answer["file"], &answer["usable"]), (&json!(file), &json!(false)), "{answer}");
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
    let output = run(&["check", &p12, "--password-file", &long]);
    let told = text(&output.stderr);
    assert!(told.contains(&long) && told.contains("4096"), "{told}");
}

#[test]
fn an_empty_password_file_is_the_empty_password() {
    let p12 = corpus("p12/empty-password-aes-256.p12").display().to_string();
    let output = run(&["check", &p12, "--password-file", "/dev/null", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["container"]["password"], &report["file"]), (&json!("empty"), &json!(p12)), "{report}");
}

#[test]
fn names_cannot_write_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("a\x1b[2J\u{202e}\nb.pem");
    let name = name.display().to_string();
    std::fs::copy(corpus("kinds/universal.p12"), &name).unwrap();
    for arguments in [&["check", &name][..], &["check", &format!("{name}.not")], &["convert", &name, "--out", &name]] {
        let output = run(arguments);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert!(told.contains("a\u{fffd}[2J\u{fffd}\u{fffd}b.pem"), "{told:?}");
        assert!(!told.contains(['\x1b', '\u{202e}']), "{told:?}");
    }
}

#[tokio::test]
async fn the_api_reports_and_converts() {
    let rig = Rig::start().await;
    let p12 = std::fs::read(corpus("kinds/universal.p12")).unwrap();
    let form = |texts: &[(&str, &str)]| Form::new(texts, &[("universal.p12", &p12)]);

    let (status, report) = rig.submit("check", &form(&[("password", "test")]), &[]).await;
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!((status, &report["usable"], &report["file"]), (200, &json!(true), &json!("universal.p12")), "{report}");
    assert_eq!(report["certificate"]["topics"][0]["topic"], "com.example.shop");

    let (status, problem) = rig.submit("check", &form(&[("password", "wrong")]), &[]).await;
    let problem: Value = serde_json::from_slice(&problem).unwrap();
    assert_eq!((status, &problem["type"]), (422, &json!("urn:pushmux:problem:wrong_password")), "{problem}");

    let (status, pem) = rig.submit("convert", &form(&[("password", "test")]), &[]).await;
    let pem = text(&pem);
    assert_eq!(status, 200);
    assert!(openssl(&["x509", "-noout"], &pem).is_some() && openssl(&["pkey", "-noout"], &pem).is_some(), "{pem}");

    let made = form(&[("password", "test"), ("format", "p12"), ("output_password", "new")]);
    let (status, p12) = rig.submit("convert", &made, &[]).await;
    assert_eq!(status, 200);
    assert!(certs::read(&p12, Some("new")).is_ok());

    for (texts, code) in [
        (&[("password", "test"), ("format", "p12")][..], "password_needed_for_output"),
        (&[("password", "test"), ("format", "jks")], "invalid_form"),
        (&[("pasword", "test")], "invalid_form"),
        (&[("password", "test"), ("live", "true"), ("app", "nobody")], "invalid_form"),
    ] {
        let call = if code == "invalid_form" && texts.len() == 3 { "check" } else { "convert" };
        let (status, problem) = rig.submit(call, &form(texts), &[]).await;
        let problem: Value = serde_json::from_slice(&problem).unwrap();
        assert_eq!((status, &problem["type"]), (422, &json!(format!("urn:pushmux:problem:{code}"))), "{problem}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_a_browser_for_it() {
    let rig = Rig::start().await;
    let form = Form::new(&[], &[("a.pem", b"x")]);
    let (status, _) = rig.submit("check", &form, &[("origin", "http://evil.example")]).await;
    assert_eq!(status, 403);
    rig.stop().await;
}

#[tokio::test]
async fn the_api_asks_vendors_where_the_app_reaches_them_and_not_too_often() {
    let rig = Rig::start().await;
    let folder = rig.emulators.dir().to_owned();
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (certificate, key) = (read("apns-cert.pem"), read("apns-cert.key"));
    let files: [(&str, &[u8]); 2] = [("apns-cert.pem", &certificate), ("apns-cert.key", &key)];
    let form = Form::new(&[("live", "true"), ("app", "demo")], &files);
    let mut answers = Vec::new();
    for _ in 0..3 {
        let (status, report) = rig.submit("check", &form, &[]).await;
        let report: Value = serde_json::from_slice(&report).unwrap();
        assert_eq!((status, &report["live"][0]["state"]), (200, &json!("works")), "{report}");
        answers.push(report["live"].clone());
    }
    assert!(answers.iter().all(|rows| *rows == answers[0]), "within a minute the first answer stands");
    assert_eq!(rig.received("apns").len(), 2, "one call in each environment");

    // A device of somebody gets what it is sent, each time.
    let token = hex_token(7);
    let texts = [("live", "true"), ("app", "demo"), ("token", token.as_str()), ("environment", "sandbox")];
    let (status, report) = rig.submit("check", &Form::new(&texts, &files), &[]).await;
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!((status, &report["live"][0]["outcome"]), (200, &json!("accepted")), "{report}");
    rig.stop().await;
}

/// Passwords and keys stay out of logs, however much is logged.
#[test]
fn the_fullest_log_tells_nothing_of_uploads() {
    let folder = tempfile::tempdir().unwrap();
    let _emulators = emulate(folder.path());
    let log = folder.path().join("serve.log");
    let (mut server, url) = serve_logging(&folder.path().join("pushmux.toml"), "trace", &log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (certificate, key) = (read("apns-cert.pem"), read("apns-cert.key"));
    let p12 = std::fs::read(corpus("kinds/universal.p12")).unwrap();
    runtime.block_on(async {
        let live = Form::new(&[("live", "true"), ("app", "demo")], &[("a.pem", &certificate), ("a.key", &key)]);
        let marked = Form::new(&[("password", "marked-password")], &[("a.p12", &p12)]);
        for (call, form) in [("check", &live), ("check", &marked), ("convert", &live), ("convert", &marked)] {
            post(&url, call, form, &[]).await;
        }
    });
    server.end();
    let log = text(&std::fs::read(&log).unwrap());
    assert!(log.contains("A call to a vendor is settled"), "{log}");
    let secret = text(&key).lines().nth(1).unwrap().to_owned();
    for mark in ["marked", "PRIVATE KEY", secret.as_str()] {
        let line = log.lines().find(|line| line.contains(mark));
        assert!(line.is_none(), "{mark}: {line:?}");
    }
}

/// A multipart form.
pub(crate) struct Form(Vec<u8>);

const BOUNDARY: &str = "----form-of-a-test";

impl Form {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.clone()
    }

    pub(crate) fn new(texts: &[(&str, &str)], files: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        let texts = texts.iter().map(|(name, text)| (format!("name=\"{name}\""), text.as_bytes()));
        let files = files.iter().map(|(name, bytes)| (format!("name=\"file\"; filename=\"{name}\""), *bytes));
        for (name, bytes) in texts.chain(files) {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {name}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        Self(body)
    }
}

impl Rig {
    pub(crate) async fn submit(&self, call: &str, form: &Form, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
        post(&self.url, call, form, headers).await
    }
}

async fn post(url: &str, call: &str, form: &Form, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
    let client = channel::HttpClients::for_service(url).unwrap();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = client.post(format!("{url}/v1/credentials/{call}")).header("content-type", kind);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.body(form.0.clone()).send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}
