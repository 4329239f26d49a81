//! `GET /v1/events`: the log as server-sent events (WHATWG HTML, section 9.2).
//!
//! A reader is told every event that it selects at least once, in the order of the log, and can go on after any id
//! that it has seen. It needs no one but the spool: the log is read as fast as the reader's socket takes it, and
//! nothing is kept for a reader but its place.

mod query;
mod sse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::FutureExt;
use futures_util::future::Shared;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use spool::{Spool, SpoolFault};
use tokio::sync::Semaphore;

use self::query::Query;
use self::sse::Reading;
use super::Problem;
use super::origin::same_origin;
use crate::access::Access;
use crate::events::Feed;

/// What readers read, and how many there may be. Clones share it.
#[derive(Clone)]
pub(super) struct Feeds {
    spool: Option<Arc<dyn Spool>>,
    readers: Arc<Semaphore>,
    stopping: Stopping,
}

/// Ends when the service stops.
type Stopping = Shared<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// Readers at once. Each costs a connection and, while it is written to, a page.
const MAX_READERS: usize = 100;

/// Proxies of nginx's kind hold answers back unless told otherwise.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The call, over any router's state.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(feeds: Feeds) -> Router<S> {
    Router::new().route("/v1/events", get(read)).layer(Extension(feeds))
}

async fn read(
    Extension(feeds): Extension<Feeds>,
    access: Access,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    same_origin(&headers)?;
    let Query { selection, start } = Query::read(query.as_deref().unwrap_or_default(), &headers)?;
    let selection = selection.within(access)?;
    let spool = feeds.spool.ok_or_else(no_spool)?;
    let place = feeds.readers.try_acquire_owned().map_err(|_| too_many())?;
    let (feed, skipped) = Feed::open(spool, selection, start).await.map_err(|fault| unreadable(&fault))?;
    let body = Body::from_stream(Reading::new(feed, skipped, place, feeds.stopping).stream());
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

fn no_spool() -> Problem {
    let detail = "events are told of pushes that are delivered durably: configure [spool]";
    Problem::new(StatusCode::NOT_IMPLEMENTED, "not_available", "Events are not available", detail)
}

fn too_many() -> Problem {
    let detail = format!("{MAX_READERS} readers read the events already");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many readers", detail)
        .retry_after(Duration::from_secs(5))
}

fn unreadable(fault: &SpoolFault) -> Problem {
    tracing::error!(%fault, "The events cannot be read");
    let detail = "the spool cannot be read; the service's log says more";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "spool_failed", "The events cannot be read", detail)
        .retry_after(Duration::from_secs(5))
}

// === impl Feeds ===

impl Feeds {
    /// How many read now.
    pub(super) fn readers(&self) -> usize {
        MAX_READERS - self.readers.available_permits()
    }

    /// Readers of this spool, until `stopping` ends. Without a spool there is nothing to read, and callers are told so.
    pub(super) fn new(spool: Option<Arc<dyn Spool>>, stopping: impl Future<Output = ()> + Send + 'static) -> Self {
        let stopping: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(stopping);
        Self { spool, readers: Arc::new(Semaphore::new(MAX_READERS)), stopping: stopping.shared() }
    }
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeds").field("spool", &self.spool).finish_non_exhaustive()
    }
}
