//! Logs to standard error, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Libraries that would write headers, paths or payloads (so access tokens and device tokens) below this level. No filter
/// can open them.
const BOUNDED: &str = "h2=info,hyper=info,hyper_util=info,reqwest=info,rustls=info,tower=info,axum=info";

/// Starts logging. A filter that cannot be read is replaced by the default and reported.
pub(crate) fn start(filter: Option<&str>, json: bool, default: &str) {
    let given = filter.unwrap_or(default);
    let parsed = EnvFilter::try_new(format!("{given},{BOUNDED}"));
    let complaint = parsed.as_ref().err().map(ToString::to_string);
    let filter = parsed.unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let builder = builder.with_ansi(std::io::stderr().is_terminal() && !json);
    // A second start, in tests, keeps the first.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
    if let Some(complaint) = complaint {
        tracing::warn!(filter = given, complaint, "The log filter cannot be read; the default is used");
    }
}
