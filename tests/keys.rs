//! Who may call: every path of the service, with no key, with each kind of key, and with the key of another app.

use std::time::Duration;

use config::{Action, KeyHash};
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use pushmux::http::{Need, RULES};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cli::{pushmux, text};
use crate::support::{Rig, simple, target};

/// The keys of the tests: each of one app, or of one action.
const KEYS: &[(&str, &str, &[Action])] = &[
    ("pmx_demo", "[\"demo\"]", &Action::ALL),
    ("pmx_cert", "[\"demo-cert\"]", &Action::ALL),
    ("pmx_both", "[\"demo\", \"demo-cert\"]", &Action::ALL),
    ("pmx_send", "\"all\"", &[Action::Send]),
    ("pmx_read", "\"all\"", &[Action::Read]),
    ("pmx_check", "\"all\"", &[Action::Check]),
    ("pmx_admin", "\"all\"", &[Action::Admin]),
];

fn keyed(config: &str) -> String {
    let mut config = config.to_owned();
    for (key, apps, actions) in KEYS {
        let actions: Value = actions.iter().map(|action| action.as_str()).collect();
        let hash = KeyHash::of(key.as_bytes());
        config.push_str(&format!("\n[keys.{key}]\nhash = \"{hash}\"\napps = {apps}\nactions = {actions}\n"));
    }
    config
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().replace("urn:pushmux:problem:", "")
    }
}

/// A caller with a key, or without one.
struct Caller<'a> {
    rig: &'a Rig,
    client: reqwest::Client,
    key: Option<&'a str>,
}

impl<'a> Caller<'a> {
    fn new(rig: &'a Rig, key: Option<&'a str>) -> Self {
        Self { rig, client: channel::HttpClients::for_service(&rig.url).unwrap(), key }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.rig.url));
        match self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        // A feed has no end.
        let is_endless = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let text = if is_endless { String::new() } else { response.text().await.unwrap() };
        Answer { status, headers, text }
    }

    async fn call(&self, method: Method, path: &str) -> Answer {
        self.ask(self.request(method, path)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).await
    }

    async fn post(&self, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.ask(self.request(Method::POST, path).header(CONTENT_TYPE, kind).body(body)).await
    }

    async fn push(&self, path: &str, push: &Value) -> Answer {
        self.post(path, "application/json", push.to_string()).await
    }

    async fn form(&self, path: &str, texts: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(texts).finish();
        self.post(path, "application/x-www-form-urlencoded", body).await
    }

    /// A credential with the name of an app beside it.
    async fn upload(&self, path: &str, app: &str) -> Answer {
        let part = |name: &str, text: &str| {
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let body = format!("{}{}--b--\r\n", part("app", app), part("file", "no credential"));
        self.post(path, "multipart/form-data; boundary=b", body).await
    }
}

/// A path that matches a pattern of the router.
fn concrete(pattern: &str) -> String {
    pattern.replace("{id}", "some-id").replace("{name}", "console-000000000000.css")
}

#[tokio::test]
async fn a_stranger_gets_401_everywhere_but_health() {
    let rig = Rig::start_with(keyed).await;
    let wrong = [None, Some("pmx_unknown"), Some("")].map(|key| Caller::new(&rig, key));
    let patterns = RULES.iter().map(|(path, ..)| *path).chain(["/nothing/here", "/v1"]);
    for pattern in patterns {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let is_health = ["/healthz", "/readyz"].contains(&pattern) && [Method::GET, Method::HEAD].contains(&method);
            for stranger in &wrong {
                let answer = stranger.call(method.clone(), &concrete(pattern)).await;
                let case = format!("{method} {pattern} {:?}", stranger.key);
                if is_health {
                    assert_eq!(answer.status, StatusCode::OK, "{case}");
                    continue;
                }
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{case}");
                let challenge = answer.headers[WWW_AUTHENTICATE].to_str().unwrap();
                assert!(challenge.starts_with("Bearer realm=\"pushmux\""), "{case}: {challenge}");
                assert_eq!(answer.headers[CONTENT_TYPE], "application/problem+json", "{case}");
                assert!(method == Method::HEAD || answer.kind() == "unauthorized", "{case}");
            }
        }
    }
    assert!(rig.received("apns").is_empty());
    rig.stop().await;
}

