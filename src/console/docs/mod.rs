//! `/docs`: the API's document as a page, made of the document itself, so that it says the same.

mod call;
mod schema;
mod text;

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::page::{self, Frame, page};
use crate::openapi;
use call::CallView;
use schema::SchemaView;
use text::{Paragraphs, Span};

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    frame: Frame,
    api: &'static Api,
}

/// The document, arranged for reading.
struct Api {
    version: String,
    about: Paragraphs,
    groups: Vec<Group>,
    schemas: Vec<SchemaView>,
}

/// Calls that belong together.
struct Group {
    name: String,
    about: String,
    calls: Vec<CallView>,
}

/// It does not change while the service runs.
static API: LazyLock<Api> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(openapi::text()).expect("the document is JSON");
    Api::of(&document)
});

pub(super) async fn show() -> Response {
    page(StatusCode::OK, &Docs { frame: Frame::at(page::DOCS), api: &API })
}

// === impl Api ===

impl Api {
    fn of(document: &Value) -> Self {
        let group = |tag: &Value| Group {
            name: string(&tag["name"]),
            about: string(&tag["description"]),
            calls: CallView::of_tag(document, &string(&tag["name"])),
        };
        Self {
            version: string(&document["info"]["version"]),
            about: Paragraphs::of(&document["info"]["description"]),
            groups: items(&document["tags"]).iter().map(group).collect(),
            schemas: fields(&document["components"]["schemas"])
                .map(|(name, schema)| SchemaView::of(name, schema))
                .collect(),
        }
    }
}

// === impl Group ===

impl Group {
    fn anchor(&self) -> String {
        anchor(&self.name)
    }
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
