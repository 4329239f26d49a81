//! Meizu's answers: JSON with a string `code`, HTTP 200 even for errors.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{APP_ID, codes};
use crate::answer::Answer;

/// Why a call fails as a whole: the code, and the cause if it says more than the documented one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: Option<String>,
}

/// pushIds that were not taken, by code.
pub(super) type Failures<'t> = BTreeMap<i64, Vec<&'t str>>;

/// How a success is written. All forms are documented or were seen, and mean the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// As in live traffic: `"200"`, `{}`, `NS..`.
    #[default]
    Live,
    /// `value` is the empty string.
    TextValue,
    /// There is no `value`.
    NoValue,
    /// `code` is a number.
    NumberCode,
    /// `msgId` is 32 hex digits, as in the document.
    HexId,
}

/// Gives out message ids: the time in milliseconds, never the same twice.
#[derive(Default)]
pub(super) struct Ids {
    last_ms: AtomicI64,
}

// === impl Refusal ===

impl Refusal {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }

    /// With the documented meaning.
    pub(super) fn plain(code: i64) -> Self {
        Self { code, message: None }
    }

    pub(super) fn answer(&self, status: StatusCode) -> Answer {
        failed(status, self.code, self.message.as_deref().unwrap_or(codes::message(self.code)), "")
    }
}

// === impl Ids ===

impl Ids {
    /// `NS<time>_0_<appId>_1_3`.
    fn next(&self, now: OffsetDateTime) -> String {
        let now_ms = i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let next = |last: i64| now_ms.max(last + 1);
        let mut last = self.last_ms.load(Relaxed);
        while let Err(other) = self.last_ms.compare_exchange_weak(last, next(last), Relaxed, Relaxed) {
            last = other;
        }
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(next(last)) * 1_000_000).unwrap_or(now);
        let (date, clock) = (at.date(), at.time());
        format!(
            "NS{:04}{:02}{:02}{:02}{:02}{:02}{:03}_0_{APP_ID}_1_3",
            date.year(),
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second(),
            clock.millisecond()
        )
    }
}

/// The call was taken; these pushIds were not.
pub(super) fn sent(ids: &Ids, now: OffsetDateTime, failures: &Failures<'_>, shape: Shape) -> Answer {
    let map: Map<_, _> = failures.iter().map(|(code, targets)| (code.to_string(), json!(targets))).collect();
    let id = match shape {
        Shape::HexId => Uuid::new_v4().simple().to_string(),
        _ => ids.next(now),
    };
    let mut body = json!({ "code": "200", "message": "", "value": map, "msgId": id, "redirect": "" });
    match shape {
        Shape::TextValue if failures.is_empty() => body["value"] = Value::from(""),
        Shape::NoValue if failures.is_empty() => {
            body = json!({ "code": "200", "message": "", "msgId": id, "redirect": "" });
        }
        Shape::NumberCode => body["code"] = Value::from(codes::OK),
        Shape::Live | Shape::HexId | Shape::TextValue | Shape::NoValue => {}
    }
    json_answer(StatusCode::OK, &body)
}

/// The switches of one pushId.
pub(super) fn switches(push_id: &str, bar: bool) -> Answer {
    let value = json!({ "barTypeSwitch": bar, "directTypeSwitch": true, "pushId": push_id });
    json_answer(StatusCode::OK, &json!({ "code": "200", "message": "", "value": value, "redirect": "" }))
}

/// The same call is wanted at this URL.
pub(super) fn redirected(url: &str) -> Answer {
    failed(StatusCode::OK, codes::REDIRECT, codes::message(codes::REDIRECT), url)
}

fn failed(status: StatusCode, code: i64, message: &str, redirect: &str) -> Answer {
    json_answer(status, &json!({ "code": code.to_string(), "message": message, "value": "", "redirect": redirect }))
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    Answer::new(status, Some("application/json;charset=UTF-8"), body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(answer: &Answer) -> String {
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    #[test]
    fn answers_are_the_documents() {
        let now = OffsetDateTime::from_unix_timestamp_nanos(1_767_323_045_678_000_000).unwrap();
        let failures = Failures::from([(110_010, vec!["P3CCC", "P4DDD"]), (110_002, vec!["P2BBB"])]);
        let want = concat!(
            r#"{"code":"200","message":"","value":{"110002":["P2BBB"],"110010":["P3CCC","P4DDD"]},"#,
            r#""msgId":"NS20260102030405678_0_123456_1_3","redirect":""}"#
        );
        assert_eq!(text(&sent(&Ids::default(), now, &failures, Shape::Live)), want);
        let want = r#"{"code":"110010","message":"应用请求频率超过限制","value":"","redirect":""}"#;
        assert_eq!(text(&Refusal::plain(110_010).answer(StatusCode::OK)), want);
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let (ids, now) = (Ids::default(), OffsetDateTime::UNIX_EPOCH);
        let made: std::collections::HashSet<_> = (0..100).map(|_| ids.next(now)).collect();
        assert_eq!(made.len(), 100);
    }
}
