//! `pushmux config check`

use std::path::PathBuf;
use std::time::SystemTime;

use channel::Clock;
use clap::Args;
use serde_json::{Value, json};

use super::exit::Exit;
use super::live_table::live_table;
use crate::assemble::{BadConfiguration, Plan};
use crate::channels::{Channels, ConfiguredChannel};
use crate::credentials::{LiveRow, Probes};
use crate::print_line;

/// Checks a configuration as `serve` would: secrets are read, keys and certificates are tried, address and spool are looked
/// at. Nothing is written; nothing is connected to, unless --live asks the vendors.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The TOML file.
    #[arg(value_name = "FILE", default_value = "pushmux.toml")]
    file: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Ask every vendor whether it takes the credentials, by calls that deliver nothing to anyone.
    #[arg(long)]
    live: bool,
}

const EXAMPLES: &str = "\
Examples:
  pushmux config check pushmux.toml
  pushmux config check pushmux.toml --live

What shows at the start only: a port that another program uses, a spool that another service has open, or damage to it.

Exit code 0 if every channel can be used, 1 if a credential keeps one closed or a vendor refuses it, 64 with every fault
if the file has any.";

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let plan = Plan::read(&arguments.file);
    match plan.and_then(|plan| plan.check_machine(&arguments.file).map(|()| plan)) {
        Ok(plan) => good(arguments, &plan.channels).await,
        Err(bad) if arguments.json => Ok(faulty(arguments, &bad)),
        Err(bad) => Err(bad.into()),
    }
}

async fn good(arguments: &Arguments, channels: &Channels) -> anyhow::Result<Exit> {
    let now = SystemTime::now();
    let rows = if arguments.live { Some(ask(channels).await) } else { None };
    let all_open = channels.iter().all(|channel| channel.credentials().closed(now).is_none());
    let all_taken = rows.iter().flatten().all(|(row, explicit)| is_well(row, *explicit));
    let rows = rows.map(|rows| rows.into_iter().map(|(row, _)| row).collect::<Vec<_>>());
    let file = arguments.file.display().to_string();
    if arguments.json {
        let channels: Vec<Value> = channels.iter().map(|channel| described(channel, now)).collect();
        let ok = all_open && all_taken;
        print_line(&json!({"file": file, "ok": ok, "faults": [], "channels": channels, "live": rows}).to_string());
    } else {
        print_line(&format!("{file}: {}", if all_open { "good" } else { "good, but not every channel can be used" }));
        channels.iter().for_each(|channel| print_line(&line(channel, now)));
        rows.iter().for_each(|rows| print_line(live_table(rows).trim_end()));
    }
    Ok(if all_open && all_taken { Exit::Done } else { Exit::Failed })
}

fn faulty(arguments: &Arguments, bad: &BadConfiguration) -> Exit {
    let file = arguments.file.display().to_string();
    print_line(&json!({"file": file, "ok": false, "faults": bad.lines()}).to_string());
    Exit::Usage
}

/// Every open channel's vendor, one after the other: some take one such call a second.
async fn ask(channels: &Channels) -> Vec<(LiveRow, bool)> {
    let probes = Probes::new(channels.clients().clone(), Clock::system());
    let mut rows = Vec::new();
    for configured in channels.iter() {
        let Some(channel) = configured.channel() else { continue };
        let asked = probes.ask_channel(channel).await;
        rows.extend(asked.into_iter().map(|row| (row, configured.is_explicit())));
    }
    rows
}

/// A key for one environment is no fault in the other, of which the configuration does not speak.
fn is_well(row: &LiveRow, is_explicit: bool) -> bool {
    row.state == "works" || (row.state == "wrong_environment" && !is_explicit)
}

fn line(channel: &ConfiguredChannel, now: SystemTime) -> String {
    let credentials = channel.credentials();
    let ids = credentials.notes().iter().filter_map(|note| note.id.as_deref()).collect::<Vec<_>>().join(", ");
    let end = credentials.days_left(now).map(|days| format!(", {days} day(s) left")).unwrap_or_default();
    let mut line = format!("  {}  {}  {ids}{end}", channel.id(), channel.adapter().endpoint());
    if let Some(closed) = credentials.closed(now) {
        line.push_str(&format!("\n    CLOSED {}: {}", closed.code, closed.detail));
    }
    for warning in credentials.warnings(now) {
        line.push_str(&format!("\n    warning {}: {}", warning.code, warning.detail));
    }
    line
}

fn described(channel: &ConfiguredChannel, now: SystemTime) -> Value {
    let credentials = channel.credentials();
    let closed = credentials.closed(now);
    json!({
        "channel": channel.id().to_string(),
        "endpoint": channel.adapter().endpoint().to_string(),
        "state": if closed.is_some() { "closed" } else { "open" },
        "closed_because": closed.map(|closed| json!({"code": closed.code, "detail": closed.detail})),
        "days_left": credentials.days_left(now),
    })
}
