//! `GET /metrics`, in the text formats of Prometheus.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::events::Feeds;
use super::refusals::Refusals;
use crate::access::Access;
use crate::metrics::{Door, Format, text};
use crate::service::Service;

/// What the service can tell about itself, read at the moment of asking; of apps only those that the caller may see.
pub(super) async fn show(
    State(service): State<Service>,
    access: Access,
    Extension(feeds): Extension<Feeds>,
    Extension(refusals): Extension<Refusals>,
    headers: HeaderMap,
) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::accepted(accept);
    let door = Door { refused: refusals.snapshot(), readers: feeds.readers() };
    ([(CONTENT_TYPE, format.content_type())], text(&service, &access, door, format).await).into_response()
}
