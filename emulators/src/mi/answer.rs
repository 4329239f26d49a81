//! Mi's answers: always JSON, HTTP 200 even for errors (so in every recorded answer).

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::codes;
use crate::answer::Answer;

/// Messages a day, as in the documents' example.
const DAY_QUOTA: u64 = 20_000;

/// Why a call fails as a whole: the code, and the cause if it says more than the documented one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) reason: Option<String>,
}

// === impl Refusal ===

impl Refusal {
    pub(super) fn new(code: i64, reason: impl Into<String>) -> Self {
        Self { code, reason: Some(reason.into()) }
    }

    /// With the documented cause.
    pub(super) fn plain(code: i64) -> Self {
        Self { code, reason: None }
    }

    pub(super) fn answer(&self, status: StatusCode) -> Answer {
        let row = codes::find(self.code);
        let body = json!({
            "result": "error",
            "code": self.code,
            "description": row.description,
            "reason": self.reason.as_deref().unwrap_or(row.reason),
            "trace_id": id("Xcm"),
        });
        json_answer(status, &body)
    }
}

/// A send that was taken, for all or some of its regids.
pub(super) fn sent(regids: usize, bad: &[&str], acked: u64) -> Answer {
    let mut data = json!({ "id": id("sdm"), "day_quota": DAY_QUOTA.to_string(), "day_acked": acked.to_string() });
    if !bad.is_empty() {
        data["bad_regids"] = Value::from(bad.join(","));
    }
    let info = format!("Received push messages for {regids} REGID");
    json_answer(StatusCode::OK, &ok(&info, data))
}

/// The quota of the day.
pub(super) fn quota(acked: u64) -> Answer {
    let data = json!({ "day_quota": DAY_QUOTA.to_string(), "day_acked": acked.to_string() });
    json_answer(StatusCode::OK, &ok("", data))
}

fn ok(info: &str, data: Value) -> Value {
    let mut body = json!({ "result": "ok", "code": 0, "description": codes::find(0).description });
    if !info.is_empty() {
        body["info"] = Value::from(info);
    }
    body["trace_id"] = Value::from(id("Xdm"));
    body["data"] = data;
    body
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    Answer::new(status, Some("application/json;charset=UTF-8"), body.to_string())
}

/// Three letters and nineteen characters.
fn id(kind: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{kind}{}", &random[..19])
}
