//! `POST /v1/pushes/stream`

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::origin::same_origin;
use super::prefer::Preference;
use super::pushes::essence;
use super::refusals::Refusals;
use super::{Problem, problem};
use crate::access::Access;
use crate::delivery::Status;
use crate::service::{Report, Service};
use crate::stream::{self, Answer, Limits, LineFault, LineOutcome, Mode};

/// One line of the answer.
#[derive(Serialize)]
pub(crate) struct LineRow<'a> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<&'a [Report]>,
    /// Of a push that is kept: `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    status: Option<&'a Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");
/// Results that wait for the reader before the stream stands still.
const RESULTS_WAITING: usize = 64;
/// Results that are written at once if they are there.
const RESULTS_AT_ONCE: usize = 64;

/// Sends the pushes of an endless stream, or keeps them; answers each line as it settles, or as soon as it is on disk.
pub(super) async fn run(
    State(service): State<Service>,
    Extension(limits): Extension<Limits>,
    Extension(refusals): Extension<Refusals>,
    access: Access,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    expect_ndjson(&headers)?;
    same_origin(&headers)?;
    let mode = match Preference::of(&headers) {
        Preference::Direct => Mode::Direct,
        Preference::Durable { wait } => {
            service.delivery()?;
            Mode::Durable { wait }
        }
    };
    let (results, answers) = mpsc::channel(RESULTS_WAITING);
    tokio::spawn(stream::run(service, access, mode, body.into_data_stream(), limits, results));
    let lines = outcomes(answers).ready_chunks(RESULTS_AT_ONCE).map(move |outcomes| {
        let mut lines = Vec::with_capacity(256 * outcomes.len());
        outcomes.into_iter().for_each(|outcome| write(outcome, &refusals, &mut lines));
        Ok::<_, std::convert::Infallible>(Bytes::from(lines))
    });
    Ok(([(CONTENT_TYPE, NDJSON)], Body::from_stream(lines)).into_response())
}

fn expect_ndjson(headers: &HeaderMap) -> Result<(), Problem> {
    let given = essence(headers);
    if ["application/x-ndjson", "application/ndjson", "application/jsonl"].iter().any(|known| given == *known) {
        return Ok(());
    }
    let detail = "send one push a line as content-type: application/x-ndjson";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_ndjson", "The body must be lines of JSON", detail))
}

fn outcomes(mut answers: mpsc::Receiver<LineOutcome>) -> impl Stream<Item = LineOutcome> {
    futures_util::stream::poll_fn(move |cx| answers.poll_recv(cx))
}

fn write(outcome: LineOutcome, refusals: &Refusals, lines: &mut Vec<u8>) {
    let empty = LineRow { line: outcome.line, id: None, results: None, state: None, status: None, problem: None };
    match outcome.outcome {
        Ok(Answer::Sent { id, reports }) => {
            append(&LineRow { id: Some(id.as_str()), results: Some(&reports), ..empty }, lines);
        }
        Ok(Answer::Kept { status: Some(status), .. }) => append(&LineRow { status: Some(&status), ..empty }, lines),
        Ok(Answer::Kept { kept, status: None }) => {
            append(&LineRow { id: Some(kept.id.as_str()), state: Some("open"), ..empty }, lines);
        }
        Err(fault) => {
            let problem = Problem::from(fault);
            refusals.count(problem.code());
            append(&LineRow { problem: Some(problem), ..empty }, lines);
        }
    }
}

fn append(row: &LineRow<'_>, lines: &mut Vec<u8>) {
    serde_json::to_writer(&mut *lines, row).expect("rows are JSON");
    lines.push(b'\n');
}

// === impl LineRow ===

impl PartialSchema for LineRow<'_> {
    fn schema() -> RefOr<Schema> {
        let line = |title: &str, about: &str| {
            let place = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
            let place = place.description(Some("The place of the line that is answered, from 0; blank lines count."));
            let row = ObjectBuilder::new().schema_type(Type::Object).title(Some(title)).description(Some(about));
            row.property("line", place).required("line")
        };
        let id = || ObjectBuilder::new().schema_type(Type::String).description(Some("The id of the push."));
        let results = Ref::from_schema_name(Report::name()).to_array_builder();
        let state = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["open"]));
        let sent = line("SentLine", "A push that was sent.").property("id", id()).property("results", results);
        let kept = line("KeptLine", "A push that is on disk.").property("id", id()).property("state", state);
        let refused = line("RefusedLine", "A line that is no push, or is not taken in.");
        let settled = line("StateLine", "A push that is kept, as it was when the wait was over.");
        // The state first, since it holds what the others do.
        AnyOfBuilder::new()
            .item(AllOfBuilder::new().item(settled).item(Ref::from_schema_name(Status::name())))
            .item(sent.required("id").required("results"))
            .item(kept.required("id").required("state"))
            .item(refused.property("problem", Ref::from_schema_name(problem::Document::name())).required("problem"))
            .description(Some("The answer to one line."))
            .into()
    }
}

impl ToSchema for LineRow<'_> {
    fn name() -> std::borrow::Cow<'static, str> {
        "LineResult".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in [(Status::name(), Status::schema()), (Report::name(), Report::schema())] {
            schemas.push((name.into(), schema));
        }
        Status::schemas(schemas);
    }
}

// === impl Problem ===

impl From<LineFault> for Problem {
    fn from(fault: LineFault) -> Self {
        match fault {
            LineFault::TooLong => Problem::too_large(),
            LineFault::Push(fault) => fault.into(),
            LineFault::Denied(denied) => denied.into(),
            LineFault::Refused(refused) => refused.into(),
        }
    }
}
