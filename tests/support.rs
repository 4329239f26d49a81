//! A service and its emulators, alive for one test.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use emulators::{Emulators, Fault, FaultRule, Match, Received, Settings};
use http::StatusCode;
use pushmux::assemble::{Assembled, BadConfiguration, assemble};
use pushmux::http::{bind, serve};
use pushmux::reload::Reloader;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Emulators of every vendor, and a service configured for them.
pub(crate) struct Rig {
    pub(crate) emulators: Emulators,
    pub(crate) url: String,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<bool>,
    reloader: Reloader,
    folder: TempDir,
}

impl Rig {
    /// As `pushmux emulate` and `pushmux serve` would start them.
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config.to_owned()).await
    }

    /// The same with a changed configuration.
    pub(crate) async fn start_with(change: impl FnOnce(&str) -> String) -> Self {
        Self::start_in(|config, _| change(config)).await
    }

    /// The same with files of one's own in the configuration's folder.
    pub(crate) async fn start_in(change: impl FnOnce(&str, &Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { dir: folder.path().to_owned(), base_port: None };
        let emulators = emulators::start(settings).await.unwrap();
        let file = folder.path().join("pushmux.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(&config, folder.path())).unwrap();
        let assembled = assemble(&file).await.unwrap_or_else(|fault| panic!("{fault}"));
        let Assembled { front, service, reloader } = assembled;
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let serving = tokio::spawn(serve(listener, service, front, stopped));
        let client = channel::HttpClients::for_service(&url).unwrap();
        Self { emulators, url, client, stop: Some(stop), serving, reloader, folder }
    }

    /// Puts a changed configuration in force.
    pub(crate) async fn reload(&mut self, change: impl FnOnce(&str) -> String) {
        let file = self.folder.path().join("pushmux.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(&config)).unwrap();
        self.try_reload().await.unwrap_or_else(|fault| panic!("{fault}"));
    }

    /// The same with a configuration that is as it was, or was written otherwise.
    pub(crate) async fn try_reload(&mut self) -> Result<(), BadConfiguration> {
        self.reloader.reload().await
    }

    /// Writes a file in the configuration's folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Posts any text as a push.
    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        self.post_to("/v1/pushes", body).await
    }

    pub(crate) async fn post_to(&self, path: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let response = request.body(body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// Asks with any method, headers and body.
    pub(crate) async fn ask(
        &self,
        method: http::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// Entrusts a push; `prefer` says how long to wait.
    pub(crate) async fn keep(&self, push: &Value, prefer: &str) -> (StatusCode, Value) {
        let headers = [("content-type", "application/json"), ("prefer", prefer)];
        self.ask(http::Method::POST, "/v1/pushes", &headers, push.to_string()).await
    }

    /// What is known of a push.
    pub(crate) async fn state(&self, id: &str) -> Value {
        let (status, state) = self.ask(http::Method::GET, &format!("/v1/pushes/{id}?app=demo"), &[], "").await;
        assert_eq!(status, StatusCode::OK, "{state}");
        state
    }

    /// The same as soon as it is settled.
    pub(crate) async fn settled(&self, id: &str) -> Value {
        for _ in 0..600 {
            let state = self.state(id).await;
            if state["state"] == "settled" {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{id} is not settled: {}", self.state(id).await);
    }

    /// The lines that are answered to a body.
    pub(crate) async fn lines(&self, path: &str, headers: &[(&str, &str)], body: String) -> Vec<Value> {
        let mut request = self.client.post(format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The first events of a feed, as soon as there are so many.
    pub(crate) async fn events(&self, path: &str, count: usize) -> Vec<Value> {
        let mut response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        let (mut text, mut events) = (String::new(), Vec::new());
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while events.len() < count {
            let chunk = tokio::time::timeout_at(deadline, response.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("{count} events of {path} in time: {text}"));
            text.push_str(std::str::from_utf8(&chunk.unwrap().expect("it goes on")).unwrap());
            let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            events = data.filter_map(|data| serde_json::from_str(data).ok()).collect();
        }
        events
    }

    /// Sends a push that is well formed; its results.
    pub(crate) async fn push(&self, push: Value) -> Vec<Value> {
        let (status, answer) = self.post(push.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["results"].as_array().unwrap().clone()
    }

    /// Sends a notification to one target; its result.
    pub(crate) async fn push_to(&self, app: &str, vendor: &str, token: &str) -> Value {
        let results = self.push(simple(app, &[target(vendor, token)])).await;
        assert_eq!(results.len(), 1);
        results[0].clone()
    }

    /// Posts a push; the whole answer.
    pub(crate) async fn response(&self, push: &Value) -> reqwest::Response {
        let request = self.client.post(format!("{}/v1/pushes", self.url)).header("content-type", "application/json");
        request.body(push.to_string()).send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    /// Where the configuration and its credentials lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn received(&self, vendor: &str) -> Vec<Received> {
        self.emulators.control().requests(Some(vendor))
    }

    /// Tells the service to stop, as SIGTERM does.
    pub(crate) fn begin_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Whether it stopped with everything settled.
    pub(crate) async fn stopped(self) -> bool {
        let settled = tokio::time::timeout(Duration::from_secs(60), self.serving).await.unwrap().unwrap();
        self.emulators.stop().await;
        settled
    }

    pub(crate) async fn stop(mut self) {
        self.begin_stop();
        assert!(self.stopped().await);
    }
}

/// A target in production.
pub(crate) fn target(vendor: &str, token: &str) -> Value {
    json!({"vendor": vendor, "token": token})
}

/// A plain notification with an id.
pub(crate) fn named(id: &str, targets: &[Value]) -> Value {
    let mut push = simple("demo", targets);
    push["id"] = id.into();
    push
}

/// A plain notification.
pub(crate) fn simple(app: &str, targets: &[Value]) -> Value {
    json!({"app": app, "message": {"title": "Your order", "body": "is on its way"}, "targets": targets})
}

/// A device token as Apple's are.
pub(crate) fn hex_token(number: usize) -> String {
    let mut token = String::new();
    write!(token, "{number:064x}").unwrap();
    token
}

/// The words of a result that tests compare.
pub(crate) fn words(result: &Value) -> String {
    let word = |key: &str| result[key].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", word("outcome"), word("proof"), word("code"))
}

/// A line of a configuration replaced by another, in every section.
pub(crate) fn replaced(config: &str, key: &str, value: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((found, _)) if found.trim() == key => format!("{key} = {value}"),
        _ => line.to_owned(),
    };
    let changed: Vec<String> = config.lines().map(line).collect();
    assert_ne!(changed.join("\n").trim(), config.trim(), "no line has {key}");
    changed.join("\n")
}

/// A configuration of a service that keeps nothing.
pub(crate) fn without_spool(config: &str) -> String {
    let changed = config.replace("[spool]\npath = \"spool.sqlite3\"\n", "");
    assert_ne!(changed, config);
    changed
}

/// A fault of a vendor, for the requests that match.
pub(crate) fn rule(vendor: &str, matches: Match, fault: Fault) -> FaultRule {
    FaultRule { vendor: vendor.to_owned(), environment: None, matches, fault }
}

/// The same for every request.
pub(crate) fn every(vendor: &str, fault: Fault) -> FaultRule {
    rule(vendor, Match::default(), fault)
}

/// The HTTP server in front of the vendor cannot now.
pub(crate) fn unavailable() -> Fault {
    Fault::Status { status: 503, body: Value::Null }
}
