//! `POST /v1/pushes` and `/v1/pushes/preview`

use http::Method;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{ContentBuilder, Ref, Required, ResponseBuilder};

use super::Call;
use crate::delivery::Status;
use crate::http::PreviewDocument;
use crate::http::push_state::Receipt;
use crate::http::pushes::Results;
use crate::openapi::parts::{Answers, JSON, answer, header, parameter, reference, string};
use crate::openapi::{examples, tags};

/// What keeps a push from being read.
pub(super) const UNREAD: [&str; 6] =
    ["malformed_json", "unreadable_body", "body_too_slow", "body_too_large", "not_json", "busy"];
/// What keeps it from being sent or kept.
pub(super) const NOT_ADMITTED: [&str; 14] = [
    "invalid_push",
    "unknown_app",
    "too_many_targets",
    "id_conflict",
    "duplicate_push",
    "rate_limited",
    "too_many_in_flight",
    "forbidden",
    "not_available",
    "busy",
    "spool_full",
    "spool_busy",
    "spool_failed",
    "stopping",
];

pub(super) fn calls() -> Vec<Call> {
    vec![("/v1/pushes", Method::POST, create()), ("/v1/pushes/preview", Method::POST, preview())]
}

fn create() -> Operation {
    let operation = OperationBuilder::new()
        .operation_id(Some("createPush"))
        .tag(tags::PUSHES)
        .summary(Some("Sends one push, to 1 to 10,000 targets"))
        .description(Some(
            "Direct unless `Prefer` says otherwise: each vendor is asked once, plus one immediate second try where the request \
             was surely not processed, and nothing is stored. `200` whenever the push was well formed and admitted, whatever \
             the vendors said.\n\nWith `Prefer: respond-async` delivery is durable: `202` as soon as the push is on disk, and \
             it is tried until its TTL ends. With `wait=N` besides, the answer waits for the outcomes.",
        ))
        .parameter(prefer())
        .request_body(Some(push()));
    let sent = "What became of each target; of a durable push its state, if that was waited for or the push is known.";
    let sent = either::<Results<'_>>(sent, examples::results())
        .header("Location", location())
        .header("Preference-Applied", applied());
    let taken = "The push is on disk; with its state, if the wait was over before it was settled.";
    let taken = either::<Receipt<'_>>(taken, examples::receipt())
        .header("Location", location())
        .header("Preference-Applied", applied());
    Answers::new()
        .with(200, sent)
        .with(202, taken)
        .problems(UNREAD)
        .problems(NOT_ADMITTED.into_iter().filter(|code| *code != "busy"))
        .header("RateLimit-Policy", policy)
        .header("RateLimit", left)
        .onto(operation)
        .build()
}

fn preview() -> Operation {
    let operation = OperationBuilder::new()
        .operation_id(Some("previewPush"))
        .tag(tags::PUSHES)
        .summary(Some("Shows what each vendor would be sent"))
        .description(Some(
            "For each channel the adjustments, the targets that would be refused, and the exact requests, secrets masked. \
             Sends nothing; no vendor is asked, not even for an access token.",
        ))
        .request_body(Some(push()));
    Answers::new()
        .with(200, answer::<PreviewDocument>("What would be sent.", JSON, examples::preview()))
        .problems(UNREAD)
        .problems(["invalid_push", "unknown_app", "forbidden"])
        .onto(operation)
        .build()
}

/// The state of a push, or what stands for it where that is not known. The state first, since it holds what the other does.
fn either<T: ToSchema>(description: &str, example: Value) -> ResponseBuilder {
    let schema = AnyOfBuilder::new().item(reference::<Status>()).item(reference::<T>());
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example));
    ResponseBuilder::new().description(description).content(JSON, content.build())
}

fn push() -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Push"))).example(Some(examples::push()));
    RequestBodyBuilder::new().required(Some(Required::True)).content(JSON, content.build()).build()
}

/// `Prefer`, of a push and of a stream.
pub(super) fn prefer() -> Parameter {
    let about = "RFC 7240. `respond-async`: durable delivery; `respond-async, wait=N`: wait for the outcomes too, N seconds, \
                 60 at most. Anything else is passed over.";
    parameter(ParameterIn::Header, "Prefer", about, string()).example(Some("respond-async, wait=10".into())).build()
}

fn location() -> Header {
    header("Of a durable push: where its state is told.", "/v1/pushes/order-4711?app=demo")
}

fn applied() -> Header {
    header("Of a durable push: the preference was followed.", "respond-async")
}

fn policy() -> Header {
    header(
        "draft-ietf-httpapi-ratelimit-headers-10: what the app may. Of apps that have a rate.",
        "\"pushes\";q=600;w=60",
    )
}

fn left() -> Header {
    header("What is left of it now, and when the burst is whole again.", "\"pushes\";r=59;t=1")
}
