//! FCM's errors: `google.rpc.Status` in JSON. The details come in no fixed order, so they are shuffled here.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::answer::Answer;

const TYPE: &str = "type.googleapis.com";
const JSON_TYPE: &str = "application/json; charset=UTF-8";

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) http: StatusCode,
    pub(super) message: String,
    pub(super) details: Vec<Value>,
}

/// One `fieldViolations` entry of a `BadRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// Empty for the request as a whole.
    pub(super) field: String,
    pub(super) description: String,
}

// === impl Refusal ===

impl Refusal {
    /// FCM dislikes a field.
    pub(super) fn field(field: &str, description: &str) -> Self {
        let violation = Violation { field: field.to_owned(), description: description.to_owned() };
        Self::invalid(description, vec![fcm("INVALID_ARGUMENT"), bad_request(&[violation])])
    }

    /// The request cannot be read as a message; said before FCM looks at it, so there is no `FcmError`.
    pub(super) fn unreadable(violations: &[Violation]) -> Self {
        let texts: Vec<_> = violations.iter().map(|violation| violation.description.as_str()).collect();
        Self::invalid(&texts.join("\n"), vec![bad_request(violations)])
    }

    /// Without any detail.
    pub(super) fn bare(http: StatusCode, message: &str) -> Self {
        Self { http, message: message.to_owned(), details: Vec::new() }
    }

    pub(super) fn invalid(message: &str, details: Vec<Value>) -> Self {
        Self { details, ..Self::bare(StatusCode::BAD_REQUEST, message) }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut error = json!({
            "code": self.http.as_u16(),
            "message": self.message,
            "status": status(self.http.as_u16()),
        });
        if !self.details.is_empty() {
            error["details"] = Value::Array(shuffled(self.details.clone()));
        }
        Answer::new(self.http, Some(JSON_TYPE), json!({ "error": error }).to_string())
    }
}

/// A message that was taken.
pub(super) fn named(name: &str) -> Answer {
    Answer::new(StatusCode::OK, Some(JSON_TYPE), json!({ "name": name }).to_string())
}

/// The canonical name of an HTTP status.
fn status(http: u16) -> &'static str {
    match http {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}

pub(super) fn fcm(code: &str) -> Value {
    detail("google.firebase.fcm.v1.FcmError", &[("errorCode", code.into())])
}

pub(super) fn apns(status: u16, reason: &str) -> Value {
    detail("google.firebase.fcm.v1.ApnsError", &[("statusCode", status.into()), ("reason", reason.into())])
}

/// Without violations the list is absent, as the live service has it for messages that are too large.
pub(super) fn bad_request(violations: &[Violation]) -> Value {
    let shown = |violation: &Violation| match violation.field.as_str() {
        "" => json!({ "description": violation.description }),
        field => json!({ "field": field, "description": violation.description }),
    };
    let list: Vec<_> = violations.iter().map(shown).collect();
    let fields = [("fieldViolations", Value::Array(list))];
    detail("google.rpc.BadRequest", if violations.is_empty() { &[] } else { &fields })
}

pub(super) fn info(reason: &str, domain: &str, metadata: &[(&str, String)]) -> Value {
    let metadata: Map<_, _> =
        metadata.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let fields = [("reason", reason.into()), ("domain", domain.into()), ("metadata", Value::Object(metadata))];
    detail("google.rpc.ErrorInfo", &fields)
}

pub(super) fn quota_failure(subject: &str, description: &str) -> Value {
    let violation = json!({ "subject": subject, "description": description });
    detail("google.rpc.QuotaFailure", &[("violations", json!([violation]))])
}

pub(super) fn help(url: &str) -> Value {
    let link = json!({ "description": "Request a higher quota limit.", "url": url });
    detail("google.rpc.Help", &[("links", json!([link]))])
}

pub(super) fn retry_info(delay: &str) -> Value {
    detail("google.rpc.RetryInfo", &[("retryDelay", delay.into())])
}

fn detail(name: &str, fields: &[(&str, Value)]) -> Value {
    let mut detail = json!({ "@type": format!("{TYPE}/{name}") });
    for (name, value) in fields {
        detail[*name] = value.clone();
    }
    detail
}

/// In any order.
fn shuffled(mut details: Vec<Value>) -> Vec<Value> {
    let random = Uuid::new_v4();
    for (last, byte) in (1..details.len()).rev().zip(random.as_bytes()) {
        details.swap(last, usize::from(*byte) % (last + 1));
    }
    details
}
