//! Counts and logs what a channel does, and tells its gate. Outermost, so that it sees waiting as well.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use model::{Outcome, Verdict, Verdicts};
use tokio::time::Instant;
use tower::{Layer, Service};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::{BatchService, Replying};
use crate::gate::Gate;
use crate::stats::ChannelStats;
use crate::{Batch, ChannelId, Clock, SPAN_TARGET};

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

/// What became of a call, for people.
struct Summary<'a> {
    targets: usize,
    accepted: usize,
    attempts: u32,
    /// The first verdict that is none of acceptance.
    trouble: Option<&'a Verdict>,
}

/// Counts a call as in flight until it is dropped.
struct InFlight(Arc<ChannelStats>);

// === impl InstrumentLayer ===

impl InstrumentLayer {
    /// A call to the vendor with its waits for the channel's limits.
    fn span(&self, batch: &Batch) -> Span {
        let ChannelId { app, vendor, environment } = &*self.id;
        tracing::debug_span!(
            target: SPAN_TARGET,
            "call",
            otel.name = format_args!("call {vendor}"),
            otel.kind = "client",
            %app,
            %vendor,
            %environment,
            targets = batch.targets.len().cast_signed(),
            accepted = Empty,
            attempts = Empty,
            outcome = Empty,
            vendor.code = Empty,
            otel.status_code = Empty,
        )
    }
}

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

    fn call(&mut self, batch: Batch) -> Replying {
        let about = self.about.clone();
        let (targets, begun) = (batch.targets.len(), Instant::now());
        if let Some(waited) = batch.waited {
            about.stats.waited(waited);
        }
        let span = about.span(&batch);
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

// === impl Summary ===

impl<'a> Summary<'a> {
    fn of(targets: usize, reply: &'a crate::Reply) -> Self {
        let is_accepted = |verdict: &&Verdict| verdict.outcome.is_accepted();
        let (accepted, trouble) = match &reply.verdicts {
            Verdicts::All(verdict) if is_accepted(&verdict) => (targets, None),
            Verdicts::All(verdict) => (0, Some(verdict)),
            Verdicts::Each(verdicts) => {
                (verdicts.iter().filter(is_accepted).count(), verdicts.iter().find(|verdict| !is_accepted(verdict)))
            }
        };
        Self { targets, accepted, attempts: reply.attempts, trouble }
    }

    fn tell(&self, id: &ChannelId, span: &Span) {
        let Self { targets, accepted, attempts, trouble } = *self;
        let outcome = trouble.map_or(Outcome::WORDS[0], |verdict| verdict.outcome.as_str());
        let code = trouble.and_then(|verdict| verdict.code.as_ref()).map(|code| code.as_str());
        tracing::debug!(channel = %id, targets, accepted, attempts, outcome, vendor.code = code, "A call to a vendor is settled");
        // The collector takes signed numbers; others would come as texts.
        span.record("accepted", accepted.cast_signed()).record("attempts", i64::from(attempts));
        span.record("outcome", outcome).record("vendor.code", code);
        // A dead device is the vendor's good answer.
        if trouble.is_some_and(|verdict| !matches!(verdict.outcome, Outcome::InvalidToken { .. })) {
            span.record("otel.status_code", "ERROR");
        }
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
