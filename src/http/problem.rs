//! Errors of the API: RFC 9457 problem documents.

use std::any::Any;
use std::time::Duration;

use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode, Uri};
use model::{Fault, PushFault};
use serde::{Serialize, Serializer};

use spool::SpoolFault;
use utoipa::ToSchema;

use super::refusals::Refusal;
use crate::delivery::NotKept;
use crate::limits::OverLimit;
use crate::openapi::problems::{URN, is_known};
use crate::service::Refused;

/// A problem document.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// The last part of its `type`; stable.
    kind: &'static str,
    title: &'static str,
    detail: String,
    faults: Vec<Fault>,
    retry_after: Option<Duration>,
}

/// A problem, as RFC 9457 writes it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// What kind of problem it is: a stable word behind `urn:pushmux:problem:`.
    #[serde(rename = "type")]
    kind: String,
    /// The same for people.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time.
    detail: &'a str,
    /// Every place that is at fault, where there are such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FaultRow<'a>>,
}

/// What is wrong at one place.
#[derive(Serialize, ToSchema)]
#[schema(as = Fault)]
struct FaultRow<'a> {
    /// A JSON pointer into the body; of a form, a query or a header the name behind a slash.
    path: String,
    /// What is wrong, and what would be right.
    detail: &'a str,
}

// === impl FaultRow ===

impl<'a> FaultRow<'a> {
    fn of(fault: &'a Fault) -> Self {
        Self { path: fault.path.pointer(), detail: &fault.detail }
    }
}

// === impl Problem ===

impl Problem {
    /// A problem without faults at certain places.
    ///
    /// Its kind is one of [those that are documented](crate::openapi::problems).
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(is_known(status, kind), "{status} {kind} is in no table of problems");
        Self { status, kind, title, detail: detail.into(), faults: Vec::new(), retry_after: None }
    }

    /// A push that is not valid.
    fn invalid_push(detail: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_push", "The push is not valid", detail)
    }

    /// Longer than a push may be.
    pub(super) fn too_large() -> Self {
        let detail = "the body is longer than server.max_body_bytes allows";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
    }

    /// More than the app may.
    fn over_limit(over: &OverLimit, detail: String) -> Self {
        let too_many = |kind, title| Self::new(StatusCode::TOO_MANY_REQUESTS, kind, title, &detail);
        match over {
            OverLimit::Rate { retry_after, .. } => {
                too_many("rate_limited", "The app pushes too often").retry_after(*retry_after)
            }
            OverLimit::InFlight => {
                too_many("too_many_in_flight", "Too much of the app is under way").retry_after(Duration::from_secs(1))
            }
            OverLimit::Duplicate { .. } => {
                Self::new(StatusCode::CONFLICT, "duplicate_push", "The same was pushed before", detail)
            }
            OverLimit::Targets { .. } => {
                let faults = vec![Fault::new(std::iter::once("targets").collect(), &detail)];
                let title = "The push has too many targets";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_targets", title, detail).faults(faults)
            }
        }
    }

    /// The HTTP status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable word for it.
    pub(crate) const fn code(&self) -> &'static str {
        self.kind
    }

    /// What kind of thing went wrong.
    pub(crate) const fn title(&self) -> &'static str {
        self.title
    }

    /// What went wrong.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong at which place.
    pub(crate) fn places(&self) -> &[Fault] {
        &self.faults
    }

    pub(super) fn faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    pub(super) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = Document {
            kind: format!("{URN}{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            faults: self.faults.iter().map(FaultRow::of).collect(),
        };
        document.serialize(serializer)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("text and numbers are JSON");
        let mut response = (self.status, body).into_response();
        response.extensions_mut().insert(Refusal(self.kind));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
        }
        response
    }
}

impl From<PushFault> for Problem {
    fn from(fault: PushFault) -> Self {
        let detail = fault.to_string();
        match fault {
            PushFault::Malformed { .. } => {
                Problem::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON", detail)
            }
            PushFault::Invalid(faults) => Problem::invalid_push(&detail).faults(faults),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        let at = |field: &[&str]| vec![Fault::new(field.iter().copied().collect(), detail.clone())];
        match &refused {
            Refused::UnknownApp(_) => {
                let title = "The app is not configured";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_app", title, &detail).faults(at(&["app"]))
            }
            Refused::NoSpool => {
                let title = "Durable delivery is not configured";
                Problem::new(StatusCode::NOT_IMPLEMENTED, "not_available", title, &detail)
            }
            Refused::NeedsSpool => Problem::invalid_push(&detail).faults(at(&["options", "send_at"])),
            Refused::NotKept(NotKept::TooFarAhead) => {
                Problem::invalid_push(&detail).faults(at(&["options", "send_at"]))
            }
            Refused::NotKept(NotKept::Conflict(_)) => {
                Problem::new(StatusCode::CONFLICT, "id_conflict", "The id is taken by another push", &detail)
                    .faults(at(&["id"]))
            }
            Refused::NotKept(NotKept::Spool(fault)) => fault.clone().into(),
            Refused::OverLimit(over) => Self::over_limit(over, detail),
            Refused::Busy => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much is under way", detail)
                .retry_after(Duration::from_secs(1)),
            Refused::Draining => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The service stops", detail)
                .retry_after(Duration::from_secs(5)),
        }
    }
}

impl From<SpoolFault> for Problem {
    fn from(fault: SpoolFault) -> Self {
        let detail = fault.to_string();
        let unsafe_now = |code, title| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, title, &detail);
        match fault {
            SpoolFault::Poisoned { .. } => unsafe_now("spool_failed", "The spool has failed"),
            SpoolFault::Full => {
                unsafe_now("spool_full", "The spool has no room left").retry_after(Duration::from_secs(10))
            }
            SpoolFault::Busy => unsafe_now("spool_busy", "The spool is busy").retry_after(Duration::from_secs(1)),
            SpoolFault::TooLarge { .. } => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The push is too large to keep", detail)
            }
            SpoolFault::Malformed { .. } | SpoolFault::Internal { .. } => {
                tracing::error!(%fault, "The spool failed at a call; this is a fault of pushmux");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", "the log says more")
            }
        }
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let status = rejection.status();
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
            _ => Problem::new(status, "unreadable_body", "The body cannot be read", rejection.body_text()),
        }
    }
}

/// No such path.
pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "No such resource", format!("there is nothing at {}", uri.path()))
}

/// A path with another method.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
}

/// A fault of ours. What it was is in the log.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("A request ended in a panic; this is a fault of pushmux");
    let detail = "the service failed; its log says more";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).into_response()
}
