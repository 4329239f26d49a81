//! Counts and logs what a channel does, and tells its gate. Outermost, so that it sees waiting as well.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tower::{Layer, Service};
use tracing::Instrument as _;

use super::{BatchService, Replying};
use crate::gate::Gate;
use crate::span::{self, Summary};
use crate::stats::ChannelStats;
use crate::{Batch, ChannelId, Clock};

#[derive(Clone)]
pub(crate) struct InstrumentLayer {
    pub(crate) id: Arc<ChannelId>,
    pub(crate) stats: Arc<ChannelStats>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Clock,
}

#[derive(Clone)]
pub(crate) struct Instrument<S> {
    inner: S,
    about: InstrumentLayer,
}

/// Counts a call as in flight until it is dropped.
struct InFlight(Arc<ChannelStats>);

// === impl InstrumentLayer ===

impl<S> Layer<S> for InstrumentLayer {
    type Service = Instrument<S>;

    fn layer(&self, inner: S) -> Instrument<S> {
        Instrument { inner, about: self.clone() }
    }
}

// === impl Instrument ===

impl<S: BatchService> Service<Batch> for Instrument<S> {
    type Response = crate::Reply;
    type Error = Infallible;
    type Future = Replying;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut batch: Batch) -> Replying {
        let about = self.about.clone();
        let (targets, begun) = (batch.targets.len(), Instant::now());
        if let Some(waited) = batch.waited {
            about.stats.waited(waited);
        }
        let span = batch.span.take().unwrap_or_else(|| span::of_call(&about.id, &batch));
        let replying = self.inner.call(batch);
        let in_flight = InFlight::begin(&about.stats);
        Box::pin(async move {
            let reply = replying.instrument(span.clone()).await?;
            drop(in_flight);
            let now = about.clock.now();
            about.stats.settle(targets, &reply, begun.elapsed(), now);
            about.gate.record(reply.verdicts.iter(), now);
            if tracing::enabled!(tracing::Level::DEBUG) || !span.is_disabled() {
                Summary::of(targets, &reply).tell(&about.id, &span);
            }
            Ok(reply)
        })
    }
}

// === impl InFlight ===

impl InFlight {
    fn begin(stats: &Arc<ChannelStats>) -> Self {
        stats.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(stats.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
