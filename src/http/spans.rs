//! A span for each call of the API that was let in; there only where traces are configured.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use tracing::Instrument;
use tracing::field::Empty;

use crate::traces::{self, SPAN_TARGET};

/// Carries a call out within its span, which follows the caller's `traceparent`. It ends when the answer begins: what is
/// streamed goes on after it.
pub(super) async fn trace(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    // Health, metrics and the console's pages tell nothing of pushes.
    if !route.starts_with("/v1/") {
        return next.run(request).await;
    }
    let method = method(request.method());
    let span = tracing::debug_span!(
        target: SPAN_TARGET,
        parent: None,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        otel.status_code = Empty,
    );
    traces::carried_by(&span, request.headers());
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    // The collector takes signed numbers; others would come as texts.
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// The method, unless somebody made it up: then what the conventions of OpenTelemetry have in its place.
fn method(method: &Method) -> &'static str {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let words = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.iter().position(|known| known == method).map_or("_OTHER", |at| words[at])
}
