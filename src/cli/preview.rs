//! `pushmux preview`

use std::path::PathBuf;

use clap::Args;
use model::{Push, PushFault};

use super::exit::Exit;
use super::push_file;
use crate::assemble::Plan;
use crate::http::PreviewDocument;
use crate::print_line;
use crate::service::{ChannelPreview, Report, RequestPreview};

/// Shows the exact requests that each vendor would get for a push, secrets masked. Sends nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pushmux preview push.json --config pushmux.toml\n  pushmux preview - --json < push.json\n\n\
                        Exit code 0 if every target would be sent to, 1 if not."
)]
pub(crate) struct Arguments {
    /// A file with the push as JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The configuration with the app's channels.
    #[arg(long, value_name = "FILE", default_value = "pushmux.toml", env = "PUSHMUX_CONFIG")]
    config: PathBuf,
    /// Print what `POST /v1/pushes/preview` answers.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let service = Plan::read(&arguments.config)?.without_spool();
    let push = Push::parse(&push_file::read(&arguments.file)?, adapters::vendors()).map_err(named)?;
    let preview = service.preview(&push)?;
    let complete = preview.refused.is_empty() && preview.channels.iter().all(|channel| channel.refused.is_empty());
    if arguments.json {
        print_line(&serde_json::to_string_pretty(&PreviewDocument::from(preview))?);
    } else {
        preview.refused.iter().for_each(show_refused);
        preview.channels.iter().for_each(show);
    }
    Ok(if complete { Exit::Done } else { Exit::Failed })
}

fn show(channel: &ChannelPreview) {
    let dialect = channel.dialect.as_deref().map(|dialect| format!(" {dialect}")).unwrap_or_default();
    print_line(&format!("# {}{dialect}: {} request(s)", channel.channel, channel.total_requests));
    for adjustment in &channel.adjustments {
        print_line(&format!("# adjusted {}: {}", adjustment.field, adjustment.detail));
    }
    channel.refused.iter().for_each(show_refused);
    channel.requests.iter().for_each(show_request);
}

fn show_refused(report: &Report) {
    let detail = report.verdict.detail.as_deref().unwrap_or_default();
    print_line(&format!("# target {} refused, {}: {detail}", report.index, report.verdict.outcome.as_str()));
}

fn show_request(request: &RequestPreview) {
    print_line(&format!("\n{} {}", request.method, request.url));
    for (name, value) in &request.headers {
        print_line(&format!("{name}: {}", value.as_str().unwrap_or_default()));
    }
    let body = serde_json::to_string_pretty(&request.body).unwrap_or_default();
    print_line(&format!("\n{body}\n"));
}

/// All faults, each with its path.
fn named(fault: PushFault) -> anyhow::Error {
    match fault {
        PushFault::Malformed { .. } => fault.into(),
        PushFault::Invalid(faults) => {
            let lines = faults.iter().map(|fault| format!("{}: {}", fault.path.pointer(), fault.detail));
            anyhow::anyhow!("the push is not valid\n  {}", lines.collect::<Vec<_>>().join("\n  "))
        }
    }
}
