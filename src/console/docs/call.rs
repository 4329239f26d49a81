//! Calls: what they take and what they answer.

use std::fmt::Write as _;

use serde_json::Value;

use super::schema::{Field, Kind, Shape};
use super::text::{Line, Paragraphs};
use super::{anchor, fields, items, string};
use crate::openapi::problems::{ProblemKind, URN, find};

/// One call.
pub(super) struct CallView {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) about: Paragraphs,
    pub(super) needs_key: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) bodies: Vec<Body>,
    pub(super) curl: String,
    pub(super) answers: Vec<Answer>,
    /// What goes wrong, by status.
    pub(super) problems: Vec<Problems>,
}

/// A parameter and where it stands.
pub(super) struct Parameter {
    pub(super) place: String,
    pub(super) field: Field,
}

/// A body in one content type.
pub(super) struct Body {
    pub(super) content_type: String,
    /// What it holds, if that has a name.
    pub(super) kinds: Vec<Kind>,
    /// Whether it holds those one after the other.
    pub(super) is_sequence: bool,
    /// The fields, if it has no name.
    pub(super) shape: Option<Shape>,
    pub(super) example: Option<String>,
}

/// A good answer.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) about: Line,
    pub(super) headers: Vec<Header>,
    pub(super) bodies: Vec<Body>,
}

pub(super) struct Header {
    pub(super) name: String,
    pub(super) about: Line,
    pub(super) example: String,
}

/// The problems of one status.
pub(super) struct Problems {
    pub(super) status: String,
    pub(super) kinds: Vec<Problem>,
}

pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) when: Line,
}

/// A form of the credentials' calls, on a command line.
const FILE: &str = " \\\n  -F file=@credential.p12 -F password=secret";
const PROBLEM: &str = "application/problem+json";

// === impl CallView ===

impl CallView {
    /// The calls of a group, in the order of the document.
    pub(super) fn of_tag(document: &Value, tag: &str) -> Vec<Self> {
        let calls = fields(&document["paths"]).flat_map(|(path, item)| fields(item).map(move |call| (path, call)));
        let of_tag = calls.filter(|(_, (_, operation))| items(&operation["tags"]).iter().any(|known| known == tag));
        of_tag.map(|(path, (method, operation))| Self::of(path, method, operation)).collect()
    }

    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let needs_key = operation["security"].is_null();
        let content = &operation["requestBody"]["content"];
        let responses = || fields(&operation["responses"]);
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: string(&operation["summary"]),
            about: Paragraphs::of(&operation["description"]),
            needs_key,
            parameters: items(&operation["parameters"]).iter().map(Parameter::of).collect(),
            bodies: Body::all(content),
            curl: curl(path, method, operation, needs_key),
            answers: responses()
                .filter(|(_, response)| response["content"][PROBLEM].is_null())
                .map(Answer::of)
                .collect(),
            problems: responses().filter_map(Problems::of).collect(),
        }
    }

    pub(super) fn anchor(&self) -> String {
        let path = self.path.replace(['{', '}'], "").replace(['/', '.'], "-");
        anchor(&format!("{}{path}", self.method))
    }
}

/// An answer that comes bit by bit is shown as it comes, and a file goes into a file.
fn flags(answer: &Value) -> &'static str {
    let is_stream = fields(&answer["content"]).any(|(_, content)| !content["x-item-schema"].is_null());
    match (is_stream, answer["headers"]["Content-Disposition"].is_object()) {
        (true, _) => "-sSN",
        (_, true) => "-sSOJ",
        _ => "-sS",
    }
}

/// The call on a command line, as the examples have it.
fn curl(path: &str, method: &str, operation: &Value, needs_key: bool) -> String {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    for parameter in items(&operation["parameters"]) {
        let (name, example) = (string(&parameter["name"]), &parameter["example"]);
        let example = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &example),
            Some("query") if name == "app" => query.push("app=demo".to_owned()),
            Some("query") if !parameter["example"].is_null() => query.push(format!("{name}={example}")),
            _ => {}
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let content = fields(&operation["requestBody"]["content"]).next();
    let is_plain = matches!((method, &content), ("get", _) | ("post", Some(_)));
    let method = if is_plain { String::new() } else { format!("-X {} ", method.to_uppercase()) };
    let address = format!("http://127.0.0.1:8080{path}");
    let address = if address.contains(['?', '&']) { format!("'{address}'") } else { address };
    let flags = flags(&operation["responses"]["200"]);
    let mut line = format!("curl {flags} {method}{address}");
    // Writing to a text cannot fail.
    if needs_key {
        let _ = write!(line, " \\\n  -H \"authorization: Bearer $PUSHMUX_KEY\"");
    }
    match content {
        Some((kind, _)) if kind == "multipart/form-data" => line.push_str(FILE),
        Some((kind, content)) => {
            let example = pretty(&content["example"]).unwrap_or_default().replace('\'', "'\\''");
            let _ = write!(line, " \\\n  -H 'content-type: {kind}' \\\n  --data-binary '{}'", example.trim_end());
        }
        None => {}
    }
    line
}

fn pretty(example: &Value) -> Option<String> {
    match example {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => serde_json::to_string_pretty(value).ok(),
    }
}

// === impl Parameter ===

impl Parameter {
    fn of(parameter: &Value) -> Self {
        let is_required = parameter["required"] == true;
        let mut field = Field::of(&string(&parameter["name"]), &parameter["schema"], is_required);
        field.about = Line::of(parameter["description"].as_str().unwrap_or_default());
        Self { place: string(&parameter["in"]), field }
    }
}

// === impl Body ===

impl Body {
    fn all(content: &Value) -> Vec<Self> {
        fields(content).map(|(kind, content)| Self::of(kind, content)).collect()
    }

    fn of(kind: &str, content: &Value) -> Self {
        let item = &content["x-item-schema"];
        let schema = if item.is_null() { &content["schema"] } else { item };
        let named = items(&schema["anyOf"]).iter().chain([schema]).filter(|schema| schema["$ref"].is_string());
        let kinds: Vec<Kind> = named.map(Kind::of).collect();
        let shape = (kinds.is_empty() && schema["properties"].is_object()).then(|| Shape::of(schema));
        Self {
            content_type: kind.to_owned(),
            kinds,
            is_sequence: !item.is_null(),
            shape,
            example: pretty(&content["example"]),
        }
    }
}

// === impl Answer ===

impl Answer {
    fn of((status, response): (&String, &Value)) -> Self {
        let header = |(name, header): (&String, &Value)| Header {
            name: name.clone(),
            about: Line::of(header["description"].as_str().unwrap_or_default()),
            example: pretty(&header["example"]).unwrap_or_default(),
        };
        Self {
            status: status.clone(),
            about: Line::of(response["description"].as_str().unwrap_or_default()),
            headers: fields(&response["headers"]).map(header).collect(),
            bodies: Body::all(&response["content"]),
        }
    }
}

// === impl Problems ===

impl Problems {
    fn of((status, response): (&String, &Value)) -> Option<Self> {
        let schema = &response["content"][PROBLEM]["schema"];
        let urns = items(&items(&schema["allOf"]).get(1)?["properties"]["type"]["enum"]);
        let kinds = urns.iter().filter_map(|urn| find(urn.as_str()?.strip_prefix(URN)?));
        let problem = |ProblemKind { code, when, .. }: ProblemKind| Problem { code, when: Line::of(when) };
        Some(Self { status: status.clone(), kinds: kinds.map(problem).collect() })
    }
}
