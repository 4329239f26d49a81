//! `POST /v1/pushes`

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::{Push, PushId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;
use super::prefer::Preference;
use super::push_state;
use crate::access::Access;
use crate::service::{Report, Service};

/// What became of each target, in the order of the targets.
#[derive(Serialize, ToSchema)]
#[schema(as = PushResults)]
pub(crate) struct Results<'a> {
    /// The id of the push.
    id: &'a str,
    /// One row for each target.
    results: &'a [Report],
}

/// draft-ietf-httpapi-ratelimit-headers-10: what an app may, and what is left of it.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Sends a push. In direct mode 200 whenever it was well formed and admitted, whatever the vendors said; in durable mode 202
/// as soon as it is on disk, or 200 with the outcomes if they are known within the time that the caller waits.
pub(super) async fn create(
    State(service): State<Service>,
    access: Access,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    expect_json(&headers)?;
    let body = body?;
    let push = Push::parse(&body, adapters::vendors())?;
    access.check_app(&push.app)?;
    let limited = service.limits().of(&push.app);
    let answer = match Preference::of(&headers) {
        Preference::Direct => direct(&service, push).await,
        Preference::Durable { wait } => durable(&service, push, body, wait).await,
    };
    let quota = limited.and_then(|limited| limited.quota());
    let Some(quota) = quota else { return answer };
    let mut answer = answer.into_response();
    answer.headers_mut().insert(RATE_LIMIT_POLICY, quota.policy());
    answer.headers_mut().insert(RATE_LIMIT, quota.state());
    Ok(answer)
}

async fn durable(service: &Service, push: Push, body: Bytes, wait: Duration) -> Result<Response, Problem> {
    let kept = service.keep(push, body).await?;
    if !kept.is_known && wait.is_zero() {
        return Ok(push_state::kept(&kept, None));
    }
    let status = service.delivery()?.status_within(&kept, wait).await?;
    Ok(push_state::kept(&kept, status.as_ref()))
}

async fn direct(service: &Service, push: Push) -> Result<Response, Problem> {
    let id: PushId = push.id.clone();
    let admitted = service.admit(push).await?;
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
