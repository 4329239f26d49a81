//! The control API: the verbs of [`Control`] over plain HTTP on loopback.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::debug;

use crate::control::Control;
use crate::fault::FaultRule;
use crate::record::RECORDS_MAX;
use crate::registry;

const HELP: &str = "\
Push-vendor emulators, control API

GET    /requests[?vendor=NAME]  what was received, decoded, in order of arrival
DELETE /requests                forget it
PUT    /kept                    keep so many requests from now on: {\"requests\": 0 to 100000}; 0 is the fast mode
GET    /faults                  the scripted faults
PUT    /faults                  replace them: [{\"vendor\", \"environment\"?, \"match\"?, \"fault\"}]
GET    /stats                   counts per vendor
GET    /prefixes                device-token prefixes with a fixed outcome
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    vendor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keep {
    requests: usize,
}

/// How long an answer under way may take once the end has come.
const LINGER: Duration = Duration::from_secs(1);

/// Serves until `stop` is told or gone, then closes its connections.
pub(crate) async fn serve(listener: TcpListener, control: Control, mut stop: watch::Receiver<bool>) {
    let mut told = stop.clone();
    let server = axum::serve(listener, router(control)).with_graceful_shutdown(async move {
        let _ = told.changed().await;
    });
    let late = async move {
        let _ = stop.changed().await;
        tokio::time::sleep(LINGER).await;
    };
    tokio::select! {
        result = server => if let Err(error) = result { debug!(%error, "control API ended") },
        () = late => {}
    }
}

fn router(control: Control) -> Router {
    Router::new()
        .route("/", get(|| async { HELP }))
        .route("/requests", get(requests).delete(clear))
        .route("/kept", put(keep))
        .route("/faults", get(faults).put(put_faults))
        .route("/stats", get(|State(control): State<Control>| async move { Json(control.stats()) }))
        .route("/prefixes", get(prefixes))
        .with_state(control)
}

async fn requests(
    State(control): State<Control>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let filter = match filter {
        Ok(Query(filter)) => filter,
        Err(rejection) => return refused("query", &rejection.body_text()),
    };
    if filter.vendor.as_deref().is_some_and(|name| registry::index(name).is_none()) {
        return refused("vendor", "unknown vendor");
    }
    Json(control.requests(filter.vendor.as_deref())).into_response()
}

async fn clear(State(control): State<Control>) -> StatusCode {
    control.clear();
    StatusCode::NO_CONTENT
}

async fn keep(State(control): State<Control>, body: Bytes) -> Response {
    match serde_json::from_slice::<Keep>(&body) {
        Ok(Keep { requests }) if requests <= RECORDS_MAX => {
            control.keep(requests);
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(_) => refused("requests", "must be 0 to 100000"),
        Err(error) => refused("requests", &error.to_string()),
    }
}

async fn faults(State(control): State<Control>) -> Json<Value> {
    Json(control.faults().iter().map(FaultRule::to_json).collect())
}

async fn put_faults(State(control): State<Control>, body: Bytes) -> Response {
    match FaultRule::parse(&body) {
        Ok(rules) => {
            control.put_faults(rules);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(fault) => refused(&fault.path, &fault.detail),
    }
}

async fn prefixes(State(control): State<Control>) -> Json<Value> {
    let rows: Map<_, _> =
        control.prefixes().into_iter().map(|(vendor, rows)| (vendor.to_owned(), json!(rows))).collect();
    Json(Value::Object(rows))
}

fn refused(field: &str, detail: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "field": field, "error": detail }))).into_response()
}
