//! `pushmux serve`

use std::net::SocketAddr;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use channel::Clock;
use clap::Args;
use config::{Config, Server};
use tokio::signal::unix::{SignalKind, signal};

use super::exit::{BadConfiguration, Exit};
use crate::channels::Channels;
use crate::http;
use crate::service::{MemoryNotifyIds, Service};

/// Serves the HTTP API until SIGTERM or Ctrl-C; what is under way is finished first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pushmux serve --config pushmux.toml --listen 127.0.0.1:8080")]
pub(crate) struct Arguments {
    /// The TOML file.
    #[arg(long, value_name = "FILE", default_value = "pushmux.toml", env = "PUSHMUX_CONFIG")]
    config: PathBuf,
    /// Listen here instead of server.listen.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let (mut server, service) = assemble(&arguments.config)?;
    server.listen = arguments.listen.unwrap_or(server.listen);
    let stop = stop_signal()?;
    let listener = http::bind(server.listen).await?;
    let address = listener.local_addr()?;
    tracing::info!(%address, channels = service.channels().iter().count(), "Serving the HTTP API");
    if http::serve(listener, service, server.max_body_bytes, server.grace, stop).await {
        tracing::info!("Stopped; everything that was under way is settled");
        return Ok(Exit::Done);
    }
    tracing::error!(grace = ?server.grace, "Stopped with pushes under way; raise server.grace_seconds");
    Ok(Exit::Failed)
}

/// The service of a configuration file, or every fault of it.
pub(crate) fn assemble(file: &FilePath) -> Result<(Server, Service), BadConfiguration> {
    let config = Config::load(file).map_err(|fault| BadConfiguration::of(&fault))?;
    let clock = Clock::system();
    let channels = Channels::open(&config, &clock).map_err(|faults| BadConfiguration::with(file, &faults))?;
    let notify_ids = Arc::new(MemoryNotifyIds::default());
    let service = Service::new(channels, notify_ids, config.server.max_targets_in_flight, clock);
    Ok((config.server, service))
}

/// Ends on SIGTERM or Ctrl-C.
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
