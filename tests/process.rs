//! The service and its emulators as processes of their own, which a test may stop, kill and start again.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::sleep;

use crate::cli::pushmux;

/// A process that is killed, by its id, when the test ends, however the test ends.
pub(crate) struct Process(Child);

/// Emulators of every vendor, and the folder with the configuration that reaches them.
pub(crate) struct Vendors {
    _process: Process,
    pub(crate) folder: TempDir,
    control: String,
    client: reqwest::Client,
}

/// A service on a port of its own, the same for all of its lives.
pub(crate) struct Node {
    config: PathBuf,
    address: SocketAddr,
    log: PathBuf,
    process: Option<Process>,
    pub(crate) client: reqwest::Client,
}

/// A request that a vendor received.
#[derive(Debug, Deserialize)]
pub(crate) struct Sighting {
    pub(crate) time: String,
    pub(crate) vendor: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) body: Box<RawValue>,
    pub(crate) status: Option<u16>,
    answer: Box<RawValue>,
}

/// A stream of pushes: lines in, answers out.
pub(crate) struct LineStream {
    write: OwnedWriteHalf,
    read: BufReader<OwnedReadHalf>,
    /// The beginning of an answer of which the rest is not here yet.
    rest: Vec<u8>,
}

/// How long a process may take to do as it is told; generous, since others use the machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

// === impl Process ===

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it as a crash does, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to end, as an operator does.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Asks it to read its configuration again.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "process {} does not end", self.id());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        resident(self.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// === impl Vendors ===

impl Vendors {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = pushmux();
        command.args(["emulate", "--dir"]).arg(folder.path()).stdout(std::process::Stdio::null());
        let process = Process::spawn(&mut command);
        let described = folder.path().join("emulators.json");
        until("the emulators are there", async || described.exists()).await;
        let described: Value = serde_json::from_slice(&fs::read(described).unwrap()).unwrap();
        let control = described["control"].as_str().unwrap().to_owned();
        let client = channel::HttpClients::for_service(&control).unwrap();
        Self { _process: process, folder, control, client }
    }

    /// The configuration, changed, as a file beside the one that the emulators wrote.
    pub(crate) fn config(&self, name: &str, change: impl FnOnce(String) -> String) -> PathBuf {
        let written = fs::read_to_string(self.folder.path().join("pushmux.toml")).unwrap();
        let file = self.folder.path().join(name);
        fs::write(&file, change(written)).unwrap();
        file
    }

    /// All that a vendor received, as the control API tells it.
    pub(crate) async fn received(&self, vendor: &str) -> Vec<Value> {
        let request = self.client.get(format!("{}/requests?vendor={vendor}", self.control));
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    pub(crate) async fn put_faults(&self, faults: &Value) {
        let request = self.client.put(format!("{}/faults", self.control)).header("content-type", "application/json");
        let response = request.body(faults.to_string()).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.text().await.unwrap());
    }

    /// What was received since the last [`forget`](Self::forget), in order of arrival; calls without a device left out.
    pub(crate) async fn sightings(&self) -> Vec<Sighting> {
        let text = self.client.get(format!("{}/requests", self.control)).send().await.unwrap().text().await.unwrap();
        let mut sightings: Vec<Sighting> = serde_json::from_str(&text).unwrap();
        assert!(sightings.len() < 100_000, "the emulators may have forgotten some");
        sightings.retain(|sighting| !sighting.tokens.is_empty());
        sightings
    }

    /// Forgets what was received.
    pub(crate) async fn forget(&self) {
        self.client.delete(format!("{}/requests", self.control)).send().await.unwrap();
    }

    /// A count of all vendors together.
    pub(crate) async fn count(&self, what: &str) -> u64 {
        let text = self.client.get(format!("{}/stats", self.control)).send().await.unwrap().text().await.unwrap();
        let stats: Value = serde_json::from_str(&text).unwrap();
        stats.as_object().unwrap().values().map(|vendor| vendor[what].as_u64().unwrap()).sum()
    }

    /// Waits until every connection of a service that is gone has ended: what it sent was received by then, or never will be.
    pub(crate) async fn noticed(&self) {
        until("the connections have ended", async || self.count("connections_open").await == 0).await;
    }
}

// === impl Node ===

impl Node {
    /// A service of that configuration, not started yet.
    pub(crate) fn new(config: PathBuf) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = channel::HttpClients::for_service(&format!("http://{address}")).unwrap();
        Self { log: config.with_extension("log"), config, address, process: None, client }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it logged in its latest life.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The command that starts it.
    pub(crate) fn command(&self) -> Command {
        let mut command = pushmux();
        command.args(["serve", "--log", "warn,pushmux=info", "--config"]).arg(&self.config);
        command.args(["--listen", &self.address.to_string()]);
        command
    }

    /// Starts a life; gives how long it took until new pushes were taken.
    pub(crate) async fn start(&mut self) -> Duration {
        let command = self.command();
        self.start_by(command).await
    }

    /// The same by a command of one's own.
    pub(crate) async fn start_by(&mut self, mut command: Command) -> Duration {
        let begun = Instant::now();
        let log = File::create(&self.log).unwrap();
        self.process = Some(Process::spawn(command.stderr(log.try_clone().unwrap()).stdout(log)));
        while self.readiness().await != Some(200) {
            if let Some(status) = self.process().0.try_wait().unwrap() {
                panic!("it ended with {status}: {}", self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "it is not ready: {}", self.log());
            sleep(Duration::from_millis(5)).await;
        }
        begun.elapsed()
    }

    pub(crate) fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it was started")
    }

