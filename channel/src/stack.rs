//! The stack of one channel.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use model::{Answer, BoundAdapter, Limits, Verdict};
use tokio::sync::Semaphore;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::access_tokens::AccessTokens;
use crate::bucket::Bucket;
use crate::gate::Gate;
use crate::layers::adapt::AdaptLayer;
use crate::layers::authorise::AuthoriseLayer;
use crate::layers::deadline::DeadlineLayer;
use crate::layers::instrument::InstrumentLayer;
use crate::layers::rate::{Rate, RateLayer};
use crate::layers::resend::ResendLayer;
use crate::span;
use crate::spec::{ChannelId, ChannelSpec, OpenFault};
use crate::stats::ChannelStats;
use crate::transport::{HttpClients, Transport, exchange};
use crate::{Batch, Reply};

/// An open channel. Clones share everything.
#[derive(Clone)]
pub struct Channel {
    id: Arc<ChannelId>,
    adapter: Arc<dyn BoundAdapter>,
    limits: Limits,
    stats: Arc<ChannelStats>,
    gate: Arc<Gate>,
    /// For what is no push: access tokens, and questions about the credential.
    client: reqwest::Client,
    stack: BoxCloneSyncService<Batch, Reply, std::convert::Infallible>,
}

/// A channel that has room for one call: its permits are held until the call is made, or this is dropped.
pub struct Ready(BoxCloneSyncService<Batch, Reply, std::convert::Infallible>);

// === impl Channel ===

impl Channel {
    /// Builds the stack. Connects to nothing yet.
    pub fn open(spec: &ChannelSpec, clients: &HttpClients) -> Result<Self, OpenFault> {
        Self::build(spec, clients, Arc::default())
    }

    /// The same channel by other settings: its counters go on, everything else begins anew. What is under way in this one
    /// ends there; its connections close when nothing uses it any more.
    pub fn reopen(&self, spec: &ChannelSpec, clients: &HttpClients) -> Result<Self, OpenFault> {
        Self::build(spec, clients, self.stats.clone())
    }

    fn build(spec: &ChannelSpec, clients: &HttpClients, stats: Arc<ChannelStats>) -> Result<Self, OpenFault> {
        let limits = spec.limits;
        let id = Arc::new(spec.id.clone());
        let gate = Arc::new(Gate::default());
        let transport = Transport::open(spec, clients, &stats)?;
        let client = clients.of(spec)?;
        let tokens =
            AccessTokens::new(spec.adapter.clone(), client.clone(), limits.timeout, spec.clock.clone(), stats.clone());
        let rate = limits.rate_per_second.map(Bucket::new);
        let rate = rate.map(|bucket| Rate { bucket: Arc::new(bucket), unit: limits.rate_unit });
        let stack = ServiceBuilder::new()
            // Outermost: sees every call, whatever becomes of it.
            .layer(InstrumentLayer {
                id: id.clone(),
                stats: stats.clone(),
                gate: gate.clone(),
                clock: spec.clock.clone(),
            })
            // Bounds memory and what a slow vendor can hold; before the rate, so that a permit of that is not kept waiting.
            .layer(GlobalConcurrencyLimitLayer::with_semaphore(Arc::new(Semaphore::new(limits.max_in_flight))))
            // The vendor's own bound; after it a request goes out at once.
            .layer(RateLayer(rate))
            // Below the limits: a call has one second try at most, and what it repeats was not counted by the vendor.
            // Above authorise, so that a second try can have another access token, and each try its own deadline.
            .layer(ResendLayer)
            // Needs to be above adapt, where an expired token becomes a verdict.
            .layer(AuthoriseLayer(Arc::new(tokens)))
            // Above it batches and verdicts, below it HTTP; faults end here.
            .layer(AdaptLayer { adapter: spec.adapter.clone(), clock: spec.clock.clone() })
            // Around the wait for a stream and the answer, nothing else.
            .layer(DeadlineLayer(limits.timeout))
            .service(transport);
        Ok(Self {
            id,
            adapter: spec.adapter.clone(),
            limits,
            stats,
            gate,
            client,
            stack: BoxCloneSyncService::new(stack),
        })
    }

    /// Its name.
    pub fn id(&self) -> &ChannelId {
        &self.id
    }

    /// How its vendor is spoken.
    pub fn adapter(&self) -> &dyn BoundAdapter {
        &*self.adapter
    }

    /// Its bounds.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Its counters.
    pub fn stats(&self) -> &ChannelStats {
        &self.stats
    }

    /// Whether it is worth calling.
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Waits for room for one call.
    pub async fn ready(&self) -> Ready {
        let mut stack = self.stack.clone();
        let Ok(_) = stack.ready().await;
        Ready(stack)
    }

    /// Sends a batch as soon as the channel is ready. Dropping the future gives the batch up; what was already written to
    /// the vendor may still be carried out.
    pub async fn send(&self, batch: Batch) -> Reply {
        let span = Some(span::of_call(&self.id, &batch));
        self.ready().await.send(Batch { span, ..batch }).await
    }

    /// Asks the vendor something that is no push, beside the stack: nothing is counted, limited or repeated.
    pub async fn ask(&self, request: Request<Bytes>) -> Result<Answer, Verdict> {
        let answer = exchange(&self.client, request, self.limits.timeout).await;
        answer.map_err(|fault| fault.verdict(&*self.adapter))
    }
}

// === impl Ready ===

impl Ready {
    /// Makes the call. As with [`Channel::send`], dropping the future gives it up.
    pub async fn send(mut self, batch: Batch) -> Reply {
        let Ok(reply) = self.0.call(batch).await;
        reply
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready")
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("id", &self.id).finish_non_exhaustive()
    }
}
