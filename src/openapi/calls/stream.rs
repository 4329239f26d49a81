//! `POST /v1/pushes/stream`

use http::Method;
use utoipa::ToSchema;
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{Required, ResponseBuilder};

use super::Call;
use super::pushes::prefer;
use crate::http::push_stream::LineRow;
use crate::openapi::parts::{Answers, NDJSON, items};
use crate::openapi::{examples, tags};

pub(super) fn calls() -> Vec<Call> {
    let line = format!("{}\n", examples::push());
    let body = RequestBodyBuilder::new()
        .description(Some("A push a line; for ever, if you like."))
        .required(Some(Required::True))
        .content(NDJSON, items("Push", &line));
    let operation = OperationBuilder::new()
        .operation_id(Some("streamPushes"))
        .tag(tags::PUSHES)
        .summary(Some("Sends an endless stream of pushes: a push a line in, its results a line out"))
        .description(Some(
            "Lines are answered in the order in which they settle, each with the place of its line. A line that is no push, or \
             is not taken in, is answered with the problem that the same push would have had alone, and the stream goes on. \
             Pushes to the same device leave in the order of their lines.\n\nNothing is turned away for being too much: the \
             stream stands still instead. So read results while you write.",
        ))
        .parameter(prefer())
        .request_body(Some(body.build()));
    let lines = items(&LineRow::name(), examples::LINES);
    let answered =
        ResponseBuilder::new().description("An answer for each line that is not blank.").content(NDJSON, lines);
    let answers = Answers::new().with(200, answered);
    let operation =
        answers.problems(["not_ndjson", "forbidden", "foreign_origin", "not_available"]).onto(operation).build();
    vec![("/v1/pushes/stream", Method::POST, operation)]
}
