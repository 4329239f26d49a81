//! The answer to a push, read with tolerance: codes come as text or number, lists as JSON within a text.

use serde_json::{Map, Value};

use crate::common::reply::{fields, text};

/// What an answer says. Nothing but a JSON object is one.
#[derive(Debug, Default)]
pub(in super::super) struct Reply {
    /// Eight digits.
    pub(in super::super) code: Option<String>,
    /// The vendor's words, where they are words.
    pub(in super::super) words: Option<String>,
    /// The message's id.
    pub(in super::super) request_id: Option<String>,
    /// The device tokens that `msg` lists.
    pub(in super::super) refused: Option<Refused>,
}

/// The device tokens that were not taken.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Refused {
    /// How many there are, as the vendor counts.
    pub(in super::super) failure: Option<u64>,
    /// Each with its reason, which only v3 gives.
    pub(in super::super) tokens: Vec<(String, Option<String>)>,
}

// === impl Reply ===

impl Reply {
    pub(in super::super) fn read(body: &[u8]) -> Option<Self> {
        let fields = fields(body)?;
        let message = fields.get("msg");
        let object = message.and_then(object);
        Some(Self {
            code: fields.get("code").and_then(text),
            // A JSON text may hold device tokens, which are not for a log.
            words: message.and_then(text).filter(|words| object.is_none() && !words.starts_with(['{', '['])),
            request_id: fields.get("requestId").and_then(text),
            refused: object.as_ref().and_then(Refused::read),
        })
    }
}

// === impl Refused ===

impl Refused {
    /// `None` where there is no list, or one that is not as Huawei writes it.
    fn read(fields: &Map<String, Value>) -> Option<Self> {
        let field = |name: &str| fields.iter().find(|(known, _)| known.trim() == name).map(|(_, value)| value);
        let tokens = match (field("illegal_tokens"), field("illegalTokens")) {
            (Some(list), _) => listed(list, None)?,
            (None, Some(Value::Object(reasons))) => {
                let lists = reasons.iter().map(|(reason, list)| listed(list, Some(reason.trim())));
                lists.collect::<Option<Vec<_>>>()?.concat()
            }
            _ => return None,
        };
        let failure = field("failure").and_then(text).and_then(|number| number.parse().ok());
        Some(Self { failure, tokens })
    }
}

fn listed(list: &Value, reason: Option<&str>) -> Option<Vec<(String, Option<String>)>> {
    let token = |token: &Value| Some((token.as_str()?.trim().to_owned(), reason.map(str::to_owned)));
    list.as_array()?.iter().map(token).collect()
}

fn object(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}
