//! `pushmux health`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use http::StatusCode;

use super::exit::Exit;
use super::service::{client, service_url};
use crate::{print_error, print_line};

/// Asks a running service whether it takes new pushes: for health checks of containers, which have no shell and no curl.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 0 if it is ready, 1 if it is not (it stops, or its spool cannot be written), 2 if nobody answers."
)]
pub(crate) struct Arguments {
    /// The service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "PUSHMUX_URL", value_parser = service_url)]
    url: String,
    /// Trust these certificate authorities as the service's, PEM, instead of the machine's.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Wait for its answer for so many seconds, 1 to 60.
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let url = format!("{}/readyz", arguments.url.trim_end_matches('/'));
    let client = client(&url, arguments.ca_file.as_deref())?;
    let request = client.get(&url).timeout(Duration::from_secs(arguments.timeout));
    let answered = async {
        let response = request.send().await?;
        Ok::<_, reqwest::Error>((response.status(), response.text().await?))
    };
    match answered.await {
        Ok((StatusCode::OK, words)) => {
            print_line(words.trim_end());
            Ok(Exit::Done)
        }
        Ok((status, words)) => {
            print_error(&format!("{url}: {status}: {}", words.trim_end()));
            Ok(Exit::Failed)
        }
        Err(error) => {
            print_error(&format!("{:#}", anyhow::Error::from(error)));
            Ok(Exit::Unreachable)
        }
    }
}
