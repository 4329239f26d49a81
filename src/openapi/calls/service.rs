//! The service itself: channels, metrics, health, and this document.

use http::Method;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, ResponseBuilder, Schema};

use super::Call;
use crate::http::channels::Listing;
use crate::openapi::parts::{Answers, JSON, TEXT, answer, header, string, text};
use crate::openapi::{examples, tags};

/// The other text format of Prometheus.
const OPENMETRICS: &str = "application/openmetrics-text";

pub(super) fn calls() -> Vec<Call> {
    vec![
        ("/v1/channels", Method::GET, channels()),
        ("/metrics", Method::GET, metrics()),
        ("/healthz", Method::GET, alive()),
        ("/readyz", Method::GET, ready()),
        ("/openapi.json", Method::GET, document()),
    ]
}

fn operation(id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new().operation_id(Some(id)).tag(tags::SERVICE).summary(Some(summary))
}

fn channels() -> Operation {
    let operation = operation("listChannels", "Tells what each vendor honours, and how each channel does")
        .description(Some("Of channels only those of apps that the key is for."));
    let listing = answer::<Listing>("Vendors and channels.", JSON, examples::channels());
    Answers::new().with(200, listing).problems(["forbidden"]).onto(operation).build()
}

fn metrics() -> Operation {
    let operation = operation("showMetrics", "Metrics for Prometheus")
        .description(Some("In the format that `Accept` asks for: the classic one, or OpenMetrics."));
    let metrics = examples::METRICS;
    let other = ContentBuilder::new().schema(Some(string())).build();
    let told = text("Every metric, of apps only those that the key is for.", TEXT, metrics).content(OPENMETRICS, other);
    Answers::new().with(200, told).problems(["forbidden"]).onto(operation).build()
}

fn alive() -> Operation {
    let operation = operation("isAlive", "Whether the process answers").security(SecurityRequirement::default());
    Answers::open().with(200, text("It does.", TEXT, "ok\n")).onto(operation).build()
}

fn ready() -> Operation {
    let operation = operation("isReady", "Whether new pushes are taken").security(SecurityRequirement::default());
    let not = text("Not while it stops, or while its spool cannot be written.", TEXT, "stopping\n");
    Answers::open().with(200, text("They are.", TEXT, "ready\n")).with(503, not).onto(operation).build()
}

fn document() -> Operation {
    let operation = operation("showDocument", "This document");
    let any = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)));
    let content = ContentBuilder::new().schema(Some(any)).build();
    let tag = || header("Names the version of the document; send it as `If-None-Match`.", "\"0123456789ab\"");
    let told = ResponseBuilder::new().description("OpenAPI 3.1.").header("ETag", tag()).content(JSON, content);
    let same = ResponseBuilder::new().description("`If-None-Match` names the current version.").header("ETag", tag());
    Answers::new().with(200, told).with(304, same).onto(operation).build()
}
