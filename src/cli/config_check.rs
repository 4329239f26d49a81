//! `pushmux config check`

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::assemble::open;
use crate::print_line;

/// Checks a configuration as `serve` would: secrets are read, keys are tried, nothing is connected to.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pushmux config check pushmux.toml\n\nExit code 64 with every fault if it has any.")]
pub(crate) struct Arguments {
    /// The TOML file.
    #[arg(value_name = "FILE", default_value = "pushmux.toml")]
    file: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let checked = open(&arguments.file);
    if arguments.json {
        let faults = checked.as_ref().err().map_or(&[][..], |bad| bad.lines());
        let file = arguments.file.display().to_string();
        print_line(&serde_json::json!({"file": file, "ok": checked.is_ok(), "faults": faults}).to_string());
        return Ok(if checked.is_ok() { Exit::Done } else { Exit::Usage });
    }
    let (_, channels) = checked?;
    print_line(&format!("{}: good", arguments.file.display()));
    for channel in channels.iter() {
        print_line(&format!("  {}  {}", channel.id(), channel.adapter().endpoint()));
    }
    Ok(Exit::Done)
}
