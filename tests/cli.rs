//! The binary, as a user starts it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A server process, ended by its id when the test ends.
pub(crate) struct Server(Child);

impl Server {
    /// Ends it as an operator would, and waits.
    pub(crate) fn end(&mut self) {
        terminate(&mut self.0);
        assert_eq!(wait(&mut self.0), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn pushmux() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushmux"));
    command.env_remove("PUSHMUX_LOG").env_remove("PUSHMUX_URL").env_remove("PUSHMUX_CONFIG");
    // What the OpenTelemetry libraries would listen to; the configuration alone decides.
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "marked-header=1").env("OTEL_RESOURCE_ATTRIBUTES", "marked-attribute=1");
    command.env("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1").env("OTEL_TRACES_SAMPLER", "always_off");
    command
}

fn run(arguments: &[&str]) -> Output {
    pushmux().args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn demo_once_shows_every_channel_accepted() {
    let output = run(&["demo", "--once"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}{}", text(&output.stderr));
    for (vendor, environment) in [("apns", "production"), ("apns", "sandbox"), ("mi", "production")] {
        let row = table.lines().find(|line| line.starts_with(vendor) && line.contains(environment)).unwrap();
        assert!(row.contains("accepted"), "{row}");
    }
    assert_eq!(text(&output.stderr), "", "nothing to complain of");
}

#[test]
fn demo_once_json_is_one_object_a_line() {
    let output = run(&["demo", "--once", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let rows: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() >= 3);
    for row in &rows {
        let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["vendor", "environment", "outcome", "vendor_id", "adjustments"]);
        assert_eq!(row["outcome"], "accepted");
    }
}

#[test]
fn a_bad_configuration_ends_with_64_and_all_faults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    std::fs::write(&file, "[apps.demo.mi]\n[apps.demo.palm]\n").unwrap();
    for arguments in [["config", "check"], ["serve", "--config"]] {
        let output = pushmux().args(arguments).arg(&file).output().unwrap();
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{complaint}");
        for wanted in ["apps.demo.mi.app_secret: is required", "apps.demo.mi.package: is required", "apps.demo.palm: "]
        {
            assert!(complaint.contains(wanted), "{complaint}");
        }
    }
    let output = pushmux().args(["config", "check", "--json"]).arg(&file).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["ok"], report["faults"].as_array().unwrap().len()), (&Value::Bool(false), 3));
    assert_eq!(run(&["serve", "--config", "/nowhere/pushmux.toml"]).status.code(), Some(64));
    assert_eq!(run(&["serve", "--colour"]).status.code(), Some(64));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}

#[test]
fn emulate_and_serve_work_from_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _emulators = emulate(folder.path());
    let config = folder.path().join("pushmux.toml");
    let good = pushmux().args(["config", "check"]).arg(&config).output().unwrap();
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    assert!(text(&good.stdout).contains("demo/apns/sandbox"), "{}", text(&good.stdout));

    let (mut server, url) = serve(&config);
    let send = |arguments: &[&str]| pushmux().args(["send", "--url", &url]).args(arguments).output().unwrap();
    let output = send(&["--vendor", "mi", "--token", "regid-1", "--sound", "xg_ring.wav"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("accepted"));
    let output = send(&["--vendor", "apns", "--token", "dead-1", "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["results"][0]["proof"]), (Some(1), &Value::from("dead")));
    let output = send(&["--vendor", "mi", "--token", "regid-1", "--durable"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("accepted"), "{}", text(&output.stdout));
    let output = send(&["--vendor", "mi", "--token", "regid-1", "--durable=0"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("not settled yet; GET /v1/pushes/"), "{}", text(&output.stdout));
    let output = send(&["--vendor", "palm", "--token", "x"]);
    for wanted in ["(invalid_push)", "/targets/0/vendor: must be one of apns"] {
        assert!(text(&output.stderr).contains(wanted), "{}", text(&output.stderr));
    }
    assert_eq!(send_stdin(&url, r#"{"app":"demo"}"#).status.code(), Some(1));

    server.end();
    assert_eq!(send(&["--vendor", "mi", "--token", "x"]).status.code(), Some(2), "nobody is there");
}

fn send_stdin(url: &str, push: &str) -> Output {
    let mut command = pushmux();
    let command = command.args(["send", "-", "--url", url]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(push.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn emulate(folder: &Path) -> Server {
    let child = pushmux().args(["emulate", "--dir"]).arg(folder).stdout(Stdio::null()).spawn().unwrap();
    let server = Server(child);
    let ready = folder.join("emulators.json");
    let begun = Instant::now();
    while !ready.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the emulators did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    server
}

/// A service on a free port, and its URL.
fn serve(config: &Path) -> (Server, String) {
    serve_logging(config, "info", &config.with_extension("log"))
}

/// The same with a log of one's own, where its address is read.
pub(crate) fn serve_logging(config: &Path, level: &str, log: &Path) -> (Server, String) {
    serve_with(config, &["--log-json", "--log", level], log)
}

/// The same with any options.
pub(crate) fn serve_with(config: &Path, options: &[&str], log: &Path) -> (Server, String) {
    let mut command = pushmux();
    let command = command.args(["serve", "--listen", "127.0.0.1:0"]).args(options).arg("--config").arg(config);
    let child = command.stderr(std::fs::File::create(log).unwrap()).spawn().unwrap();
    let server = Server(child);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        let lines = std::fs::read_to_string(log).unwrap();
        let line = lines.lines().find(|line| line.contains("Serving the HTTP API"));
        let port = line
            .and_then(|line| line.split_once("127.0.0.1:"))
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        if let Some(port) = port {
            return (server, format!("http://127.0.0.1:{port}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it does not say where it listens");
}

fn terminate(child: &mut Child) {
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

fn wait(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not stop");
}
