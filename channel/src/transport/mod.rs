//! The way to a vendor and back: one request in, one whole answer or a typed fault out.

mod batch;
mod clients;
mod fault;
mod pool;
mod tls;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use model::Answer;
use tower::Service;

use batch::BatchClient;
pub use clients::HttpClients;
pub(crate) use clients::exchange;
pub(crate) use fault::TransportFault;
use pool::{Connection, Pool, Pooled};

use crate::spec::{ChannelSpec, OpenFault};
use crate::stats::ChannelStats;

/// As much of an answer is read. Vendors' answers are a few hundred bytes; a thousand bad tokens are some hundred kilobytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// An answer and the connection it came over.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) answer: Answer,
    pub(crate) connection: Option<Arc<Connection>>,
}

/// A vendor's transport. Ready when a request can be written at once.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    /// Single requests over our own HTTP/2 connections.
    Pool(Pooled),
    /// Batches over an ordinary HTTP client.
    Batch(BatchClient),
}

pub(crate) type Receiving = Pin<Box<dyn Future<Output = Result<Received, TransportFault>> + Send>>;

// === impl Transport ===

impl Transport {
    /// The transport that a channel's limits ask for.
    pub(crate) fn open(
        spec: &ChannelSpec,
        clients: &HttpClients,
        stats: &Arc<ChannelStats>,
    ) -> Result<Self, OpenFault> {
        match spec.limits.transport {
            model::TransportKind::Pool { .. } => Ok(Transport::Pool(Pooled::new(Pool::open(spec, clients, stats)?))),
            model::TransportKind::Batch { .. } => Ok(Transport::Batch(BatchClient::new(clients.of(spec)?))),
        }
    }
}

impl Service<Request<Bytes>> for Transport {
    type Response = Received;
    type Error = TransportFault;
    type Future = Receiving;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        match self {
            Transport::Pool(pooled) => pooled.poll_ready(cx),
            Transport::Batch(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, request: Request<Bytes>) -> Receiving {
        match self {
            Transport::Pool(pooled) => pooled.send(request),
            Transport::Batch(client) => client.send(request),
        }
    }
}
