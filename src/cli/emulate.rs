//! `pushmux emulate`

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::serve::stop_signal;
use crate::print_line;

/// Starts every vendor's emulator on loopback, over real TLS and HTTP/2, until SIGTERM or Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// Fill this folder: ca.pem, credentials, pushmux.toml, emulators.json.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The control API listens on this port and the emulators on the next ones; else on free ports.
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
}

const EXAMPLE: &str = "\
Example:
  pushmux emulate --dir /tmp/emulators
  pushmux serve --config /tmp/emulators/pushmux.toml
  curl $(jq -r .control /tmp/emulators/emulators.json)/requests";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let stop = stop_signal()?;
    let settings = emulators::Settings { dir: arguments.dir, base_port: arguments.base_port };
    let emulators = emulators::start(settings).await?;
    for endpoint in emulators.endpoints() {
        print_line(&format!("{:<8} {:<11} {}", endpoint.vendor, endpoint.environment, endpoint.url));
    }
    print_line(&format!("{:<8} {:<11} {}", "control", "", emulators.control_url()));
    print_line(&format!("pushmux serve --config {}", emulators.dir().join("pushmux.toml").display()));
    stop.await;
    emulators.stop().await;
    Ok(Exit::Done)
}
