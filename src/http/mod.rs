//! The HTTP API, and the console's pages beside it.

pub(crate) mod channel_row;
pub(crate) mod channels;
mod connection;
pub(crate) mod credentials;
pub(crate) mod etag;
mod events;
mod front;
mod guard;
mod health;
mod host;
mod metrics;
mod openapi;
pub(crate) mod origin;
mod prefer;
mod preview;
pub(crate) mod problem;
pub(crate) mod push_state;
pub(crate) mod push_stream;
pub(crate) mod pushes;
mod refusals;
mod serve;
mod spans;
mod tls;
mod uploads;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower::util::MapResponseLayer;
use tower_http::catch_panic::CatchPanicLayer;

pub use front::{Exposed, Front};
pub use guard::{Need, RULES};
pub(crate) use preview::PreviewDocument;
pub use problem::Problem;
pub use serve::{ServeFault, bind, serve};
pub use tls::Tls;

use crate::service::Service;
use crate::stream::Limits;
use refusals::Refusals;
use uploads::Uploads;

/// Pushes that one stream may have under way.
const STREAM_PUSHES: usize = 4000;

/// The API over a service, as its front says.
pub fn router(service: Service, front: &Front) -> Router {
    let Front { server, keys, is_traced, .. } = front;
    let max_body_bytes = server.max_body_bytes;
    let form_limit = DefaultBodyLimit::max(max_body_bytes.min(credentials::MAX_FORM_BYTES));
    let limits = Limits { line_bytes: max_body_bytes, pushes: STREAM_PUSHES, targets: service.stream_share() };
    let feeds = events::Feeds::new(service.spool(), service.stopping());
    let refusals = Refusals::default();
    let counting = refusals.clone();
    let taken_in = from_fn_with_state(Uploads::new(max_body_bytes, server.body_timeout), uploads::take_in);
    let router = Router::new()
        .route("/v1/pushes", post(pushes::create).layer(taken_in.clone()))
        .route("/v1/pushes/preview", post(preview::show).layer(taken_in.clone()))
        .route("/v1/pushes/stream", post(push_stream::run).layer((Extension(limits), Extension(refusals.clone()))))
        .route("/v1/pushes/{id}", get(push_state::show).delete(push_state::cancel))
        .route("/v1/channels", get(channels::list))
        .route("/v1/credentials/check", post(credentials::check).layer((taken_in.clone(), form_limit)))
        .route("/v1/credentials/convert", post(credentials::convert).layer((taken_in.clone(), form_limit)))
        .route("/openapi.json", get(openapi::show))
        .route("/metrics", get(metrics::show).layer((Extension(refusals), Extension(feeds.clone()))))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(crate::console::routes().layer(taken_in))
        .merge(events::routes(feeds))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    // Below the guard: a stranger's `traceparent` counts for nothing.
    let router = if *is_traced { router.layer(from_fn(spans::trace)) } else { router };
    router
        .layer(DefaultBodyLimit::max(max_body_bytes))
        .layer(from_fn_with_state(keys.clone(), guard::guard))
        .layer(from_fn_with_state(keys.clone(), host::know))
        // One layer, since each costs an allocation for every request.
        .layer((
            MapResponseLayer::new(move |response| counting.look(response)),
            CatchPanicLayer::custom(problem::panicked),
        ))
        .with_state(service)
}
