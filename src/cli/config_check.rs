//! `pushmux config check`

use std::path::PathBuf;

use channel::Clock;
use clap::Args;
use config::Config;

use super::exit::{BadConfiguration, Exit};
use crate::channels::Channels;
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
    let checked = check(&arguments.file);
    if arguments.json {
        let faults = checked.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let faults: Vec<&str> = faults.lines().collect();
        let file = arguments.file.display().to_string();
        print_line(&serde_json::json!({"file": file, "ok": checked.is_ok(), "faults": faults}).to_string());
        return Ok(if checked.is_ok() { Exit::Done } else { Exit::Usage });
    }
    let channels = checked?;
    print_line(&format!("{}: good", arguments.file.display()));
    for channel in channels.iter() {
        print_line(&format!("  {}  {}", channel.id(), channel.adapter().endpoint()));
    }
    Ok(Exit::Done)
}

fn check(file: &std::path::Path) -> Result<Channels, BadConfiguration> {
    let config = Config::load(file).map_err(|fault| BadConfiguration::of(&fault))?;
    Channels::open(&config, &Clock::system()).map_err(|faults| BadConfiguration::with(file, &faults))
}
