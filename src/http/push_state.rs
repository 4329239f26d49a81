//! `GET` and `DELETE /v1/pushes/{id}`: what became of a durable push, and taking it back.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use model::{AppId, Fault, PushId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::Problem;
use super::origin::same_origin;
use super::prefer;
use crate::access::Access;
use crate::delivery::{Kept, Status};
use crate::service::Service;

/// Whose push.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    app: Option<String>,
}

/// A push that was just taken, of which nothing more is known.
#[derive(Serialize, ToSchema)]
pub(crate) struct Receipt<'a> {
    /// The id of the push.
    id: &'a str,
    /// Whose.
    app: &'a str,
    /// `open`.
    #[schema(schema_with = open)]
    state: &'static str,
}

fn open() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["open"])).build()
}

type Given = (Result<Path<String>, PathRejection>, Result<Query<Whose>, QueryRejection>);

/// What of an id stands in a path as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is known of a push.
pub(super) async fn show(
    State(service): State<Service>,
    access: Access,
    id: Result<Path<String>, PathRejection>,
    whose: Result<Query<Whose>, QueryRejection>,
) -> Result<Response, Problem> {
    let (app, id) = named(&service, &access, (id, whose))?;
    let status = service.delivery()?.status(&app, &id).await?;
    Ok(document(StatusCode::OK, &status.ok_or_else(|| unknown(&app, &id))?))
}

/// Takes back what is not sent yet.
pub(super) async fn cancel(
    State(service): State<Service>,
    access: Access,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    whose: Result<Query<Whose>, QueryRejection>,
) -> Result<Response, Problem> {
    same_origin(&headers)?;
    let (app, id) = named(&service, &access, (id, whose))?;
    let status = service.delivery()?.cancel(&app, &id).await?;
    Ok(document(StatusCode::OK, &status.ok_or_else(|| unknown(&app, &id))?))
}

/// The answer to a push that was kept: 202 while something is left to do, 200 with the outcomes afterwards.
pub(super) fn kept(kept: &Kept, status: Option<&Status>) -> Response {
    let mut response = match status {
        Some(status) if status.is_settled() => document(StatusCode::OK, status),
        Some(status) => document(StatusCode::ACCEPTED, status),
        None => document(StatusCode::ACCEPTED, &Receipt::of(kept)),
    };
    let id = utf8_percent_encode(kept.id.as_str(), UNRESERVED);
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::try_from(format!("/v1/pushes/{id}?app={}", kept.app)) {
        headers.insert(LOCATION, location);
    }
    let (name, value) = prefer::APPLIED;
    headers.insert(name, value);
    response
}

fn named(service: &Service, access: &Access, (id, whose): Given) -> Result<(AppId, PushId), Problem> {
    let fault = |field: &str, detail: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", "The query is not valid", &detail)
            .faults(vec![Fault::new(std::iter::once(field).collect(), detail)])
    };
    let Query(whose) = whose.map_err(|rejection| fault("app", rejection.body_text()))?;
    let Path(id) = id.map_err(|rejection| fault("id", rejection.body_text()))?;
    let id = PushId::parse(&id).map_err(|error| fault("id", error.to_string()))?;
    let channels = service.channels();
    let mut apps = channels.apps().filter(|app| access.sees(app));
    let app = match (whose.app, apps.next(), apps.next()) {
        (Some(app), ..) => AppId::parse(&app).map_err(|error| fault("app", error.to_string()))?,
        (None, Some(only), None) => only.clone(),
        (None, ..) => return Err(fault("app", "is required where more than one app is configured".to_owned())),
    };
    access.check_app(&app)?;
    Ok((app, id))
}

fn unknown(app: &AppId, id: &PushId) -> Problem {
    let detail = format!("no push \"{id}\" of app \"{app}\" is kept; direct pushes are not, others only for a time");
    Problem::new(StatusCode::NOT_FOUND, "unknown_push", "No such push", detail)
}

fn document(status: StatusCode, document: &impl Serialize) -> Response {
    let body = serde_json::to_vec(document).expect("states are JSON");
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

// === impl Receipt ===

impl<'a> Receipt<'a> {
    pub(super) fn of(kept: &'a Kept) -> Self {
        Self { id: kept.id.as_str(), app: kept.app.as_str(), state: "open" }
    }
}
