//! Secrets, payloads and device tokens never reach a log, a metric, an error, a span or `Debug` output, however much is told.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use adapters::vendors;
use model::Push;
use pushmux::assemble::Plan;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::check::Form;
use crate::cli::{Server, emulate, pushmux, serve_with, text};
use crate::traces::Collector;

/// A service whose every secret is known, and what it told.
struct Told {
    folder: TempDir,
    _emulators: Server,
    collector: Collector,
    log: String,
    /// Answers of calls that went wrong, metrics and the state of channels.
    answers: Vec<String>,
    /// Answers that hold what the caller sent: previews, and results of pushes that were good after all.
    echoes: Vec<String>,
    /// What the command line printed.
    output: String,
}

/// Of the form that APNs' devices have.
const TOKEN: &str = "4d61726b65646d61726b65646d61726b65646d61726b65646d61726b65646d61";
const KEY: &str = "pmx_6d61726b65646d61726b65646d61726b65646d61726b65646d61726b65646d61";
const WEBHOOK_SECRET: &str = "whsec_bWFya2VkLXNlY3JldC1vZi1hLXdlYmhvb2s=";
/// The fullest, with what libraries would say.
const OPEN: &str =
    "trace,h2=trace,h2::codec=trace,h2::proto=trace,hyper=trace,hyper_util::client=trace,reqwest=trace,rustls=trace";
const CONFIG: &str = r#"
[log]
device_key = "marked-device-key"

[apps.demo.webhook]
url = "https://127.0.0.1:9/marked-hook"
secret = "whsec_bWFya2VkLXNlY3JldC1vZi1hLXdlYmhvb2s="
events = ["outcome", "dead_token", "channel"]
allow_private_addresses = true

[keys.all]
hash = "HASH"
apps = "all"
actions = ["send", "read", "check", "admin"]
"#;

// === impl Told ===

