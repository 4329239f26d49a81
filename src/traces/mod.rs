//! OpenTelemetry: what a push goes through, as spans, to a collector over OTLP.
//!
//! Nothing of it runs unless `[traces]` is configured: then spans of the target [`SPAN_TARGET`] are sampled, and sent in
//! batches from a thread of their own. A collector that is slow or away costs spans, never pushes. Spans hold names and numbers
//! only: no payload, no device token, no secret.

mod collector;
mod context;

use std::time::Duration;

use config::TracesOptions;
use model::Fault;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanLimits,
};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

pub use channel::SPAN_TARGET;
use collector::Collector;
pub(crate) use context::{carried_by, context_of, follow};

/// Spans on their way to a collector.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

/// What sends spans to a collector; nothing is sent yet.
#[derive(Debug)]
pub struct Exporter {
    options: TracesOptions,
    collector: Collector,
}

/// Spans that wait to be sent; what comes on top is dropped.
const QUEUE: usize = 16_384;
/// Spans of one request to the collector.
const BATCH: usize = 1024;
/// How long a span waits for company.
const DELAY: Duration = Duration::from_secs(1);

// === impl Exporter ===

impl Exporter {
    /// Checks what can be checked without asking the collector.
    pub fn open(options: &TracesOptions) -> Result<Self, Fault> {
        Ok(Self { collector: Collector::open(options)?, options: options.clone() })
    }

    /// Begins to take spans. To be called within the runtime that is to send them.
    pub(crate) fn start(self) -> anyhow::Result<(Traces, impl Layer<Registry> + Send + Sync)> {
        let Self { options, collector } = self;
        let endpoint = format!("{}/v1/traces", options.endpoint.to_string().trim_end_matches('/'));
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(collector.running())
            .with_endpoint(endpoint)
            .with_timeout(options.timeout)
            .build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(options.sample_ratio))))
            .with_span_limits(SpanLimits::default())
            // Not what OTEL_* variables say: the configuration alone decides.
            .with_resource(
                Resource::builder_empty()
                    .with_service_name(options.service_name)
                    .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
                    .build(),
            )
            .build();
        let layer = layer(provider.tracer("pushmux"));
        Ok((Traces(provider), layer))
    }
}

fn layer<S: tracing::Subscriber + for<'a> LookupSpan<'a>>(tracer: SdkTracer) -> impl Layer<S> {
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        // Parents are found through the spans themselves.
        .with_context_activation(false)
        .with_location(false)
        .with_threads(false)
        .with_level(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(SPAN_TARGET, LevelFilter::DEBUG))
}

// === impl Traces ===

impl Traces {
    /// Sends what waits, for at most so long.
    pub(crate) async fn stop(self, patience: Duration) {
        // It waits for the thread that sends, which needs this runtime.
        let stopping = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(patience));
        if !matches!(stopping.await, Ok(Ok(()))) {
            tracing::warn!("The last spans could not be sent to the collector");
        }
    }
}
