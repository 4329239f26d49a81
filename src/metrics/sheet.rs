//! Metrics of the table as text.

use std::fmt;

use channel::Durations;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::table::{Kind, Metric};

/// Where metrics are written to, one family after the other.
pub(super) struct Sheet<'a>(pub(super) DescriptorEncoder<'a>);

/// One metric with all its labels.
pub(super) struct Family<'a> {
    encoder: MetricEncoder<'a>,
    metric: &'static Metric,
}

// === impl Sheet ===

impl Sheet<'_> {
    /// Begins a metric.
    pub(super) fn family(&mut self, metric: &'static Metric) -> Result<Family<'_>, fmt::Error> {
        let (kind, name) = match metric.kind {
            // The text's format appends what a counter's name ends in.
            Kind::Counter => (MetricType::Counter, metric.name.strip_suffix("_total").unwrap_or(metric.name)),
            Kind::Gauge => (MetricType::Gauge, metric.name),
            Kind::Histogram => (MetricType::Histogram, metric.name),
        };
        Ok(Family { encoder: self.0.encode_descriptor(name, metric.help, None, kind)?, metric })
    }

    /// A metric without labels.
    pub(super) fn single(&mut self, metric: &'static Metric, value: f64) -> fmt::Result {
        self.family(metric)?.number(&[], value)
    }
}

// === impl Family ===

impl Family<'_> {
    /// A value of a counter or gauge. `values` are of the table's labels, in order; a label that is left out at the front is
    /// not there.
    pub(super) fn number(&mut self, values: &[&str], value: f64) -> fmt::Result {
        let kind = self.metric.kind;
        if values.is_empty() {
            return write(&mut self.encoder, kind, value);
        }
        let labels = self.labels(values);
        let labels = labels.as_slice();
        write(&mut self.encoder.encode_family(&labels)?, kind, value)
    }

    /// The same of a histogram.
    pub(super) fn durations(&mut self, values: &[&str], durations: &Durations) -> fmt::Result {
        let labels = self.labels(values);
        let labels = labels.as_slice();
        // What the library takes for infinity.
        let buckets = durations.buckets().map(|(bound, count)| (bound.min(f64::MAX), count));
        let mut encoder = self.encoder.encode_family(&labels)?;
        encoder.encode_histogram::<NoLabelSet>(durations.sum_seconds(), durations.count(), &buckets, None)
    }

    fn labels<'v>(&self, values: &[&'v str]) -> Vec<(&'static str, &'v str)> {
        let names = self.metric.labels;
        let left_out = names.len() - values.len();
        names[left_out..].iter().copied().zip(values.iter().copied()).collect()
    }
}

fn write(encoder: &mut MetricEncoder<'_>, kind: Kind, value: f64) -> fmt::Result {
    let is_whole = value.fract() == 0.0;
    match kind {
        Kind::Counter if is_whole => encoder.encode_counter::<NoLabelSet, _, u64>(&(value as u64), None),
        Kind::Counter => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
        Kind::Gauge if is_whole => encoder.encode_gauge(&(value as i64)),
        Kind::Gauge => encoder.encode_gauge(&value),
        Kind::Histogram => unreachable!("a histogram holds durations"),
    }
}