    /// What `/readyz` says; `None` if nobody is there.
    pub(crate) async fn readiness(&self) -> Option<u16> {
        let request = self.client.get(self.url("/readyz")).timeout(Duration::from_secs(5));
        request.send().await.ok().map(|response| response.status().as_u16())
    }

    /// Sends a push directly; its answer.
    pub(crate) async fn send(&self, push: &str) -> reqwest::Result<(u16, Value)> {
        let request = self.client.post(self.url("/v1/pushes")).header("content-type", "application/json");
        let response = request.body(push.to_owned()).send().await?;
        let status = response.status().as_u16();
        Ok((status, serde_json::from_str(&response.text().await?).unwrap()))
    }

    /// A line of `/metrics`: the value of that name.
    pub(crate) async fn metric(&self, name: &str) -> String {
        let text = self.client.get(self.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
    }

    /// Entrusts a push; its answer.
    pub(crate) async fn keep(&self, push: &str) -> reqwest::Result<(u16, String)> {
        let request = self.client.post(self.url("/v1/pushes")).header("content-type", "application/json");
        let response = request.header("prefer", "respond-async").body(push.to_owned()).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// What is known of a push.
    pub(crate) async fn state(&self, id: &str) -> Value {
        let request = self.client.get(self.url(&format!("/v1/pushes/{id}?app=demo")));
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    /// Asks it to end and waits; gives its exit code and how long it took.
    pub(crate) async fn stop(&mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        self.process().terminate();
        let status = self.process().ended().await;
        (status.code(), begun.elapsed())
    }
}

// === impl Sighting ===

impl Sighting {
    /// Whether the vendor took all of its devices.
    pub(crate) fn is_accepted(&self) -> bool {
        let good = match self.vendor.as_str() {
            "mi" => r#""code":0"#,
            "huawei" => r#""80000000""#,
            "meizu" => r#""200""#,
            "fcm" => r#""name":"#,
            // An empty answer.
            _ => return self.status == Some(200) && matches!(self.answer.get(), "null" | "\"\"" | "{}"),
        };
        self.status == Some(200) && self.answer.get().replace(' ', "").contains(good)
    }

    /// What stands between the first two tildes of its body.
    pub(crate) fn mark(&self) -> &str {
        self.body.get().split('~').nth(1).unwrap_or_else(|| panic!("no mark in {}", self.body.get()))
    }
}

// === impl LineStream ===

impl LineStream {
    /// A durable one.
    pub(crate) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        Self::open_with(address, "prefer: respond-async\r\n").await
    }

    /// One whose lines are answered with the outcomes of a single attempt.
    pub(crate) async fn open_direct(address: SocketAddr) -> std::io::Result<Self> {
        Self::open_with(address, "").await
    }

    async fn open_with(address: SocketAddr, headers: &str) -> std::io::Result<Self> {
        let (read, mut write) = TcpStream::connect(address).await?.into_split();
        let head = format!(
            "POST /v1/pushes/stream HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\n\
             content-type: application/x-ndjson\r\n{headers}\r\n"
        );
        write.write_all(head.as_bytes()).await?;
        let mut read = BufReader::with_capacity(1 << 16, read);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if read.read_line(&mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Self { write, read, rest: Vec::new() })
    }

    /// Sends whole lines.
    pub(crate) async fn send(&mut self, lines: &str) -> std::io::Result<()> {
        self.write.write_all(format!("{:x}\r\n{lines}\r\n", lines.len()).as_bytes()).await
    }

    /// The next answers, one or more whole lines; `None` at the end.
    pub(crate) async fn answers(&mut self) -> std::io::Result<Option<String>> {
        loop {
            let mut size = String::new();
            if self.read.read_line(&mut size).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let size = usize::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
            let mut chunk = vec![0; size + 2];
            self.read.read_exact(&mut chunk).await?;
            if size == 0 {
                return Ok(None);
            }
            self.rest.extend_from_slice(&chunk[..size]);
            if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(end + 1);
                let lines = std::mem::replace(&mut self.rest, rest);
                return Ok(Some(String::from_utf8(lines).map_err(std::io::Error::other)?));
            }
        }
    }
}

/// The resident memory of a process in bytes.
pub(crate) fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// A line in every section of a vendor of the app `demo`.
pub(crate) fn with_every_vendor(config: &str, line: &str) -> String {
    ["apns", "fcm", "mi", "huawei", "meizu"].iter().fold(config.to_owned(), |config, vendor| {
        let head = format!("[apps.demo.{vendor}]\n");
        assert!(config.contains(&head));
        config.replace(&head, &format!("{head}{line}\n"))
    })
}

/// A push whose requests can be told from others: its number stands between tildes in the title.
pub(crate) fn marked(id: &str, priority: &str, targets: &[(&str, String)]) -> String {
    let targets: Vec<Value> = targets.iter().map(|(vendor, token)| json!({"vendor": vendor, "token": token})).collect();
    let message = json!({"title": format!("~{id}~"), "body": "is on its way"});
    json!({"app": "demo", "id": id, "message": message, "options": {"priority": priority}, "targets": targets})
        .to_string()
}

/// A spool as it lies on disk now, somewhere else.
pub(crate) fn copy_spool(file: &Path, folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let copy = folder.join("spool.sqlite3");
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if name(file).exists() {
            fs::copy(name(file), name(&copy)).unwrap();
        }
    }
    copy
}
