//! `pushmux send`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::push_file;
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
    /// Print the service's answer as it is.
    #[arg(long)]
    json: bool,
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

Exit code 0 if every target was accepted, 1 if not, 2 if the service could not be asked.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let push = push(&arguments)?;
    let response = match post(&arguments.url, push).await {
        Ok(response) => response,
        Err(error) => {
            print_error(&format!("{}: {error:#}; is the service running there? --url names another", arguments.url));
            return Ok(Exit::Unreachable);
        }
    };
    let (status, answer) = response;
    if status == StatusCode::OK && results(&answer).is_empty() {
        print_error(&format!("{} answered, but not as pushmux does", arguments.url));
        return Ok(Exit::Unreachable);
    }
    if arguments.json {
        print_line(&answer.to_string());
    } else if status == StatusCode::OK {
        print_line(&rows(&answer));
    } else {
        print_error(&problem(&answer));
    }
    Ok(if status == StatusCode::OK && all_accepted(&answer) { Exit::Done } else { Exit::Failed })
}

fn service_url(text: &str) -> Result<String, &'static str> {
    let known = text.starts_with("http://") || text.starts_with("https://");
    known.then(|| text.to_owned()).ok_or("begins with http:// or https://")
}

/// Posts a push and reads the answer, whatever it is.
pub(crate) async fn post(url: &str, push: Vec<u8>) -> anyhow::Result<(StatusCode, Value)> {
    let client = channel::HttpClients::for_service(url)?;
    let request = client
        .post(format!("{}/v1/pushes", url.trim_end_matches('/')))
        .header(CONTENT_TYPE, "application/json")
        .timeout(Duration::from_secs(120))
        .body(push);
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

fn problem(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let faults = answer["faults"].as_array().map_or(&[][..], Vec::as_slice);
    let lines = faults.iter().map(|fault| format!("  {}: {}", text(&fault["path"]), text(&fault["detail"])));
    [format!("{}: {}", text(&answer["title"]), text(&answer["detail"]))]
        .into_iter()
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}
