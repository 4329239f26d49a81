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

use super::Problem;
use super::origin::same_origin;
use super::pushes::{essence, refuse_durable};
use crate::service::{Report, Service};
use crate::stream::{self, Limits, LineFault, LineOutcome};

/// One line of the answer.
#[derive(Serialize)]
struct LineRow<'a> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<&'a [Report]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");
/// Results that wait for the reader before the stream stands still.
const RESULTS_WAITING: usize = 64;
/// Results that are written at once if they are there.
const RESULTS_AT_ONCE: usize = 64;

/// Sends the pushes of an endless stream in direct mode; answers each line as it settles.
pub(super) async fn run(
    State(service): State<Service>,
    Extension(limits): Extension<Limits>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    expect_ndjson(&headers)?;
    same_origin(&headers)?;
    refuse_durable(&headers)?;
    let (results, answers) = mpsc::channel(RESULTS_WAITING);
    tokio::spawn(stream::run(service, body.into_data_stream(), limits, results));
    let lines = outcomes(answers).ready_chunks(RESULTS_AT_ONCE).map(|outcomes| {
        let mut lines = Vec::with_capacity(256 * outcomes.len());
        outcomes.into_iter().for_each(|outcome| write(outcome, &mut lines));
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

fn write(outcome: LineOutcome, lines: &mut Vec<u8>) {
    let line = outcome.line;
    let (settled, problem) = match outcome.outcome {
        Ok(settled) => (Some(settled), None),
        Err(fault) => (None, Some(Problem::from(fault))),
    };
    let id = settled.as_ref().map(|settled| settled.id.as_str());
    let results = settled.as_ref().map(|settled| settled.reports.as_slice());
    serde_json::to_writer(&mut *lines, &LineRow { line, id, results, problem }).expect("rows are JSON");
    lines.push(b'\n');
}

// === impl Problem ===

impl From<LineFault> for Problem {
    fn from(fault: LineFault) -> Self {
        match fault {
            LineFault::TooLong => Problem::too_large(),
            LineFault::Push(fault) => fault.into(),
            LineFault::Refused(refused) => refused.into(),
        }
    }
}
