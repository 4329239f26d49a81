//! What operations are built of.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    Content, ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, ResponsesBuilder, Schema,
};

use super::problems::{self, URN};
use crate::http::problem::Document;

pub(super) const JSON: &str = "application/json";
pub(super) const NDJSON: &str = "application/x-ndjson";
pub(super) const EVENTS: &str = "text/event-stream";
pub(super) const TEXT: &str = "text/plain";
pub(super) const FORM: &str = "multipart/form-data";
const PROBLEM: &str = "application/problem+json";

/// Names the schema of what a body has one after the other: OpenAPI has a place for that from 3.2 on only.
const ITEM_SCHEMA: &str = "x-item-schema";

/// What any call of the API may be answered: without a good key, from elsewhere, and if we are at fault.
const OF_ALL: &[&str] = &["unauthorized", "foreign_host", "internal"];

/// A header and what makes it anew for each answer.
type NamedHeader = (&'static str, fn() -> Header);

/// The answers of one operation.
pub(super) struct Answers {
    given: Vec<(u16, ResponseBuilder)>,
    problems: Vec<&'static str>,
    headers: Vec<NamedHeader>,
}

// === impl Answers ===

impl Answers {
    /// Of a call that needs any key.
    pub(super) fn new() -> Self {
        Self { given: Vec::new(), problems: OF_ALL.to_vec(), headers: Vec::new() }
    }

    /// Of a call that anybody may make.
    pub(super) fn open() -> Self {
        Self { problems: vec!["foreign_host", "internal"], ..Self::new() }
    }

    pub(super) fn with(mut self, status: u16, response: ResponseBuilder) -> Self {
        self.given.push((status, response));
        self
    }

    pub(super) fn problems(mut self, codes: impl IntoIterator<Item = &'static str>) -> Self {
        self.problems.extend(codes);
        self
    }

    /// A header that comes with every answer about what the service did with the call, good or not.
    pub(super) fn header(mut self, name: &'static str, header: fn() -> Header) -> Self {
        self.headers.push((name, header));
        self
    }

    pub(super) fn onto(self, operation: OperationBuilder) -> OperationBuilder {
        let mut responses: BTreeMap<u16, Response> =
            self.given.into_iter().map(|(status, response)| (status, response.build())).collect();
        let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for code in self.problems {
            let kind = problems::find(code).expect("every problem of a call stands in the table");
            by_status.entry(kind.status).or_default().push(code);
        }
        for (status, codes) in by_status {
            responses.insert(status, problem(status, &codes));
        }
        for (status, response) in &mut responses {
            // These are told before the app is known.
            if !matches!(status, 400 | 401 | 403 | 408 | 413 | 415 | 421 | 500) {
                for (name, header) in &self.headers {
                    response.headers.insert((*name).to_owned(), header().into());
                }
            }
        }
        let responses = responses.into_iter().map(|(status, response)| (status.to_string(), response));
        operation.responses(ResponsesBuilder::new().responses_from_iter(responses))
    }
}

/// A problem document of some kinds, which share the status.
fn problem(status: u16, codes: &[&str]) -> Response {
    let urns = codes.iter().map(|code| format!("{URN}{code}"));
    let kinds = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(urns));
    let status_now = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status]));
    let narrowed = ObjectBuilder::new().property("type", kinds).property("status", status_now);
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Document::name())).item(narrowed);
    let when = codes.iter().filter_map(|code| problems::find(code));
    let when: Vec<String> = when.map(|kind| format!("- `{}`: {}", kind.code, kind.when)).collect();
    let content = Content::new(Some(Schema::from(schema.build())));
    let mut response = ResponseBuilder::new().description(when.join("\n")).content(PROBLEM, content);
    if status == 401 {
        response = response.header("WWW-Authenticate", header("How to send a key.", "Bearer realm=\"pushmux\""));
    }
    if matches!(status, 429 | 503) {
        response = response.header("Retry-After", retry_after());
    }
    response.build()
}

/// A body of one schema.
pub(super) fn answer<T: ToSchema>(description: &str, kind: &str, example: Value) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(reference::<T>())).example(Some(example));
    ResponseBuilder::new().description(description).content(kind, content.build())
}

/// A body of text.
pub(super) fn text(description: &str, kind: &str, example: &str) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(string())).example(Some(example.into()));
    ResponseBuilder::new().description(description).content(kind, content.build())
}

/// A body of items that come one after the other, each of one schema.
pub(super) fn items(item: &str, example: &str) -> Content {
    let extension = ExtensionsBuilder::new().add(ITEM_SCHEMA, json!({"$ref": format!("#/components/schemas/{item}")}));
    let content = ContentBuilder::new().schema(Some(string())).example(Some(example.into()));
    content.extensions(Some(extension.build())).build()
}

pub(super) fn reference<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

pub(super) fn string() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).into()
}

pub(super) fn header(description: &str, example: &str) -> Header {
    let header = HeaderBuilder::new().schema(Some(string())).description(Some(description));
    header.example(Some(example.into())).build()
}

fn retry_after() -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait before the next try."));
    header.example(Some(1.into())).build()
}

/// A parameter that may be left out.
pub(super) fn parameter(
    place: ParameterIn,
    name: &str,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ParameterBuilder {
    let required = if matches!(place, ParameterIn::Path) { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new().parameter_in(place).name(name).required(required);
    parameter.description(Some(description)).schema(Some(schema))
}

/// Whose push.
pub(super) fn app_parameter(description: &str) -> Parameter {
    let app = ObjectBuilder::new().schema_type(Type::String).pattern(Some(model::AppId::PATTERN));
    parameter(ParameterIn::Query, "app", description, app).build()
}
