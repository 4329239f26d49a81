//! `GET` and `DELETE /v1/pushes/{id}`

use http::Method;
use utoipa::openapi::path::{OperationBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::Call;
use crate::delivery::Status;
use crate::openapi::parts::{Answers, JSON, answer, app_parameter, parameter};
use crate::openapi::{examples, tags};

const PROBLEMS: [&str; 7] =
    ["invalid_query", "unknown_push", "forbidden", "not_available", "spool_busy", "spool_failed", "spool_full"];

pub(super) fn calls() -> Vec<Call> {
    let show = operation("showPush", "Tells what became of a durable push").description(Some(
        "A state is kept for `spool.retention_seconds` after the push is settled; then the id is free again.",
    ));
    let cancel = operation("cancelPush", "Takes back what is not sent yet").description(Some(
        "What was taken back is `cancelled`, what had been sent keeps its outcome. Calls that are under way are waited for, \
         but for two seconds at most.",
    ));
    let cancel = answers().problems(["foreign_origin"]).onto(cancel).build();
    vec![("/v1/pushes/{id}", Method::GET, answers().onto(show).build()), ("/v1/pushes/{id}", Method::DELETE, cancel)]
}

fn operation(id: &str, summary: &str) -> OperationBuilder {
    let push = ObjectBuilder::new().schema_type(Type::String).pattern(Some(model::PushId::PATTERN));
    let push = parameter(ParameterIn::Path, "id", "The id of the push, percent-encoded.", push);
    OperationBuilder::new()
        .operation_id(Some(id))
        .tag(tags::DURABLE)
        .summary(Some(summary))
        .parameter(push.example(Some("order-4711".into())).build())
        .parameter(app_parameter("Whose push. May be left out where the key, or the configuration, has one app only."))
}

fn answers() -> Answers {
    Answers::new().with(200, answer::<Status>("What is known of it.", JSON, examples::state())).problems(PROBLEMS)
}
