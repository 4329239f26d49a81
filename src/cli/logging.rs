//! Logs to standard error, as text or JSON, and spans to a collector.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::traces::{Exporter, Traces};

/// What is logged, and how.
#[derive(Debug)]
pub(crate) struct Logging {
    /// As it was asked for.
    pub(crate) filter: Option<String>,
    /// If nothing was.
    pub(crate) default: &'static str,
    /// One object a line.
    pub(crate) json: bool,
}

/// Libraries that would write headers, paths or payloads (so access tokens and device tokens) below `info`. No filter can
/// open them.
const BOUNDED: [&str; 7] = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "tower", "axum"];

// === impl Logging ===

impl Logging {
    /// Starts logging.
    pub(crate) fn start(self) {
        self.install(None);
    }

    /// The same, and sends spans if there is a collector.
    pub(crate) fn start_with(self, exporter: Option<Exporter>) -> anyhow::Result<Option<Traces>> {
        let (traces, spans) = exporter.map(Exporter::start).transpose()?.unzip();
        self.install(spans.map(Layer::boxed));
        Ok(traces)
    }

    /// A filter that cannot be read is replaced by the default and reported.
    fn install(self, spans: Option<Box<dyn Layer<Registry> + Send + Sync>>) {
        let given = self.filter.as_deref().unwrap_or(self.default);
        let parsed = EnvFilter::try_new(given);
        let complaint = parsed.as_ref().err().map(ToString::to_string);
        let filter = parsed.unwrap_or_else(|_| EnvFilter::new(self.default));
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = lines.with_ansi(std::io::stderr().is_terminal() && !self.json);
        // The list of spans holds the current one.
        let lines = if self.json { lines.json().with_current_span(false).boxed() } else { lines.boxed() };
        let bounded = BOUNDED.map(|library| (library, LevelFilter::INFO));
        let bounded = Targets::new().with_default(LevelFilter::TRACE).with_targets(bounded);
        // A second start, in tests, keeps the first.
        let _ = tracing_subscriber::registry().with(spans).with(lines.with_filter(filter.and(bounded))).try_init();
        if let Some(complaint) = complaint {
            tracing::warn!(filter = given, complaint, "The log filter cannot be read; the default is used");
        }
    }
}
