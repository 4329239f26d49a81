//! `POST /v1/pushes`

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::{Push, PushId};
use serde::Serialize;

use super::Problem;
use crate::service::{Report, Service};

/// Preferences of RFC 7240.
const PREFER: HeaderName = HeaderName::from_static("prefer");

#[derive(Serialize)]
struct Results<'a> {
    id: &'a str,
    results: &'a [Report],
}

/// Sends a push in direct mode. 200 whenever it was well formed and admitted, whatever the vendors said.
pub(super) async fn create(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    expect_json(&headers)?;
    refuse_durable(&headers)?;
    let push = Push::parse(&body?, adapters::vendors())?;
    let id: PushId = push.id.clone();
    let admitted = service.admit(push)?;
    let results = service.send(admitted).await;
    let body = serde_json::to_vec(&Results { id: id.as_str(), results: &results }).expect("reports are JSON");
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// A page in a browser can post a form or plain text to a service on its own machine, but not JSON without being allowed to.
pub(super) fn expect_json(headers: &HeaderMap) -> Result<(), Problem> {
    if essence(headers) == "application/json" {
        return Ok(());
    }
    let detail = "send the push as content-type: application/json";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "The body must be JSON", detail))
}

/// The content type without its parameters, in lower case.
pub(super) fn essence(headers: &HeaderMap) -> String {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A caller that relies on a promise must not be answered as if it had been given.
pub(super) fn refuse_durable(headers: &HeaderMap) -> Result<(), Problem> {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let asked = preferences.flat_map(|value| value.split(',')).any(|preference| {
        let name = preference.split(['=', ';']).next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("respond-async")
    });
    if !asked {
        return Ok(());
    }
    let detail = "this version delivers directly only; send without Prefer: respond-async";
    Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "not_available", "Durable delivery is not available", detail))
}
