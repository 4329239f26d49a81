//! `pushmux demo`: the main job on one machine, without any account.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Args;
use emulators::{Emulators, Endpoint};
use serde_json::{Value, json};

use super::exit::Exit;
use super::send::{Service, adjustments, post, results};
use super::serve::stop_signal;
use super::table::table;
use crate::assemble::{Assembled, assemble};
use crate::{http, print_line};

/// Starts every vendor's emulator and the service, sends one push per channel through its HTTP API, and shows what became
/// of each. Then it keeps serving, so that you can send your own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  pushmux demo\n  pushmux demo --once --json")]
pub(crate) struct Arguments {
    /// Exit after the pushes: 0 if all were accepted, else 1.
    #[arg(long)]
    once: bool,
    /// Print one JSON object per channel instead of a table.
    #[arg(long)]
    json: bool,
    /// Serve here; with --once on a free port unless given.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// One channel and what became of its push.
struct Row {
    vendor: &'static str,
    environment: &'static str,
    result: Value,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const FREE_PORT: &str = "127.0.0.1:0";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let stop = stop_signal()?;
    let folder = tempfile::Builder::new().prefix("pushmux-demo-").tempdir().context("a temporary folder")?;
    let settings = emulators::Settings { dir: folder.path().to_owned(), base_port: None };
    let emulators = emulators::start(settings).await?;
    let Assembled { mut front, service, .. } = assemble(&folder.path().join("pushmux.toml")).await?;

    let default = if arguments.once { FREE_PORT } else { DEFAULT_LISTEN };
    let address = arguments.listen.map_or_else(|| default.parse(), Ok)?;
    front.listen_on(address)?;
    let listener = http::bind(address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (done, once) = tokio::sync::oneshot::channel::<()>();
    let stopping = async move {
        tokio::select! {
            () = stop => {}
            // Dropped only when the demo ends by itself.
            _ = once => {}
        }
    };
    let serving = tokio::spawn(http::serve(listener, service, front, stopping));

    let rows = push_everywhere(&url, emulators.endpoints()).await?;
    let accepted = rows.iter().all(|row| row.result["outcome"] == "accepted");
    show(&rows, arguments.json);
    if !arguments.once {
        invite(&url, &emulators, arguments.json);
        serving.await?;
    } else {
        drop(done);
        serving.await?;
    }
    emulators.stop().await;
    Ok(if accepted { Exit::Done } else { Exit::Failed })
}

/// One push to one device of every channel, as a core push server would send it.
async fn push_everywhere(url: &str, endpoints: &[Endpoint]) -> anyhow::Result<Vec<Row>> {
    let target = |endpoint: &Endpoint| {
        let Endpoint { vendor, environment, .. } = endpoint;
        json!({"vendor": vendor, "token": format!("ok-demo-{environment}"), "environment": environment})
    };
    let push = json!({
        "app": "demo",
        "message": {
            "title": "Your order is on its way",
            "body": "Tap to follow it",
            "sound": "xg_ring.wav",
            "click": {"activity": "com.example.app.OrderActivity", "params": {"order": "4711"}},
            "data": {"order": "4711"},
        },
        "options": {"ttl": 86400, "priority": "high", "replace_key": "order-4711"},
        "targets": endpoints.iter().map(target).collect::<Vec<_>>(),
    });
    let service = Service { url, ca_file: None, key: None, durable: None };
    let (status, answer) = post(&service, push.to_string().into_bytes()).await?;
    anyhow::ensure!(status.is_success(), "the service answered {status}: {answer}");
    let rows = endpoints.iter().zip(results(&answer)).map(|(endpoint, result)| Row {
        vendor: endpoint.vendor,
        environment: endpoint.environment,
        result: result.clone(),
    });
    Ok(rows.collect())
}

fn show(rows: &[Row], as_json: bool) {
    if as_json {
        rows.iter().for_each(|row| print_line(&row.json().to_string()));
        return;
    }
    let header = ["vendor", "environment", "outcome", "vendor id", "adjustments"];
    let rows: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    print_line(&table(&header, &rows));
}

fn invite(url: &str, emulators: &Emulators, as_json: bool) {
    if as_json {
        return;
    }
    print_line(&format!(
        "\nServing on {url} (open it in a browser for the console); what the emulators received: {}/requests\n\
         Send your own (Ctrl-C ends the demo):\n\
         curl -s {url}/v1/pushes -H 'content-type: application/json' -d '{{\"app\": \"demo\", \
         \"message\": {{\"title\": \"Hello\", \"body\": \"from me\"}}, \
         \"targets\": [{{\"vendor\": \"apns\", \"token\": \"dead-1\"}}]}}'",
        emulators.control_url()
    ));
}

// === impl Row ===

impl Row {
    fn json(&self) -> Value {
        let adjustments = self.result.get("adjustments").cloned().unwrap_or_else(|| json!([]));
        json!({
            "vendor": self.vendor,
            "environment": self.environment,
            "outcome": self.result["outcome"],
            "vendor_id": self.result["vendor_id"],
            "adjustments": adjustments,
        })
    }

    fn cells(&self) -> Vec<String> {
        let text = |key: &str| self.result[key].as_str().unwrap_or_default().to_owned();
        vec![
            self.vendor.to_owned(),
            self.environment.to_owned(),
            text("outcome"),
            text("vendor_id"),
            adjustments(&self.result),
        ]
    }
}
