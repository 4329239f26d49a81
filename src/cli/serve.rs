//! `pushmux serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::logging::Logging;
use crate::assemble::{Assembled, Draft};
use crate::credentials::watch::watch;
use crate::http;
use crate::reload::Hangups;

/// Serves the HTTP API until SIGTERM or Ctrl-C; what is under way is finished first. Reads its configuration again on SIGHUP,
/// and when it or a file it names changes.
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

/// How long the end waits for the collector of traces.
const LAST_SPANS: Duration = Duration::from_secs(5);

pub(crate) async fn run(arguments: Arguments, logging: Logging) -> anyhow::Result<Exit> {
    let hangups = Hangups::listen()?;
    let mut draft = Draft::read(&arguments.config)?;
    let traces = logging.start_with(draft.traces())?;
    let ended = serve(arguments, draft, hangups).await;
    if let Some(traces) = traces {
        traces.stop(LAST_SPANS).await;
    }
    ended
}

async fn serve(arguments: Arguments, draft: Draft, hangups: Hangups) -> anyhow::Result<Exit> {
    let Assembled { mut front, service, reloader } = draft.assemble().await?;
    if let Some(address) = arguments.listen {
        front.listen_on(address)?;
    }
    let grace = front.server.grace;
    let stop = stop_signal()?;
    let listener = http::bind(front.server.listen).await?;
    let address = listener.local_addr()?;
    if front.keys.is_empty() {
        tracing::info!("There are no keys: whoever reaches this machine's loopback may send; [keys] asks for them");
    }
    let tls = front.tls.is_some();
    if !tls && !address.ip().is_loopback() {
        tracing::warn!("Keys and pushes travel readable unless a proxy in front speaks TLS; [server.tls] does it here");
    }
    tracing::info!(%address, tls, channels = service.channels().iter().count(), "Serving the HTTP API");
    tokio::spawn(watch(service.clone()));
    tokio::spawn(reloader.run(hangups));
    if http::serve(listener, service, front, stop).await {
        tracing::info!("Stopped; everything that was under way is settled");
        return Ok(Exit::Done);
    }
    tracing::error!(?grace, "Stopped with pushes or answers under way; raise server.grace_seconds");
    Ok(Exit::Failed)
}

/// Ends on SIGTERM or Ctrl-C. The next one ends the process at once.
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("Told to stop again: ending at once");
            std::process::exit(1);
        });
    })
}
