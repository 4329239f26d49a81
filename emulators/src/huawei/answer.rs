//! The answers of the send API: `code`, `msg`, `requestId`, in the words of the dialect.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::Dialect;
use super::codes;
use crate::answer::Answer;

/// Why a call fails as a whole: the code, and the text if it says more than the documented one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) text: Option<String>,
}

/// A device token that was not sent to, and v3's reason key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadToken<'b> {
    pub(super) token: &'b str,
    pub(super) reason: &'static str,
}

// === impl Refusal ===

impl Refusal {
    pub(super) fn new(code: i64, text: impl Into<String>) -> Self {
        Self { code, text: Some(text.into()) }
    }

    /// With the documented text.
    pub(super) fn plain(code: i64) -> Self {
        Self { code, text: None }
    }

    /// Every token is bad: plain text in v1 and v2, JSON in a string in v3.
    pub(super) fn all_bad(dialect: Dialect, bad: &[BadToken<'_>]) -> Self {
        match dialect {
            Dialect::V1 | Dialect::V2 => Self::plain(codes::ALL_BAD),
            Dialect::V3 => {
                let text = json!({ "failure": bad.len(), "illegalTokens": by_reason(bad) });
                Self::new(codes::ALL_BAD, text.to_string())
            }
        }
    }

    /// Under the status that goes with the code.
    pub(super) fn answer(&self) -> Answer {
        self.answer_under(codes::find(self.code).status())
    }

    pub(super) fn answer_under(&self, status: StatusCode) -> Answer {
        let text = self.text.as_deref().unwrap_or(codes::find(self.code).text);
        printed(status, &Value::from(self.code.to_string()), text)
    }
}

/// Sent to all.
pub(super) fn success() -> Answer {
    Refusal::plain(codes::SUCCESS).answer()
}

/// Sent to all, the code a JSON number, as some gateways have printed it.
pub(super) fn success_in_number() -> Answer {
    printed(StatusCode::OK, &Value::from(codes::SUCCESS), "Success")
}

/// Sent to some: `msg` is a string that holds JSON.
pub(super) fn partial(dialect: Dialect, tokens: usize, bad: &[BadToken<'_>]) -> Answer {
    let mut text = json!({ "success": tokens - bad.len(), "failure": bad.len() });
    match dialect {
        Dialect::V1 | Dialect::V2 => text["illegal_tokens"] = bad.iter().map(|bad| bad.token).collect(),
        Dialect::V3 => text["illegalTokens"] = Value::Object(by_reason(bad)),
    }
    Refusal::new(codes::PARTIAL, text.to_string()).answer()
}

fn by_reason(bad: &[BadToken<'_>]) -> Map<String, Value> {
    let mut reasons = Map::new();
    for BadToken { token, reason } in bad {
        let listed = reasons.entry(*reason).or_insert_with(|| json!([]));
        if let Value::Array(tokens) = listed {
            tokens.push(Value::from(*token));
        }
    }
    reasons
}

fn printed(status: StatusCode, code: &Value, text: &str) -> Answer {
    let body = json!({ "code": code, "msg": text, "requestId": request_id() });
    Answer::new(status, Some("application/json;charset=UTF-8"), body.to_string())
}

/// Twenty-four digits: milliseconds, a count, six more.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("{ms:013}{:05}002006", COUNT.fetch_add(1, Relaxed) % 100_000)
}
