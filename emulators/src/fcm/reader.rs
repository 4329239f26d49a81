//! Reads a request as protobuf JSON, by the tables of `schema`.
//!
//! Both spellings of a name are taken (`collapse_key`, `collapseKey`); what comes out has the first. All that is wrong
//! is found at once, and worded as the live service words it.

use serde_json::{Map, Value};

use super::refusal::Violation;
use super::scalar;
use super::schema::Kind::{self, Duration, Enum, Flag, Float, Int32, List, Object, Struct, Text, TextMap, Time};
use super::schema::{Field, REQUEST, Type, camel};

/// Collects what is wrong.
#[derive(Default)]
struct Reader {
    violations: Vec<Violation>,
}

/// Reads a request, or tells all that is wrong with its names and types.
pub(super) fn read(json: &Value) -> Result<Map<String, Value>, Vec<Violation>> {
    let mut reader = Reader::default();
    match json {
        Value::Object(fields) => {
            let read = reader.object(fields, &REQUEST, "");
            if reader.violations.is_empty() { Ok(read) } else { Err(reader.violations) }
        }
        _ => Err(vec![not_json("Root element must be a message.")]),
    }
}

/// Whether a request is a dry run, however bad the rest of it may be.
pub(super) fn is_dry_run(json: &Value) -> bool {
    let flag = json.get("validate_only").or_else(|| json.get("validateOnly"));
    flag.and_then(Value::as_bool).unwrap_or(false)
}

pub(super) fn not_json(detail: &str) -> Violation {
    Violation { field: String::new(), description: format!("Invalid JSON payload received. {detail}") }
}

// === impl Reader ===

impl Reader {
    fn object(&mut self, fields: &Map<String, Value>, kind: &Type, at: &str) -> Map<String, Value> {
        let mut read = Map::new();
        for (name, value) in fields {
            let Some(Field(field, field_kind)) = kind.find(name) else {
                self.unknown(name, at, "Cannot find field.");
                continue;
            };
            if value.is_null() {
                continue;
            }
            self.alone(field, kind, &read, at);
            let inner = if at.is_empty() { (*field).to_owned() } else { format!("{at}.{field}") };
            if let Some(value) = self.value(value, *field_kind, &inner, (field, at)) {
                read.insert((*field).to_owned(), value);
            }
        }
        read
    }

    /// Protobuf's `oneof`; one with an empty value counts, too.
    fn alone(&mut self, field: &str, kind: &Type, read: &Map<String, Value>, at: &str) {
        if kind.one_of.contains(&field) && kind.one_of.iter().any(|other| read.contains_key(*other)) {
            let text = format!(
                "Invalid value at '{at}' (oneof), oneof field 'target' is already set. Cannot set '{}'",
                camel(field)
            );
            self.add(at, text);
        }
    }

    /// `name` is the field and where it stands.
    fn value(&mut self, value: &Value, kind: Kind, at: &str, name: (&str, &str)) -> Option<Value> {
        match (kind, value) {
            (Text, Value::String(_))
            | (Flag, Value::Bool(_))
            | (Float, Value::Number(_))
            | (Struct, Value::Object(_)) => return Some(value.clone()),
            (Int32, _) if int32(value).is_some() => return int32(value).map(Value::from),
            (Time, Value::String(text)) if scalar::is_timestamp(text) => return Some(value.clone()),
            (Duration, Value::String(text)) => match scalar::duration(text) {
                Ok(_) => return Some(value.clone()),
                Err(why) => {
                    let text = format!("Invalid value at '{at}' ({}), Field '{}', {why}", kind.name(), camel(name.0));
                    self.add(at, text);
                    return None;
                }
            },
            (Enum(_, names), _) if enum_value(value, names).is_some() => {
                return enum_value(value, names).map(Value::from);
            }
            (Object(kind), Value::Object(fields)) => return Some(Value::Object(self.object(fields, kind, at))),
            (TextMap(_), Value::Object(fields)) => return Some(Value::Object(self.texts(fields, at))),
            (List(kind), Value::Array(list)) => return Some(Value::Array(self.list(list, *kind, at, name))),
            (List(_), _) => {}
            (_, Value::Array(_)) => {
                self.unknown(name.0, name.1, "Proto field is not repeating, cannot start list.");
                return None;
            }
            (_, Value::Object(_)) => {
                self.add(
                    at,
                    format!("Invalid value at '{at}' ({}), Starting an object on a scalar field", kind.name()),
                );
                return None;
            }
            _ => {}
        }
        self.add(at, format!("Invalid value at '{at}' ({}), {value}", kind.name()));
        None
    }

    fn texts(&mut self, fields: &Map<String, Value>, at: &str) -> Map<String, Value> {
        for (row, (_, value)) in fields.iter().enumerate() {
            let at = format!("{at}[{row}].value");
            self.value(value, Text, &at, ("value", &at));
        }
        fields.clone()
    }

    fn list(&mut self, list: &[Value], kind: Kind, at: &str, name: (&str, &str)) -> Vec<Value> {
        let each = |(row, value)| self.value(value, kind, &format!("{at}[{row}]"), name);
        list.iter().enumerate().filter_map(each).collect()
    }

    fn unknown(&mut self, name: &str, at: &str, why: &str) {
        let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
        self.add(at, format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: {why}"));
    }

    fn add(&mut self, field: &str, description: String) {
        self.violations.push(Violation { field: field.to_owned(), description });
    }
}

/// A number, or a string of one.
fn int32(value: &Value) -> Option<i32> {
    let number = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    i32::try_from(number).ok()
}

/// A name in any case (SDKs send `high`), or a number.
fn enum_value(value: &Value, names: &[&'static str]) -> Option<&'static str> {
    match value {
        Value::String(text) => names.iter().find(|name| name.eq_ignore_ascii_case(text)).copied(),
        Value::Number(number) => names.get(usize::try_from(number.as_u64()?).ok()?).copied(),
        _ => None,
    }
}