impl Told {
    fn by(format: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (emulators, collector) = (emulate(folder.path()), Collector::start());
        let (file, log) = (folder.path().join("pushmux.toml"), folder.path().join("serve.log"));
        let config = fs::read_to_string(&file).unwrap()
            + &CONFIG.replace("HASH", &config::KeyHash::of(KEY.as_bytes()).to_string());
        fs::write(&file, &config).unwrap();
        collector.configure(&file, "headers = { authorization = \"Bearer marked-collector-key\" }");
        let config = fs::read_to_string(&file).unwrap();
        let (mut server, url) = serve_with(&file, &[format, &["--log", OPEN]].concat(), &log);
        let output = commands(&url);
        let (answers, echoes) = tokio::runtime::Runtime::new().unwrap().block_on(calls(&url, folder.path()));
        // A reload that cannot be, and one that can.
        fs::write(&file, config.replace("package", "pakage")).unwrap();
        let told = |what: &str| {
            let begun = std::time::Instant::now();
            while !text(&fs::read(&log).unwrap()).contains(what) {
                assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{what}");
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        };
        told("The configuration cannot be used");
        fs::write(&file, &config).unwrap();
        told("The configuration is in force");
        told("The webhook fails");
        server.end();
        let log = text(&fs::read(&log).unwrap());
        Self { folder, _emulators: emulators, collector, log, answers, echoes, output }
    }

    /// What nobody may read anywhere.
    fn secrets(&self) -> Vec<String> {
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap();
        let mut secrets: Vec<String> =
            ["mi.secret", "huawei.secret", "meizu.secret"].map(|name| read(name).trim().to_owned()).into();
        // A line of each private key; JWTs and access tokens; forms with secrets.
        let keys = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let keys: Vec<PathBuf> = keys.filter(|path| path.extension().is_some_and(|end| end == "p8")).collect();
        assert!(keys.len() >= 2);
        let lines = keys.iter().map(|path| fs::read_to_string(path).unwrap().lines().nth(1).unwrap().to_owned());
        secrets.extend(lines);
        secrets.push(read("apns-cert.key").lines().nth(1).unwrap().to_owned());
        let known = ["eyJ", "PRIVATE KEY", "key=", "ya29.", "Bearer ", &KEY[..20], &WEBHOOK_SECRET[..20]];
        secrets.extend(known.map(str::to_owned));
        secrets
            .extend(["marked-collector-key", "marked-device-key", "marked-hook", "marked-password"].map(str::to_owned));
        secrets
    }
}

/// Pushes by the command line: accepted, refused, dead, durable.
fn commands(url: &str) -> String {
    let send = |more: &[&str]| -> Output {
        let send = ["send", "--url", url, "--title", "marked-title", "--body", "marked-body", "--sound", "marked.wav"];
        pushmux().env("PUSHMUX_KEY", KEY).args(send).args(more).output().unwrap()
    };
    let devices = [("apns", TOKEN), ("apns", "dead-marked"), ("mi", "marked-regid"), ("mi", "auth-marked-regid")];
    let more = [("fcm", "marked-fcm"), ("huawei", "marked-huawei"), ("meizu", "marked-meizu"), ("fcm", "dead-marked")];
    let mut errors = String::new();
    for (vendor, token) in devices.into_iter().chain(more) {
        for mode in [&[][..], &["--durable"]] {
            let output = send(&[&["--vendor", vendor, "--token", token], mode].concat());
            errors += &text(&output.stderr);
        }
    }
    errors + &text(&send(&["--vendor", "marked vendor", "--token", "marked token"]).stderr)
}

/// Calls that go wrong in every way, and what the service tells of itself; then previews.
async fn calls(url: &str, folder: &Path) -> (Vec<String>, Vec<String>) {
    let client = channel::HttpClients::for_service(url).unwrap();
    let ask = |method: &str, path: &str, kind: &'static str, key: &'static str, body: Vec<u8>| {
        let request = client.request(method.parse().unwrap(), format!("{url}{path}"));
        let request = request.header("authorization", format!("Bearer {key}")).header("content-type", kind).body(body);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let json = "application/json";
    let (mut answers, mut echoes) = (Vec::new(), Vec::new());
    for push in wrong_pushes() {
        for (path, kind) in [("", json), ("/preview", json), ("/stream", "application/x-ndjson")] {
            let answer = ask("POST", &format!("/v1/pushes{path}"), kind, KEY, push.clone()).await;
            if answer.contains("urn:pushmux:problem") { &mut answers } else { &mut echoes }.push(answer);
        }
    }
    let good = push().to_string().into_bytes();
    answers.push(ask("POST", "/v1/pushes", "text/plain", KEY, good.clone()).await);
    answers.push(ask("POST", "/v1/pushes", json, "pmx_marked-key", good.clone()).await);
    answers.push(ask("GET", "/v1/events?after=marked-query", json, KEY, Vec::new()).await);
    for path in ["/metrics", "/v1/channels", "/nothing-here", "/console/channels", "/console/codes", "/"] {
        answers.push(ask("GET", path, json, KEY, Vec::new()).await);
    }
    let p12 = fs::read(crate::check::corpus("kinds/universal.p12")).unwrap();
    let pem = fs::read(folder.join("apns-cert.key")).unwrap();
    for form in [Form::new(&[("password", "marked-password")], &[("a.p12", &p12)]), Form::new(&[], &[("a.key", &pem)])]
    {
        let kind = "multipart/form-data; boundary=----form-of-a-test";
        answers.push(ask("POST", "/v1/credentials/check", kind, KEY, form.bytes()).await);
    }
    let vendors = ["apns", "fcm", "mi", "huawei", "meizu"].map(|vendor| json!({"vendor": vendor, "token": TOKEN}));
    let mut to_all = push();
    to_all["targets"] = json!(vendors);
    let preview = ask("POST", "/v1/pushes/preview", json, KEY, to_all.to_string().into_bytes()).await;
    assert_eq!(serde_json::from_str::<Value>(&preview).unwrap()["channels"].as_array().unwrap().len(), 5);
    echoes.push(preview);
    (answers, echoes)
}

fn push() -> Value {
    json!({"app": "demo", "message": {"title": "marked-title", "body": "marked-body", "data": {"marked": "marked-data"},
            "click": {"url": "https://example.com/marked"}, "sound": "marked.wav", "image": "https://example.com/marked"},
        "targets": [{"vendor": "mi", "token": "marked-regid"}]})
}

/// Each has something else at some place, most of it wrong there, with a mark in it.
fn wrong_pushes() -> Vec<Vec<u8>> {
    let whole = push();
    let mut faulty = Vec::new();
    let places = [
        "/app",
        "/message",
        "/message/title",
        "/message/data",
        "/message/click",
        "/message/click/url",
        "/message/sound",
        "/message/image",
        "/targets",
        "/targets/0",
        "/targets/0/vendor",
        "/targets/0/token",
    ];
    for place in places {
        for wrong in [json!("marked \u{7} value"), json!(["marked"]), json!({"x": "marked"}), json!(7)] {
            let mut push = whole.clone();
            *push.pointer_mut(place).unwrap() = wrong;
            faulty.push(push.to_string().into_bytes());
        }
    }
    for (place, value) in [("/badge", json!("marked")), ("/color", json!("marked")), ("/push_type", json!("marked"))] {
        let mut push = whole.clone();
        push["message"][&place[1..]] = value;
        faulty.push(push.to_string().into_bytes());
    }
    for option in ["ttl", "priority", "replace_key", "send_at", "overflow"] {
        let mut push = whole.clone();
        push["options"] = json!({option: "marked \u{7}"});
        faulty.push(push.to_string().into_bytes());
    }
    faulty.push(b"{\"app\": \"demo\", \"message\": {\"title\": \"marked-title\"}, marked".to_vec());
    faulty
}

fn assert_none(of: &[String], text: &str, what: &str) {
    for mark in of {
        let found = text.lines().find(|line| line.contains(mark.as_str()));
        assert!(found.is_none(), "{what} tells {mark}: {found:?}");
    }
}

fn holds_nothing(told: &Told) {
    let secrets = told.secrets();
    let everything = [secrets.clone(), ["marked", TOKEN].map(str::to_owned).into()].concat();
    assert_none(&everything, &told.log, "the log");
    assert_none(&everything, &told.collector.text(), "a span");
    assert_none(&everything, &told.output, "the command line");
    for answer in &told.answers {
        assert_none(&everything, answer, "an answer");
    }
    for echo in &told.echoes {
        assert_none(&secrets, echo, "a preview or result");
    }
    assert!(told.echoes.iter().any(|echo| echo.contains("[secret]")), "previews");
    let is_library = |line: &&str| line.contains("TRACE") && ["h2::", "hyper"].iter().any(|name| line.contains(name));
    let library = told.log.lines().find(is_library);
    assert!(library.is_none(), "{library:?}");
    // All that was looked through was there.
    for line in ["A call to a vendor is settled", "A target has its outcome", "The webhook fails"] {
        assert!(told.log.contains(line), "{line}: {}", told.log);
    }
    let names = ["request", "POST /v1/pushes", "push", "attempt", "call apns", "call huawei", "access token"];
    let spans = told.collector.spans();
    let missing: Vec<_> = names[1..].iter().filter(|name| !spans.iter().any(|span| span.name == **name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(told.answers.iter().any(|answer| answer.contains("pushmux_pushes_admitted_total")), "metrics");
    assert!(told.answers.iter().filter(|answer| answer.contains("urn:pushmux:problem:invalid_push")).count() > 50);
}

#[test]
fn the_fullest_log_as_json_and_all_that_is_told_hold_no_secret() {
    let told = Told::by(&["--log-json"]);
    holds_nothing(&told);
    // Who has the key finds a device in the log.
    let config = told.folder.path().join("pushmux.toml");
    let output = pushmux().args(["device", TOKEN, "--config"]).arg(&config).output().unwrap();
    let name = text(&output.stdout);
    assert_eq!((output.status.code(), name.trim().len()), (Some(0), 16), "{}", text(&output.stderr));
    let lines = told.log.lines().filter(|line| line.contains(name.trim())).count();
    assert_eq!(lines, 2, "a direct push and a durable one");
}

#[test]
fn the_fullest_log_as_text_holds_no_secret() {
    holds_nothing(&Told::by(&[]));
}

#[test]
fn debug_output_holds_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let _emulators = emulate(folder.path());
    let file = folder.path().join("pushmux.toml");
    let config =
        fs::read_to_string(&file).unwrap() + &CONFIG.replace("HASH", &config::KeyHash::of(KEY.as_bytes()).to_string());
    fs::write(&file, config + "\n[traces]\nendpoint = \"http://127.0.0.1:9\"\nheaders = { a = \"marked-header\" }\n")
        .unwrap();
    let configuration = config::Config::load(&file).unwrap();
    let plan = Plan::read(&file).unwrap();
    let push = Push::parse(push().to_string().as_bytes(), vendors()).unwrap();
    let body = bytes::Bytes::from_static(b"marked");
    let part = spool::TargetResult { target: 0, outcome: body.clone() };
    let event = spool::NewEvent { app: push.app.clone(), kind: 0, body: body.clone() };
    let answer = model::Answer { status: http::StatusCode::OK, headers: http::HeaderMap::new(), body };
    let shown: [&dyn Debug; 8] =
        [&configuration, &plan, &push, &push.message.click, &part, &event, &answer, &model::Secret::new("marked")];
    for shown in shown {
        let text = format!("{shown:?}");
        for mark in ["marked", "whsec_bWFy", "PRIVATE"] {
            let at = text.find(mark).map(|at| &text[at.saturating_sub(200)..at + 40]);
            assert!(at.is_none(), "{at:?}");
        }
        let secret = fs::read_to_string(folder.path().join("mi.secret")).unwrap();
        assert!(!text.contains(secret.trim()), "{text}");
    }
}
