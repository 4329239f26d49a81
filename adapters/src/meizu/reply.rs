//! The answer, as the vendor spells it.
//!
//! Read with tolerance: `code` is text in the vendor's document, and `value` an object, the empty text or absent.

use serde_json::{Map, Value};

use crate::common::reply::{fields, text};

/// What an answer says. Nothing but a JSON object is one.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// `code`, without blanks, leading zeros or the like.
    pub(super) code: Option<String>,
    /// `message`: free text, in Chinese.
    pub(super) message: Option<String>,
    /// `msgId`: for tracing and receipts.
    pub(super) msg_id: Option<String>,
    /// `redirect`: the URL to use instead, with code 300.
    pub(super) redirect: Option<String>,
    /// `value`: codes and the device tokens they befell. `None` if it has a shape that cannot be read.
    pub(super) failed: Option<Vec<Failed>>,
}

/// Device tokens that the call failed for, with the reason.
#[derive(Debug, PartialEq)]
pub(super) struct Failed {
    pub(super) code: String,
    pub(super) tokens: Vec<String>,
}

// === impl Reply ===

impl Reply {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let fields = fields(body)?;
        let words = |name: &str| fields.get(name).and_then(text);
        Some(Self {
            code: words("code").map(|code| plain_code(&code)),
            message: words("message"),
            msg_id: words("msgId"),
            redirect: words("redirect"),
            failed: failed(fields.get("value").unwrap_or(&Value::Null)),
        })
    }
}

fn failed(value: &Value) -> Option<Vec<Failed>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(elements) if elements.is_empty() => Some(Vec::new()),
        Value::String(text) if text.trim().is_empty() => Some(Vec::new()),
        Value::Object(codes) => failed_by_code(codes),
        Value::String(text) => serde_json::from_str(text).ok().and_then(|codes| failed_by_code(&codes)),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn failed_by_code(codes: &Map<String, Value>) -> Option<Vec<Failed>> {
    let failed =
        |(code, tokens): (&String, &Value)| Some(Failed { code: plain_code(code.trim()), tokens: list(tokens)? });
    codes.iter().map(failed).collect()
}

/// `None` if it cannot be read to its end: who is missing from a list counts as accepted, so a list is whole or nothing.
fn list(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(text.split(',').map(|token| token.trim().to_owned()).collect()),
        Value::Array(elements) => elements.iter().map(text).collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn plain_code(code: &str) -> String {
    code.parse::<i64>().map_or_else(|_| code.to_owned(), |number| number.to_string())
}
