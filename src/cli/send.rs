//! `pushmux send`

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use model::Secret;
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::push_file;
use super::service::{client, service_url};
use super::table::table;
use crate::{print_error, print_line};

/// Sends a push through a running service and shows what became of every target.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A file with the push as JSON; `-` is standard input. Without a file the push is made of the options below.
    #[arg(
        value_name = "FILE",
        required_unless_present = "vendor",
        conflicts_with_all = ["app", "vendor", "token", "sandbox", "title", "body", "sound"]
    )]
    file: Option<PathBuf>,
    /// The service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "PUSHMUX_URL", value_parser = service_url)]
    url: String,
    /// The key that the service asks for. The environment keeps it out of the list of processes.
    #[arg(long, value_name = "KEY", env = "PUSHMUX_KEY", hide_env_values = true, value_parser = secret)]
    key: Option<Secret>,
    /// Trust these certificate authorities as the service's, PEM, instead of the machine's.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Print the service's answer as it is.
    #[arg(long)]
    json: bool,
    /// Have it kept on disk and tried until its vendors have answered; wait for them for so many seconds (0 to 60, else 10).
    #[arg(
        long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "10",
        value_parser = clap::value_parser!(u64).range(0..=60)
    )]
    durable: Option<u64>,
    /// Whose push it is.
    #[arg(long, default_value = "demo")]
    app: String,
    /// The vendor of the device token.
    #[arg(long, requires = "token")]
    vendor: Option<String>,
    /// The device token. Given more than once, each is a target.
    #[arg(long, requires = "vendor")]
    token: Vec<String>,
    /// The token lives in the sandbox.
    #[arg(long)]
    sandbox: bool,
    /// Title of the notification.
    #[arg(long, default_value = "Hello from pushmux")]
    title: String,
    /// Text of the notification.
    #[arg(long, default_value = "Your channel works")]
    body: String,
    /// default, none, or a ringtone such as ring.wav.
    #[arg(long)]
    sound: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  pushmux send push.json
  pushmux send --vendor mi --token REGID --title \"Order sent\" --body \"Tap to follow it\"
  echo '{\"app\":\"demo\", ...}' | pushmux send - --json
  pushmux send push.json --durable=30
  PUSHMUX_KEY=pmx_... pushmux send push.json --url https://push.example.com --ca-file ca.pem

Exit code 0 if every target was accepted (or, with --durable, is kept), 1 if not, 2 if the service could not be asked.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let push = push(&arguments)?;
    let response = match post(&arguments.service(), push).await {
        Ok(response) => response,
        Err(error) => {
            print_error(&format!("{}: {error:#}; is the service running there? --url names another", arguments.url));
            return Ok(Exit::Unreachable);
        }
    };
    let (status, answer) = response;
    let is_kept = status == StatusCode::ACCEPTED;
    if status == StatusCode::OK && results(&answer).is_empty() {
        print_error(&format!("{} answered, but not as pushmux does", arguments.url));
        return Ok(Exit::Unreachable);
    }
    if arguments.json {
        print_line(&answer.to_string());
    } else if status == StatusCode::OK {
        print_line(&rows(&answer));
    } else if is_kept {
        print_line(&kept(&answer));
    } else {
        print_error(&problem(&answer));
    }
    let is_done = is_kept || status == StatusCode::OK && all_accepted(&answer);
    Ok(if is_done { Exit::Done } else { Exit::Failed })
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// A service, and how it is asked.
pub(super) struct Service<'a> {
    pub(super) url: &'a str,
    /// The authorities that it is trusted by, instead of the machine's.
    pub(super) ca_file: Option<&'a Path>,
    pub(super) key: Option<&'a Secret>,
    /// Asks for the push to be kept, and for so many seconds' patience.
    pub(super) durable: Option<u64>,
}

// === impl Arguments ===

impl Arguments {
    fn service(&self) -> Service<'_> {
        let Self { url, ca_file, key, durable, .. } = self;
        Service { url, ca_file: ca_file.as_deref(), key: key.as_ref(), durable: *durable }
    }
}