#[tokio::test]
async fn every_rule_is_of_a_path_and_nothing_is_asked_without_keys() {
    let rig = Rig::start().await;
    let caller = Caller::new(&rig, None);
    for (pattern, method, _) in RULES {
        let answer = caller.call(method.clone(), &concrete(pattern)).await;
        let is_there = match answer.status {
            StatusCode::NOT_FOUND => ["unknown_push", "not_found"].contains(&&*answer.kind()) && pattern.contains('{'),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNAUTHORIZED => false,
            status => !status.is_server_error(),
        };
        assert!(is_there, "{method} {pattern}: {} {}", answer.status, answer.text);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_key_does_what_its_actions_say_and_nothing_else() {
    let rig = Rig::start_with(keyed).await;
    for (key, apps, actions) in KEYS.iter().filter(|(_, apps, _)| *apps == "\"all\"") {
        let caller = Caller::new(&rig, Some(key));
        for (pattern, method, need) in RULES {
            let answer = caller.call(method.clone(), &concrete(pattern)).await;
            let may = match need {
                Need::Nothing | Need::Key => true,
                Need::Action(needed) => needed.iter().any(|action| actions.contains(action)),
            };
            let case = format!("{key} {apps} {method} {pattern}: {} {}", answer.status, answer.text);
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !may, "{case}");
            assert!(may || answer.kind() == "forbidden", "{case}");
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{case}");
        }
    }
    // The console's form previews with either of two, and sends with one of them.
    let form = [("app", "demo"), ("vendor", "mi"), ("token", "regid-1"), ("title", "a"), ("body", "b")];
    let form: Vec<_> = form.into_iter().chain([("environment", "production")]).collect();
    let with = |action| form.iter().copied().chain([("action", action)]).collect::<Vec<_>>();
    let (reader, sender) = (Caller::new(&rig, Some("pmx_read")), Caller::new(&rig, Some("pmx_send")));
    assert_eq!(reader.form("/console/push", &with("preview")).await.status, StatusCode::OK);
    for action in ["send", "send_now"] {
        assert_eq!(reader.form("/console/push", &with(action)).await.status, StatusCode::FORBIDDEN, "{action}");
    }
    assert!(rig.received("mi").is_empty());
    assert_eq!(sender.form("/console/push", &with("send_now")).await.status, StatusCode::OK);
    assert_eq!(rig.received("mi").len(), 1);
    rig.stop().await;
}

/// What a key for the app `demo-cert` is answered about the app `demo`, and about one that does not exist: the same.
#[tokio::test]
async fn a_key_of_one_app_does_and_sees_nothing_of_another() {
    let rig = Rig::start_with(keyed).await;
    let owner = Caller::new(&rig, Some("pmx_demo"));
    let kept = owner.request(Method::POST, "/v1/pushes").header("prefer", "respond-async, wait=20");
    let mut push = simple("demo", &[target("apns", "dead-1")]);
    push["id"] = "ours".into();
    let kept = owner.ask(kept.header(CONTENT_TYPE, "application/json").body(push.to_string())).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text);
    let before = rig.received("apns").len();

    let other = Caller::new(&rig, Some("pmx_cert"));
    let mut told: Vec<Vec<Value>> = Vec::new();
    for app in ["demo", "nowhere"] {
        let push = simple(app, &[target("apns", "ok-1")]);
        let form = [("app", app), ("vendor", "every"), ("environment", "production"), ("title", "a")];
        let send = [("app", app), ("vendor", "apns"), ("token", "ok-1"), ("title", "a"), ("action", "send_now")];
        let answers = [
            other.push("/v1/pushes", &push).await,
            other.push("/v1/pushes/preview", &push).await,
            other.get(&format!("/v1/pushes/ours?app={app}")).await,
            other.call(Method::DELETE, &format!("/v1/pushes/ours?app={app}")).await,
            other.get(&format!("/v1/events?after=0&app={app}")).await,
            other.upload("/v1/credentials/check", app).await,
        ];
        for answer in &answers {
            assert_eq!((answer.status, &*answer.kind()), (StatusCode::FORBIDDEN, "forbidden"), "{}", answer.text);
        }
        for page in [other.form("/console/push", &form).await, other.form("/console/push", &send).await] {
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
            assert!(page.text.contains(&format!("the key is not for the app &#34;{app}&#34;")), "{}", page.text);
        }
        let page = other.upload("/console/credentials", app).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
        let lines = format!("{push}\n{}\n", simple("demo-cert", &[target("apns", "ok-2")]));
        let stream = other.post("/v1/pushes/stream", "application/x-ndjson", lines).await;
        let mut lines: Vec<Value> = stream.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.sort_by_key(|line| line["line"].as_u64());
        assert_eq!(lines[0]["problem"]["type"], "urn:pushmux:problem:forbidden", "{lines:?}");
        assert_eq!(lines[1]["results"][0]["outcome"], "accepted", "the stream goes on: {lines:?}");
        let problems = answers.iter().map(Answer::json).chain([lines[0]["problem"].clone()]);
        let nameless = problems.map(|problem| problem.to_string().replace(app, "APP").into());
        told.push(nameless.collect());
    }
    assert_eq!(told[0], told[1], "an app of others and none at all are told in the same words");
    assert_eq!(rig.received("apns").len(), before + 2, "only its own lines were sent");

    // An id without an app is looked for among the key's own.
    let answer = other.get("/v1/pushes/ours").await;
    assert_eq!((answer.status, &*answer.kind()), (StatusCode::NOT_FOUND, "unknown_push"));
    let (channels, metrics) = (other.get("/v1/channels").await.json(), other.get("/metrics").await);
    let apps = channels["channels"].as_array().unwrap().iter().map(|row| row["app"].as_str().unwrap());
    assert!(apps.clone().count() > 0 && apps.clone().all(|app| app == "demo-cert"), "{channels}");
    assert!(metrics.text.contains("app=\"demo-cert\"") && !metrics.text.contains("app=\"demo\""), "{}", metrics.text);
    for path in ["/", "/console/channels", "/console/push", "/console/credentials"] {
        let page = other.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let plain = page.text.replace("demo-cert", "").replace("pushmux demo", "");
        assert!(!plain.contains("demo"), "{path}: {}", page.text);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_feed_tells_of_the_keys_apps_only() {
    let rig = Rig::start_with(keyed).await;
    let both = Caller::new(&rig, Some("pmx_both"));
    for (app, id) in [("demo", "a"), ("demo-cert", "b"), ("demo", "c")] {
        let mut push = simple(app, &[target("apns", "ok-1")]);
        push["id"] = id.into();
        let request = both.request(Method::POST, "/v1/pushes").header("prefer", "respond-async, wait=20");
        let answer = both.ask(request.header(CONTENT_TYPE, "application/json").body(push.to_string())).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    for (key, wanted) in [("pmx_both", &["a", "b", "c"][..]), ("pmx_demo", &["a", "c"]), ("pmx_cert", &["b"])] {
        let caller = Caller::new(&rig, Some(key));
        let mut response = caller.request(Method::GET, "/v1/events?after=0&kind=outcome").send().await.unwrap();
        let (mut text, mut ids) = (String::new(), Vec::new());
        while ids.len() < wanted.len() {
            text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
            let data = text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
            ids = data.map(|event: Value| event["push"].as_str().unwrap().to_owned()).collect();
        }
        assert_eq!(ids, wanted, "{key}: {text}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_browser_asks_for_a_password_and_the_key_is_it() {
    let rig = Rig::start_with(keyed).await;
    let stranger = Caller::new(&rig, None);
    let challenge = |answer: &Answer| {
        let mut all = answer.headers.get_all(WWW_AUTHENTICATE).iter();
        all.any(|value| value.to_str().unwrap().starts_with("Basic realm=\"pushmux\""))
    };
    assert!(challenge(&stranger.get("/").await) && challenge(&stranger.get("/console/push").await));
    assert!(!challenge(&stranger.get("/v1/channels").await), "programs are not asked for a password");
    let page = stranger.ask(stranger.request(Method::GET, "/").basic_auth("me", Some("pmx_demo"))).await;
    assert_eq!(page.status, StatusCode::OK);
    // What a browser remembers, a page of another site cannot make use of.
    let form = [("app", "demo"), ("vendor", "mi"), ("token", "regid-1"), ("title", "a"), ("action", "send_now")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = stranger.request(Method::POST, "/console/push").basic_auth("me", Some("pmx_demo"));
    let request =
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header("sec-fetch-site", "cross-site");
    assert_eq!(stranger.ask(request.body(body)).await.status, StatusCode::FORBIDDEN);
    assert!(rig.received("mi").is_empty());
    rig.stop().await;
}

#[tokio::test]
async fn a_body_is_not_read_before_the_key() {
    let rig = Rig::start_with(keyed).await;
    let address = rig.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A body that never comes: who waited for it would wait for ever.
    let head =
        "POST /v1/pushes HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let reading = stream.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("it is answered at once").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    rig.stop().await;
}

#[test]
fn a_key_that_was_made_opens_the_service_it_was_pasted_into() {
    let output = pushmux().args(["key", "new", "--name", "ops", "--app", "demo", "--action", "send"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let (out, runtime) = (text(&output.stdout), tokio::runtime::Runtime::new().unwrap());
    let (key, section) = out.split_once("\n\n").unwrap();
    assert!(key.starts_with("pmx_") && key.len() == 68, "{key}");
    runtime.block_on(async {
        let rig = Rig::start_with(|config| format!("{config}\n{section}")).await;
        let push = simple("demo", &[target("mi", "regid-1")]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, push.to_string()).unwrap();
        let send = |key: Option<&str>| {
            let mut command = pushmux();
            command.arg("send").arg(file.path()).args(["--url", &rig.url]).env_remove("PUSHMUX_KEY");
            key.map(|key| command.env("PUSHMUX_KEY", key));
            tokio::task::spawn_blocking(move || command.output().unwrap())
        };
        assert_eq!(send(Some(key)).await.unwrap().status.code(), Some(0));
        let refused = send(None).await.unwrap();
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("A key is needed"), "{}", text(&refused.stderr));
        assert_eq!(rig.received("mi").len(), 1);
        rig.stop().await;
    });
}

#[test]
fn without_keys_nobody_else_is_listened_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    let refused = |arguments: &[&str], config: &str| {
        std::fs::write(&file, config).unwrap();
        let output = pushmux().args(arguments).arg("--config").arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let said = refused(&["serve"], "[server]\nlisten = \"0.0.0.0:0\"\n");
    assert!(said.contains("server.listen: is reached by others") && said.contains("pushmux key new"), "{said}");
    let said = refused(&["serve", "--listen", "[::]:0"], "");
    assert!(said.contains("--listen: [::]:0 is reached by others"), "{said}");
    std::fs::write(&file, "[server]\nlisten = \"0.0.0.0:0\"\n").unwrap();
    let checked = pushmux().args(["config", "check"]).arg(&file).output().unwrap();
    assert_eq!(checked.status.code(), Some(64));
    assert!(text(&checked.stderr).contains("server.listen: is reached by others"), "{}", text(&checked.stderr));
}

#[tokio::test]
async fn keys_are_added_and_removed_while_it_runs() {
    let mut rig = Rig::start().await;
    let status = async |rig: &Rig, key| Caller::new(rig, key).get("/v1/channels").await.status.as_u16();
    assert_eq!(status(&rig, None).await, 200);
    rig.reload(keyed).await;
    assert_eq!((status(&rig, None).await, status(&rig, Some("pmx_demo")).await), (401, 200));
    rig.reload(|config| config.replace("keys.pmx_demo", "keys.renamed")).await;
    assert_eq!(status(&rig, Some("pmx_demo")).await, 200);
    let of_demo = KeyHash::of(b"pmx_demo").to_string();
    rig.reload(|config| config.replace(&of_demo, &KeyHash::of(b"pmx_new").to_string())).await;
    assert_eq!((status(&rig, Some("pmx_demo")).await, status(&rig, Some("pmx_new")).await), (401, 200));
    rig.stop().await;
}

/// A header that is no text is no key.
#[tokio::test]
async fn rubbish_is_no_key() {
    let rig = Rig::start_with(keyed).await;
    let stranger = Caller::new(&rig, None);
    for value in [&b"Bearer \xff"[..], b"Bearer", b"Basic OnBteF9kZW1v!", b"Bearer pmx_demo pmx_demo"] {
        let request = stranger.request(Method::GET, "/v1/channels").header(AUTHORIZATION, value);
        assert_eq!(stranger.ask(request).await.status, StatusCode::UNAUTHORIZED, "{value:?}");
    }
    let long = format!("Bearer {}", "x".repeat(8000));
    let request = stranger.request(Method::GET, "/v1/channels").header(AUTHORIZATION, long);
    assert_eq!(stranger.ask(request).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(json!(stranger.get("/healthz").await.text), "ok\n");
    rig.stop().await;
}
