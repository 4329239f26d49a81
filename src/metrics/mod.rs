//! What Prometheus is told.
//!
//! Counting is done where things happen, by counters that stand there; names and labels are put to them here, when
//! somebody asks. So a push pays for a few additions, and nothing is looked up for it.

mod classic;
mod process;
mod scrape;
mod sheet;
pub mod table;

use config::MetricsOptions;
use model::AppId;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::access::Access;
use crate::service::Service;
use scrape::Scrape;

/// How metrics are told.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Each app apart, or all of them together.
    pub per_app: bool,
}

impl From<MetricsOptions> for Options {
    fn from(options: MetricsOptions) -> Self {
        Self { per_app: options.per_app }
    }
}

/// The two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus 0.0.4.
    Classic,
}

/// What the HTTP API has counted.
#[derive(Debug, Default)]
pub(crate) struct Door {
    pub(crate) refused: std::collections::BTreeMap<&'static str, u64>,
    pub(crate) readers: usize,
}

/// All metrics as text; of apps only those that the caller may see.
pub(crate) async fn text(service: &Service, access: &Access, door: Door, format: Format) -> String {
    let mut scrape = Scrape::of(service, access, service.metrics_options()).await;
    (scrape.refused, scrape.readers) = (door.refused, door.readers);
    // With a thousand apps that is some megabytes: no work for a thread that others wait for.
    let written = tokio::task::spawn_blocking(move || {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(scrape));
        let mut text = String::new();
        encode(&mut text, &registry).expect("writing to a String does not fail");
        match format {
            Format::OpenMetrics => text,
            Format::Classic => classic::classic(&text),
        }
    });
    written.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

// === impl Options ===

impl Options {
    fn label(self, app: &AppId) -> Option<AppId> {
        self.per_app.then(|| app.clone())
    }
}

// === impl Format ===

impl Format {
    /// By what the reader says it takes.
    pub(crate) fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Classic }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}