/// Posts a push and reads the answer, whatever it is.
pub(super) async fn post(service: &Service<'_>, push: Vec<u8>) -> anyhow::Result<(StatusCode, Value)> {
    let Service { url, ca_file, key, durable } = *service;
    let mut request = client(url, ca_file)?
        .post(format!("{}/v1/pushes", url.trim_end_matches('/')))
        .header(CONTENT_TYPE, "application/json")
        .timeout(Duration::from_secs(120))
        .body(push);
    if let Some(wait) = durable {
        request = request.header("prefer", format!("respond-async, wait={wait}"));
    }
    // An empty variable is none.
    if let Some(key) = key.map(Secret::reveal).filter(|key| !key.is_empty()) {
        request = request.bearer_auth(key);
    }
    let response = request.send().await?;
    let status = response.status();
    let body = response.bytes().await?;
    let answer =
        serde_json::from_slice(&body).with_context(|| format!("status {status} and a body that is not JSON"))?;
    Ok((status, answer))
}

/// Whether every result is `accepted`.
pub(crate) fn all_accepted(answer: &Value) -> bool {
    results(answer).iter().all(|result| result["outcome"] == "accepted")
}

/// The rows of an answer.
pub(crate) fn results(answer: &Value) -> &[Value] {
    answer["results"].as_array().map_or(&[], Vec::as_slice)
}

/// An adjustment list in a few words.
pub(crate) fn adjustments(result: &Value) -> String {
    let words = |adjustment: &Value| {
        let text = |key: &str| adjustment[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {}", text("field"), text("detail"))
    };
    let list = result["adjustments"].as_array().map_or(&[][..], Vec::as_slice);
    list.iter().map(words).collect::<Vec<_>>().join("; ")
}

fn push(arguments: &Arguments) -> anyhow::Result<Vec<u8>> {
    match arguments.file.as_deref() {
        Some(file) => push_file::read(file),
        None => from_options(arguments),
    }
}

fn from_options(arguments: &Arguments) -> anyhow::Result<Vec<u8>> {
    let vendor = arguments.vendor.as_deref().context("give a FILE, or --vendor and --token")?;
    let environment = if arguments.sandbox { "sandbox" } else { "production" };
    let target = |token: &String| json!({"vendor": vendor, "token": token, "environment": environment});
    let mut message = Map::new();
    message.insert("title".to_owned(), arguments.title.clone().into());
    message.insert("body".to_owned(), arguments.body.clone().into());
    if let Some(sound) = &arguments.sound {
        message.insert("sound".to_owned(), sound.clone().into());
    }
    let targets: Vec<Value> = arguments.token.iter().map(target).collect();
    Ok(json!({"app": arguments.app, "message": message, "targets": targets}).to_string().into_bytes())
}

fn rows(answer: &Value) -> String {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |result: &Value| {
        let known = [&result["target"], &result["vendor"], &result["outcome"], &result["vendor_id"], &result["code"]];
        let notes = [text(&result["detail"]), adjustments(result)];
        let notes = notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
        known.into_iter().map(text).chain([notes]).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = results(answer).iter().map(row).collect();
    table(&["target", "vendor", "outcome", "vendor id", "code", "notes"], &rows)
}

/// A push that is not settled yet.
fn kept(answer: &Value) -> String {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let (id, app) = (text("id"), text("app"));
    let place =
        format!("kept as \"{id}\" of {app}, not settled yet; GET /v1/pushes/{id}?app={app} tells how it stands");
    let rows = if results(answer).is_empty() { String::new() } else { format!("{}\n", rows(answer).trim_end()) };
    format!("{rows}{place}")
}

fn problem(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let faults = answer["faults"].as_array().map_or(&[][..], Vec::as_slice);
    let lines = faults.iter().map(|fault| format!("  {}: {}", text(&fault["path"]), text(&fault["detail"])));
    let kind = text(&answer["type"]);
    let code = kind.rsplit(':').next().unwrap_or_default();
    [format!("{}: {} ({code})", text(&answer["title"]), text(&answer["detail"]))]
        .into_iter()
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}
