//! `GET /v1/events`

use http::Method;
use model::EventKind;
use utoipa::ToSchema;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Type};

use super::Call;
use crate::events::EventSchema;
use crate::openapi::parts::{Answers, EVENTS, app_parameter, header, items, parameter};
use crate::openapi::{examples, tags};

pub(super) fn calls() -> Vec<Call> {
    let kinds = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(EventKind::ALL.map(EventKind::as_str)));
    let kinds = ArrayBuilder::new().items(kinds).build();
    // Who has seen none may send it empty.
    let digits = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{0,18}$"));
    let last = "Where a reader goes on that lost its connection: the last id that it has seen. It wins over `after`.";
    let operation = OperationBuilder::new()
        .operation_id(Some("readEvents"))
        .tag(tags::EVENTS)
        .summary(Some("Tells outcomes, dead tokens and channels' changes as they come"))
        .description(Some(
            "Server-sent events, without end. Every event that is selected is told at least once, in the order of the log; \
             `event` bears its kind, `id` its place, `data` the event as JSON. A comment comes every 15 seconds where nothing \
             else does.",
        ))
        .parameter(app_parameter("Only events of this app; else of all that the key is for."))
        .parameter(parameter(ParameterIn::Query, "kind", "Only these kinds; repeated, or separated by commas.", kinds).build())
        .parameter(
            parameter(ParameterIn::Query, "after", "Begin after this event; 0 is before the oldest. Else from now on.", id())
                .example(Some(0.into()))
                .build(),
        )
        .parameter(parameter(ParameterIn::Header, "Last-Event-ID", last, digits).build());
    let events = items(&EventSchema::name(), examples::EVENTS);
    let told = ResponseBuilder::new()
        .description("Events, as they come.")
        .header("Cache-Control", header("Nothing of it is to be kept.", "no-store"))
        .content(EVENTS, events);
    let problems = ["invalid_query", "forbidden", "foreign_origin", "not_available", "busy", "spool_failed"];
    let operation = Answers::new().with(200, told).problems(problems).onto(operation).build();
    vec![("/v1/events", Method::GET, operation)]
}

/// What the spool can number.
fn id() -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(i64::MAX)).build()
}
