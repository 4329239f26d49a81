//! Speaks the vendor's dialect: batch to request, answer to verdicts. Every fault below becomes an outcome here.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use model::{BoundAdapter, Call, ConnectionFate, Sent, Step, Verdict, Verdicts};
use tower::{Layer, Service, ServiceExt};

use super::Replying;
use super::authorise::Authorised;
use crate::transport::{Received, TransportFault};
use crate::{Clock, Reply};

/// Vendors need at most two requests for one call (store, then list); a third would be a loop.
const MAX_STEPS: usize = 3;

#[derive(Clone)]
pub(crate) struct AdaptLayer {
    pub(crate) adapter: Arc<dyn BoundAdapter>,
    pub(crate) clock: Clock,
}

#[derive(Clone)]
pub(crate) struct Adapting<S> {
    inner: S,
    about: Arc<AdaptLayer>,
}

// === impl AdaptLayer ===

impl<S> Layer<S> for AdaptLayer {
    type Service = Adapting<S>;

    fn layer(&self, inner: S) -> Adapting<S> {
        Adapting { inner, about: Arc::new(self.clone()) }
    }
}

// === impl Adapting ===

impl<S> Service<Authorised> for Adapting<S>
where
    S: Service<Request<Bytes>, Response = Received, Error = TransportFault, Future: Send> + Clone + Send + 'static,
{
    type Response = Reply;
    type Error = Infallible;
    type Future = Replying;

    /// What is below gets ready in its own time limit, within the call.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, authorised: Authorised) -> Replying {
        let (inner, about) = (self.inner.clone(), self.about.clone());
        Box::pin(async move { Ok(converse(inner, &about, &authorised).await) })
    }
}

async fn converse<S>(inner: S, about: &AdaptLayer, authorised: &Authorised) -> Reply
where
    S: Service<Request<Bytes>, Response = Received, Error = TransportFault, Future: Send> + Clone + Send + 'static,
{
    let adapter = &*about.adapter;
    let call = Call {
        composed: &authorised.batch.composed,
        targets: &authorised.batch.targets,
        access_token: authorised.access_token.as_deref(),
        now: about.clock.now(),
    };
    let mut request = adapter.address(&call);
    for _ in 0..MAX_STEPS {
        let received = match inner.clone().oneshot(request).await {
            Ok(received) => received,
            Err(fault) => {
                let attempts = u32::from(fault.reached_vendor());
                return Reply { verdicts: Verdicts::All(fault.verdict(adapter)), attempts };
            }
        };
        match adapter.classify(&call, &received.answer) {
            Step::Send(next) => request = next,
            Step::Done { verdicts, connection } => {
                if let (ConnectionFate::Retire, Some(connection)) = (connection, received.connection) {
                    connection.retire();
                }
                return Reply { verdicts, attempts: 1 };
            }
        }
    }
    let endless = Verdict::unavailable(Sent::Maybe, None).code("endless_steps");
    Reply { verdicts: Verdicts::All(endless), attempts: 1 }
}
