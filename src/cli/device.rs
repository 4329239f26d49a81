//! `pushmux device`

use std::io::Read;
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::assemble::Plan;
use crate::device_log::DeviceLog;
use crate::print_line;

/// Prints the name that a device token bears in the log of a service with this configuration, so that the lines about one
/// device can be found. Needs log.device_key: without it each process makes names of its own.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The device token; - reads it from standard input, which keeps it out of the shell's history.
    #[arg(value_name = "TOKEN")]
    token: String,
    /// The TOML file.
    #[arg(long, value_name = "FILE", default_value = "pushmux.toml", env = "PUSHMUX_CONFIG")]
    config: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  pushmux device regid-1 --config pushmux.toml
  pushmux device - < token.txt";

/// A configuration without a device key.
#[derive(Debug, thiserror::Error)]
#[error(
    "{file}: log.device_key is missing, so devices have other names in each process; openssl rand -hex 32 makes one"
)]
struct NoKey {
    file: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let plan = Plan::read(&arguments.config)?;
    let file = arguments.config.display().to_string();
    let options = &plan.fixed.log;
    options.device_key.as_ref().ok_or(NoKey { file })?;
    let token = match arguments.token.as_str() {
        "-" => {
            let mut token = String::new();
            std::io::stdin().lock().read_to_string(&mut token)?;
            token
        }
        token => token.to_owned(),
    };
    let token = token.trim();
    anyhow::ensure!(!token.is_empty(), "there is no device token");
    print_line(&DeviceLog::new(options).name(token).to_string());
    Ok(Exit::Done)
}
