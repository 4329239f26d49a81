//! An answer's body: a message's name, or a `google.rpc.Status`.
//!
//! Details may be missing, come in any order, and be of kinds that nobody has seen; only the known ones are read. Their
//! `@type` is told by its last word.

use std::time::Duration;

use serde_json::{Map, Value};

/// What we read of an answer.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// The accepted message's.
    pub(super) name: Option<String>,
    /// Whether there is an `error` at all.
    pub(super) is_error: bool,
    pub(super) message: Option<String>,
    /// The canonical code: `NOT_FOUND`.
    pub(super) status: Option<String>,
    /// How many details there are, known and unknown.
    pub(super) details: usize,
    /// `FcmError.errorCode`; none also where it says nothing (`UNSPECIFIED_ERROR`).
    pub(super) fcm: Option<String>,
    /// `ApnsError.reason`
    pub(super) apns: Option<String>,
    /// `ErrorInfo.reason`
    pub(super) info: Option<String>,
    /// Whether `ErrorInfo` names the quota that was exceeded.
    pub(super) has_quota_metric: bool,
    /// The fields that `BadRequest` blames.
    pub(super) fields: Vec<String>,
    /// The violations of a `QuotaFailure`, in one text of lower case; none without such a detail.
    pub(super) quota_failure: Option<String>,
    /// `RetryInfo.retryDelay`
    pub(super) retry_delay: Option<Duration>,
}

/// An error code that leaves it to the HTTP status.
const UNSPECIFIED: &str = "UNSPECIFIED_ERROR";

// === impl Reply ===

impl Reply {
    /// Reads a body; `None` if it is not a JSON object.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let mut reply = Self { name: text(fields.get("name")), ..Self::default() };
        let Some(error) = fields.get("error") else { return Some(reply) };
        reply.is_error = true;
        reply.message = text(error.get("message"));
        reply.status = text(error.get("status"));
        let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        reply.details = details.len();
        details.iter().for_each(|detail| reply.detail(detail));
        Some(reply)
    }

    fn detail(&mut self, detail: &Value) {
        let kind = detail.get("@type").and_then(Value::as_str).unwrap_or_default();
        match kind.rsplit(['.', '/']).next().unwrap_or_default() {
            "FcmError" => self.fcm = text(detail.get("errorCode")).filter(|code| code != UNSPECIFIED),
            "ApnsError" => self.apns = text(detail.get("reason")),
            "ErrorInfo" => {
                self.info = text(detail.get("reason"));
                self.has_quota_metric = detail.pointer("/metadata/quota_metric").is_some();
            }
            "BadRequest" => self.fields.extend(violations(detail, "fieldViolations", &["field"])),
            "QuotaFailure" => {
                let named: Vec<String> = violations(detail, "violations", &["subject", "description"]).collect();
                self.quota_failure = Some(named.join(" ").to_lowercase());
            }
            "RetryInfo" => {
                let delay = detail.get("retryDelay").and_then(Value::as_str);
                self.retry_delay = delay.and_then(duration);
            }
            _ => {}
        }
    }
}

/// The texts of a detail's violations; the list may be absent.
fn violations<'a>(detail: &'a Value, list: &str, names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let list = detail.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().flat_map(move |violation| names.iter().filter_map(|name| text(violation.get(*name))))
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// A duration of protobuf's JSON: `42s`, `3.5s`.
fn duration(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    (0.0..=f64::from(u32::MAX)).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        assert_eq!(duration("3.5s"), Some(Duration::from_millis(3500)));
        for rubbish in ["42", "-1s", "NaNs", "infs", "s", "1e300s"] {
            assert_eq!(duration(rubbish), None, "{rubbish}");
        }
    }
}
