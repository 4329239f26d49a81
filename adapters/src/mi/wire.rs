//! The answer, as the vendor spells it.
//!
//! Read with tolerance: `data` is documented as text but comes as an object, numbers come as text, and one client knows
//! `bad_regids` as `bad_regIds`.

use serde_json::{Map, Value};

use crate::common::reply::{fields, text};

/// What an answer says. Nothing but a JSON object is one.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// `result` is `ok`.
    pub(super) ok: bool,
    /// `code`, without blanks, leading zeros or the like.
    pub(super) code: Option<String>,
    /// Why, in English.
    pub(super) reason: Option<String>,
    /// What, in Chinese.
    pub(super) description: Option<String>,
    /// For the vendor's support.
    pub(super) trace_id: Option<String>,
    /// `data.id`: the message's id.
    pub(super) id: Option<String>,
    /// `data.bad_regids`: the device tokens of the call that are invalid.
    pub(super) bad_regids: Vec<String>,
}

// === impl Reply ===

impl Reply {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let fields = fields(body)?;
        let words = |name: &str| field(&fields, name).and_then(text);
        let data = field(&fields, "data").and_then(object).unwrap_or_default();
        Some(Self {
            ok: words("result").is_some_and(|result| result.eq_ignore_ascii_case("ok")),
            code: words("code").map(plain_code),
            reason: words("reason"),
            description: words("description"),
            trace_id: words("trace_id"),
            id: field(&data, "id").and_then(text),
            bad_regids: field(&data, "bad_regids").map(list).unwrap_or_default(),
        })
    }
}

/// A field, whatever the case of its name.
fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let similar = || fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    fields.get(name).or_else(similar)
}

fn object(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn list(value: &Value) -> Vec<String> {
    let elements = match value {
        Value::String(text) => text.split(',').map(str::to_owned).collect(),
        Value::Array(elements) => elements.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    elements.iter().map(|element| element.trim().to_owned()).filter(|element| !element.is_empty()).collect()
}

fn plain_code(code: String) -> String {
    code.parse::<i64>().map_or(code, |number| number.to_string())
}
