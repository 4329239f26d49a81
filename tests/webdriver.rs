//! Headless Chromium, driven by the WebDriver protocol (W3C): what a person does with a page, and what they would see.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with a profile of its own, alive for one test.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    client: reqwest::Client,
    folder: TempDir,
}

/// Keys as WebDriver names them.
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const SPACE: &str = " ";

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE: Duration = Duration::from_secs(20);

const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

impl Browser {
    pub(crate) async fn start() -> Self {
        let (mut driver, port) = start_driver();
        let folder = tempfile::tempdir().unwrap();
        let client = channel::HttpClients::for_service(&format!("http://127.0.0.1:{port}")).unwrap();
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments: Vec<&str> = ARGUMENTS.iter().copied().chain([profile.as_str()]).collect();
        let downloads = folder.path().join("downloads");
        let options = json!({"args": arguments, "prefs": {"download.default_directory": downloads}});
        let logs = json!({"browser": "ALL", "performance": "ALL"});
        let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": logs});
        let url = format!("http://127.0.0.1:{port}/session");
        let body = json!({"capabilities": {"alwaysMatch": wanted}}).to_string();
        let answer = client.post(url).header("content-type", "application/json").body(body).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let Some(session) = answer["value"]["sessionId"].as_str().map(str::to_owned) else {
            drop(driver.kill());
            panic!("Chromium does not start: {answer}");
        };
        Self { driver, port, session, client, folder }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    /// What a script gives back.
    pub(crate) async fn eval(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": format!("return {script}"), "args": []})).await
    }

    /// Waits until a script says true.
    pub(crate) async fn wait(&self, condition: &str) {
        let begin = Instant::now();
        while self.eval(&format!("Boolean({condition})")).await != true {
            assert!(begin.elapsed() < PATIENCE, "never: {condition}\n{}", self.text("body").await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What an element shows.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let element = self.find(selector).await;
        self.get(&format!("/element/{element}/text")).await.as_str().unwrap().to_owned()
    }

    /// Waits until an element shows this, on whatever page a click leads to; all that the element shows.
    pub(crate) async fn wait_text(&self, selector: &str, wanted: &str) -> String {
        let begin = Instant::now();
        loop {
            let text = self.try_text(selector).await.unwrap_or_else(|error| error);
            if text.contains(wanted) {
                return text;
            }
            assert!(begin.elapsed() < PATIENCE, "never in {selector}: {wanted}\n{text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Types into an element; for a file field, the file's path.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/value"), json!({"text": text})).await;
    }

    /// Presses keys, one after another, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let press = |key: char| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]})).await;
    }

    /// Goes on with Tab until the element has the focus.
    pub(crate) async fn tab_to(&self, selector: &str) {
        for _ in 0..60 {
            if self.has_focus(selector).await {
                return;
            }
            self.press(TAB).await;
        }
        panic!("Tab does not reach {selector}");
    }

    pub(crate) async fn has_focus(&self, selector: &str) -> bool {
        self.eval(&format!("document.activeElement.matches({selector:?})")).await == true
    }

    /// A command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// The file of that name in the folder of downloads, once it is whole.
    pub(crate) async fn downloaded(&self, name: &str) -> Vec<u8> {
        let file: PathBuf = self.folder.path().join("downloads").join(name);
        let begin = Instant::now();
        while !file.exists() {
            assert!(begin.elapsed() < PATIENCE, "{name} was not downloaded");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::fs::read(file).unwrap()
    }

    /// Errors and warnings of the console, violations of the policy among them.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({"type": "browser"})).await;
        let loud = entries
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        loud.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// The URL of everything that was asked for over a network.
    pub(crate) async fn requested(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({"type": "performance"})).await;
        let events = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap());
        let sent = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        sent.map(|event| event["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
            // Not the browser's own pages.
            .filter(|url| !url.starts_with("chrome") && !url.starts_with("data:"))
            .collect()
    }

    async fn try_text(&self, selector: &str) -> Result<String, String> {
        let by = json!({"using": "css selector", "value": selector}).to_string();
        let request = self.client.post(self.url("/element")).header("content-type", "application/json").body(by);
        let found = Self::try_call(request).await?;
        let path = format!("/element/{}/text", found[ELEMENT].as_str().unwrap());
        Ok(Self::try_call(self.client.get(self.url(&path))).await?.as_str().unwrap().to_owned())
    }

    async fn find(&self, selector: &str) -> String {
        let found = self.post("/element", json!({"using": "css selector", "value": selector})).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = Self::try_call(self.client.get(self.url(path))).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(self.url(path)).header("content-type", "application/json");
        let answer = Self::try_call(request.body(body.to_string())).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn try_call(request: reqwest::RequestBuilder) -> Result<Value, String> {
        let text = request.send().await.unwrap().text().await.unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        let value = answer["value"].take();
        match value.get("error") {
            None => Ok(value),
            Some(error) => Err(format!("{error}: {}", value["message"])),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/session/{}{path}", self.port, self.session)
    }
}

impl Drop for Browser {
    /// Ends the browser, also after a panic: without the end of its session it would outlive the driver.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let head = format!("DELETE /session/{} HTTP/1.1\r\nhost: 127.0.0.1\r\n", self.session);
            let _ = write!(stream, "{head}connection: close\r\n\r\n");
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// ChromeDriver on a port of its choice.
fn start_driver() -> (Child, u16) {
    let missing = |program: &str| {
        format!("the browser test needs {program}: scripts/test installs it (Debian: chromium, chromium-driver)")
    };
    let is_there = |program: &str| {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).any(|folder: PathBuf| Path::new(&folder).join(program).is_file())
    };
    assert!(is_there("chromium"), "{}", missing("chromium"));
    let mut command = Command::new("chromedriver");
    let driver = command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut driver = driver.unwrap_or_else(|error| panic!("{}: {error}", missing("chromedriver")));
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // It writes on; nobody may find the pipe closed.
    std::thread::spawn(move || lines.for_each(drop));
    let port = port.unwrap_or_else(|| {
        let _ = driver.kill();
        panic!("chromedriver did not say its port");
    });
    (driver, port)
}
