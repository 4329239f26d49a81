//! The right to open one stream, and its use.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Request;
use model::Answer;
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use super::{Look, Pool};
use crate::transport::{MAX_ANSWER_BYTES, Received, Receiving, TransportFault};

/// How long a waiter trusts in being told of changes: a vendor may raise its stream limit without any answer.
const RECHECK: Duration = Duration::from_millis(50);

/// A place on a connection, given back on drop. If it is dropped before its answer came and the connection was silent
/// meanwhile, the connection is held to be dead.
pub(super) struct Lease {
    connection: Arc<Connection>,
    pool: Arc<Pool>,
    begun: Option<Instant>,
}

/// The pool as a service: ready with a lease, called with a request. Clones start without.
pub(crate) struct Pooled {
    pool: Arc<Pool>,
    readiness: Readiness,
}

enum Readiness {
    Idle,
    Waiting(Pin<Box<dyn Future<Output = Result<Lease, TransportFault>> + Send + Sync>>),
    Leased(Lease),
}

// === impl Lease ===

impl Lease {
    /// To be made under the pool's lock.
    pub(super) fn new(connection: Arc<Connection>, pool: Arc<Pool>) -> Self {
        connection.begin();
        Self { connection, pool, begun: None }
    }

    async fn send(mut self, request: Request<Bytes>) -> Result<Received, TransportFault> {
        self.begun = Some(Instant::now());
        let result = exchange(&self.connection, request).await;
        self.begun = None;
        match &result {
            Ok(_) if self.connection.answer() => self.pool.answered(),
            Ok(_) | Err(_) => {}
        }
        let connection = Some(self.connection.clone());
        result.map(|answer| Received { answer, connection })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.begun.is_some_and(|begun| self.connection.silent_since(begun)) {
            self.connection.retire_as_silent();
        }
        self.connection.finish();
        self.pool.changed.notify_one();
    }
}

async fn exchange(connection: &Connection, request: Request<Bytes>) -> Result<Answer, TransportFault> {
    let fault = |error: h2::Error| connection.fault(&error);
    let (head, body) = request.into_parts();
    let unwritten = |error: h2::Error| connection.fault(&error).before_writing();
    let mut sender = connection.sender().ready().await.map_err(unwritten)?;
    let request = Request::from_parts(head, ());
    let (response, mut stream) = sender.send_request(request, body.is_empty()).map_err(unwritten)?;
    if !body.is_empty() {
        // A stream that the vendor has already refused tells so by its response.
        drop(stream.send_data(body, true));
    }
    let (head, mut incoming) = response.await.map_err(fault)?.into_parts();
    let mut body = BytesMut::new();
    while let Some(chunk) = incoming.data().await {
        let chunk = chunk.map_err(|error| fault(error).after_head())?;
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(TransportFault::TooLong { limit_bytes: MAX_ANSWER_BYTES });
        }
        body.extend_from_slice(&chunk);
        incoming.flow_control().release_capacity(chunk.len()).map_err(fault)?;
    }
    Ok(Answer { status: head.status, headers: head.headers, body: body.freeze() })
}

// === impl Pooled ===

impl Pooled {
    pub(in crate::transport) const fn new(pool: Arc<Pool>) -> Self {
        Self { pool, readiness: Readiness::Idle }
    }

    pub(in crate::transport) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportFault>> {
        if matches!(self.readiness, Readiness::Idle) {
            self.readiness = match self.pool.look() {
                Look::Leased(lease) => Readiness::Leased(lease),
                Look::Down(fault) => return Poll::Ready(Err(fault)),
                Look::Wait => Readiness::Waiting(Box::pin(wait(self.pool.clone()))),
            };
        }
        if let Readiness::Waiting(waiting) = &mut self.readiness {
            let leased = std::task::ready!(waiting.as_mut().poll(cx));
            self.readiness = Readiness::Idle;
            self.readiness = Readiness::Leased(leased?);
        }
        Poll::Ready(Ok(()))
    }

    pub(in crate::transport) fn send(&mut self, request: Request<Bytes>) -> Receiving {
        match std::mem::replace(&mut self.readiness, Readiness::Idle) {
            Readiness::Leased(lease) => Box::pin(lease.send(request)),
            Readiness::Idle | Readiness::Waiting(_) => panic!("called before it was ready"),
        }
    }
}

impl Clone for Pooled {
    fn clone(&self) -> Self {
        Self::new(self.pool.clone())
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}

/// Waits for a free stream. To be dropped at any time.
async fn wait(pool: Arc<Pool>) -> Result<Lease, TransportFault> {
    loop {
        let changed = pool.changed.notified();
        tokio::pin!(changed);
        // Registered before the look, so that no change falls between.
        changed.as_mut().enable();
        match pool.look() {
            Look::Leased(lease) => return Ok(lease),
            Look::Down(fault) => return Err(fault),
            Look::Wait => drop(timeout(RECHECK, changed).await),
        }
    }
}
