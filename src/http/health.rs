//! `/healthz` and `/readyz`

use axum::extract::State;
use http::StatusCode;

use crate::service::Service;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// New pushes are taken.
pub(super) async fn ready(State(service): State<Service>) -> (StatusCode, &'static str) {
    match (service.is_ready(), service.is_draining()) {
        (true, _) => (StatusCode::OK, "ready\n"),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "the spool cannot be written\n"),
    }
}
