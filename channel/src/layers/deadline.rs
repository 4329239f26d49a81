//! One time limit for getting a free stream and for the answer.
//!
//! Unlike tower's `Timeout` it also counts the wait for readiness, and tells the two apart: a request that never got a
//! stream was surely not processed.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::{Instant, timeout_at};
use tower::{Layer, Service, ServiceExt};

use crate::transport::{Received, TransportFault};

#[derive(Clone)]
pub(crate) struct DeadlineLayer(pub(crate) Duration);

#[derive(Clone)]
pub(crate) struct Deadline<S> {
    inner: S,
    limit: Duration,
}

// === impl DeadlineLayer ===

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline { inner, limit: self.0 }
    }
}

// === impl Deadline ===

impl<S> Service<Request<Bytes>> for Deadline<S>
where
    S: Service<Request<Bytes>, Response = Received, Error = TransportFault, Future: Send> + Clone + Send + 'static,
{
    type Response = Received;
    type Error = TransportFault;
    type Future = Pin<Box<dyn Future<Output = Result<Received, TransportFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (mut inner, limit) = (self.inner.clone(), self.limit);
        Box::pin(async move {
            let deadline = Instant::now() + limit;
            let ready = timeout_at(deadline, inner.ready()).await.map_err(|_| TransportFault::NoStream)??;
            timeout_at(deadline, ready.call(request)).await.map_err(|_| TransportFault::TimedOut)?
        })
    }
}
