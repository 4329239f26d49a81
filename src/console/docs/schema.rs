//! Schemas, as tables of fields.

use serde_json::Value;

use super::text::Line;
use super::{fields, items, string};

/// A named schema.
pub(super) struct SchemaView {
    pub(super) name: String,
    pub(super) about: Line,
    /// One, or several of which one holds.
    pub(super) shapes: Vec<Shape>,
    /// Whether there are several, all of which hold.
    pub(super) is_joined: bool,
}

/// One form that a value may have.
pub(super) struct Shape {
    pub(super) title: String,
    pub(super) about: Line,
    /// What it is, if it is no object with fields.
    pub(super) kind: Option<Kind>,
    /// The words that it is one of.
    pub(super) words: Vec<String>,
    pub(super) fields: Vec<Field>,
}

/// A field, or a parameter.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) kind: Kind,
    pub(super) about: Line,
    /// The words that it takes.
    pub(super) words: Vec<String>,
    /// Bounds and defaults.
    pub(super) bounds: Vec<String>,
}

/// A type in a few words: what stands before and behind a link to a named schema, if there is one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) before: String,
    pub(super) link: Option<String>,
}

// === impl SchemaView ===

impl SchemaView {
    pub(super) fn of(name: &str, schema: &Value) -> Self {
        let joined = items(&schema["allOf"]);
        let choices = ["oneOf", "anyOf", "allOf"].into_iter().find_map(|key| schema[key].as_array());
        let shapes = match choices {
            Some(choices) => choices.iter().map(Shape::of).collect(),
            None => vec![Shape { title: String::new(), about: Line::of(""), ..Shape::of(schema) }],
        };
        let about = Line::of(schema["description"].as_str().unwrap_or_default());
        Self { name: name.to_owned(), about, shapes, is_joined: !joined.is_empty() }
    }
}

// === impl Shape ===

impl Shape {
    /// Whether anything stands before its fields.
    pub(super) fn says_anything(&self) -> bool {
        !self.about.is_empty() || self.kind.is_some() || !self.words.is_empty()
    }

    pub(super) fn of(schema: &Value) -> Self {
        let mut fields = Field::all(schema);
        // Of joined parts those that are named stand for themselves.
        fields.extend(items(&schema["allOf"]).iter().flat_map(Field::all));
        let named = items(&schema["allOf"]).iter().find(|part| part["$ref"].is_string());
        let kind = match named {
            Some(part) => Some(Kind::of(part)),
            None => fields.is_empty().then(|| Kind::of(schema)),
        };
        let first = items(&schema["allOf"]).first().unwrap_or(schema);
        let title = [schema, first].into_iter().map(|part| string(&part["title"])).find(|title| !title.is_empty());
        let about =
            [schema, first].into_iter().map(|part| string(&part["description"])).find(|about| !about.is_empty());
        Self {
            title: title.unwrap_or_default(),
            about: Line::of(&about.unwrap_or_default()),
            kind,
            words: words(schema),
            fields,
        }
    }
}

// === impl Field ===

impl Field {
    fn all(schema: &Value) -> Vec<Self> {
        let required = items(&schema["required"]);
        let fields = fields(&schema["properties"]);
        fields.map(|(name, field)| Self::of(name, field, required.iter().any(|known| known == name))).collect()
    }

    pub(super) fn of(name: &str, schema: &Value, is_required: bool) -> Self {
        let inner = if schema["items"].is_object() { &schema["items"] } else { schema };
        let about = schema["description"].as_str().unwrap_or_default();
        Self {
            name: name.to_owned(),
            is_required,
            kind: Kind::of(schema),
            about: Line::of(about),
            words: words(inner),
            bounds: bounds(schema),
        }
    }
}

fn words(schema: &Value) -> Vec<String> {
    items(&schema["enum"]).iter().filter(|word| !word.is_null()).map(word).collect()
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bounds(schema: &Value) -> Vec<String> {
    let range = |least: &str, most: &str, unit: &str| match (schema[least].as_u64(), schema[most].as_u64()) {
        (None, None) | (Some(0), None) => None,
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None | Some(0), Some(most)) if !unit.is_empty() => Some(format!("at most {most}{unit}")),
        (least, Some(most)) => Some(format!("{} to {most}{unit}", least.unwrap_or_default())),
    };
    let ranges = [
        range("minimum", "maximum", ""),
        range("minItems", "maxItems", " items"),
        range("minLength", "maxLength", " bytes"),
        range("minProperties", "maxProperties", " fields"),
    ];
    let default = (!schema["default"].is_null()).then(|| format!("default {}", word(&schema["default"])));
    ranges.into_iter().flatten().chain(default).collect()
}

// === impl Kind ===

impl Kind {
    pub(super) fn of(schema: &Value) -> Self {
        if let Some(reference) = schema["$ref"].as_str() {
            return Self { before: String::new(), link: reference.rsplit('/').next().map(str::to_owned) };
        }
        // A name or null: null is the same as left out.
        if let Some(named) = items(&schema["oneOf"]).iter().find(|choice| choice["$ref"].is_string()) {
            return Self::of(named);
        }
        if schema["items"].is_object() {
            let Self { before, link } = Self::of(&schema["items"]);
            return Self { before: format!("list of {before}").trim_end().to_owned(), link };
        }
        if schema["additionalProperties"].is_object() {
            let Self { before, link } = Self::of(&schema["additionalProperties"]);
            return Self { before: format!("map of {before}").trim_end().to_owned(), link };
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => {
                kinds.iter().find(|kind| *kind != "null").map_or("any JSON", |kind| plain(kind.as_str()))
            }
            kind => plain(kind.as_str()),
        };
        let format = match schema["format"].as_str() {
            Some("date-time") => Some("time, RFC 3339".to_owned()),
            Some("binary") => Some("bytes".to_owned()),
            _ => None,
        };
        Self { before: format.unwrap_or_else(|| kind.to_owned()), link: None }
    }
}

fn plain(kind: Option<&str>) -> &str {
    match kind {
        Some("boolean") => "true or false",
        Some("integer") => "whole number",
        Some(kind) => kind,
        None => "any JSON",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(schema: &Value) -> String {
        let Kind { before, link } = Kind::of(schema);
        format!("{before} {}", link.unwrap_or_default()).trim().to_owned()
    }

    #[test]
    fn types_are_told_in_words() {
        assert_eq!(kind(&json!({"type": ["string", "null"]})), "string");
        assert_eq!(kind(&json!({"type": "array", "items": {"$ref": "#/components/schemas/Target"}})), "list of Target");
        assert_eq!(kind(&json!({"oneOf": [{"$ref": "#/components/schemas/Sound"}, {"type": "null"}]})), "Sound");
        assert_eq!(
            kind(&json!({"type": "object", "additionalProperties": {"type": "integer"}})),
            "map of whole number"
        );
        assert_eq!(kind(&json!({})), "any JSON");
    }

    #[test]
    fn bounds_are_told_in_words() {
        assert_eq!(bounds(&json!({"minimum": 0, "maximum": 31_536_000})), ["0 to 31536000"]);
        assert_eq!(bounds(&json!({"minLength": 1, "maxLength": 256})), ["1 to 256 bytes"]);
        assert_eq!(bounds(&json!({"minItems": 1, "default": "high"})), ["at least 1 items", "default high"]);
        assert!(bounds(&json!({"minimum": 0})).is_empty());
    }
}
