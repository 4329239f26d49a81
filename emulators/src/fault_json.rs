//! The JSON form of fault rules: raw (as written, unknown fields refused) -> checked, and back for `GET /faults`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fault::{Fault, FaultRule, LastStream, Match, VendorError};
use crate::registry;

/// A fault rule that cannot be taken: where, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct FaultFault {
    /// The field, e.g. `[0].match.nth`.
    pub path: String,
    /// What is wrong with it.
    pub detail: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    vendor: String,
    environment: Option<String>,
    #[serde(default, rename = "match")]
    matches: RawMatch,
    fault: RawFault,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawMatch {
    token_prefix: Option<String>,
    path_prefix: Option<String>,
    nth: Option<u64>,
    times: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    error: Option<RawError>,
    delay_ms: Option<u64>,
    stall: Option<bool>,
    reset: Option<bool>,
    refuse: Option<bool>,
    goaway: Option<RawGoaway>,
    rubbish: Option<bool>,
    status: Option<u16>,
    body: Option<Value>,
    tls: Option<bool>,
    close: Option<bool>,
    max_streams: Option<u32>,
    fall_to_one: Option<bool>,
    token_life_s: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawError {
    reason: Option<String>,
    code: Option<i64>,
    status: Option<u16>,
    retry_after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGoaway {
    reason: Option<String>,
    text: Option<String>,
    last_stream: Option<RawLast>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawLast {
    Zero,
    Current,
}

// === impl FaultRule ===

impl FaultRule {
    /// Reads a list of rules as `PUT /faults` takes it.
    ///
    /// # Errors
    ///
    /// Names the first field that is unknown, of a wrong type or out of bounds.
    pub fn parse(json: &[u8]) -> Result<Vec<Self>, FaultFault> {
        let mut text = serde_json::Deserializer::from_slice(json);
        let raw: Vec<RawRule> = serde_path_to_error::deserialize(&mut text)
            .map_err(|error| FaultFault { path: error.path().to_string(), detail: error.inner().to_string() })?;
        text.end().map_err(|error| fault("", "", &error.to_string()))?;
        raw.into_iter().enumerate().map(|(row, raw)| checked(raw, &format!("[{row}]"))).collect()
    }

    /// The rule as [`FaultRule::parse`] reads it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let matches = pruned(json!({
            "token_prefix": self.matches.token_prefix,
            "path_prefix": self.matches.path_prefix,
            "nth": self.matches.nth,
            "times": self.matches.times,
        }));
        pruned(json!({
            "vendor": self.vendor,
            "environment": self.environment,
            "match": matches,
            "fault": printed(&self.fault),
        }))
    }
}

fn checked(raw: RawRule, at: &str) -> Result<FaultRule, FaultFault> {
    let Some(row) = registry::index(&raw.vendor) else {
        let names: Vec<_> = registry::ALL.iter().map(|vendor| vendor.name()).collect();
        return Err(fault(at, ".vendor", &format!("unknown vendor; emulated are {}", names.join(", "))));
    };
    let environments = registry::ALL[row].environments();
    if raw.environment.as_deref().is_some_and(|name| !environments.contains(&name)) {
        return Err(fault(at, ".environment", &format!("not served by {}", raw.vendor)));
    }
    if raw.matches.nth == Some(0) {
        return Err(fault(at, ".match.nth", "counts from 1"));
    }
    let RawMatch { token_prefix, path_prefix, nth, times } = raw.matches;
    let matches = Match { token_prefix, path_prefix, nth, times };
    let fault = checked_fault(raw.fault, at)?;
    Ok(FaultRule { vendor: raw.vendor, environment: raw.environment, matches, fault })
}

fn checked_fault(raw: RawFault, at: &str) -> Result<Fault, FaultFault> {
    let at = format!("{at}.fault");
    if raw.body.is_some() && raw.status.is_none() {
        return Err(fault(&at, ".body", "goes with status only"));
    }
    let body = raw.body.unwrap_or(Value::Null);
    let flag = |name: &str, value: Option<bool>, fault_: Fault| match value {
        Some(false) => Err(fault(&at, &format!(".{name}"), "can only be true; leave the rule out instead")),
        Some(true) => Ok(Some(fault_)),
        None => Ok(None),
    };
    let found = [
        raw.error.map(|error| checked_error(error, &at)).transpose()?,
        raw.delay_ms.map(Fault::DelayMs),
        flag("stall", raw.stall, Fault::Stall)?,
        flag("reset", raw.reset, Fault::Reset)?,
        flag("refuse", raw.refuse, Fault::Refuse)?,
        raw.goaway.map(|goaway| checked_goaway(goaway, &at)).transpose()?,
        flag("rubbish", raw.rubbish, Fault::Rubbish)?,
        raw.status.map(|status| checked_status(status, body, &at)).transpose()?,
        flag("tls", raw.tls, Fault::Tls)?,
        flag("close", raw.close, Fault::Close)?,
        raw.max_streams.map(Fault::MaxStreams),
        flag("fall_to_one", raw.fall_to_one, Fault::FallToOne)?,
        raw.token_life_s.map(Fault::TokenLife),
    ];
    let mut found = found.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(fault(&at, "", "exactly one fault is wanted; write a second rule for a second one")),
    }
}

fn checked_error(raw: RawError, at: &str) -> Result<Fault, FaultFault> {
    if raw.reason.is_none() && raw.code.is_none() {
        return Err(fault(at, ".error", "needs reason (apns, fcm) or code (mi, huawei, meizu)"));
    }
    if let Some(status) = raw.status {
        in_bounds(status, at, ".error.status")?;
    }
    if raw.retry_after.as_deref().is_some_and(|value| http::HeaderValue::from_str(value).is_err()) {
        return Err(fault(at, ".error.retry_after", "cannot be a header's value"));
    }
    let RawError { reason, code, status, retry_after } = raw;
    Ok(Fault::Error(VendorError { reason, code, status, retry_after }))
}

fn checked_goaway(raw: RawGoaway, at: &str) -> Result<Fault, FaultFault> {
    if raw.reason.is_some() && raw.text.is_some() {
        return Err(fault(at, ".goaway.text", "does not go with reason"));
    }
    let last_stream = match raw.last_stream {
        Some(RawLast::Current) => LastStream::Current,
        Some(RawLast::Zero) | None => LastStream::Zero,
    };
    Ok(Fault::Goaway { reason: raw.reason, text: raw.text, last_stream })
}

fn checked_status(status: u16, body: Value, at: &str) -> Result<Fault, FaultFault> {
    in_bounds(status, at, ".status")?;
    Ok(Fault::Status { status, body })
}

fn in_bounds(status: u16, at: &str, field: &str) -> Result<(), FaultFault> {
    if (200..=599).contains(&status) { Ok(()) } else { Err(fault(at, field, "must be 200 to 599")) }
}

fn fault(at: &str, field: &str, detail: &str) -> FaultFault {
    FaultFault { path: format!("{at}{field}"), detail: detail.to_owned() }
}

fn printed(fault: &Fault) -> Value {
    match fault {
        Fault::Error(VendorError { reason, code, status, retry_after }) => {
            let error = json!({ "reason": reason, "code": code, "status": status, "retry_after": retry_after });
            json!({ "error": pruned(error) })
        }
        Fault::DelayMs(ms) => json!({ "delay_ms": ms }),
        Fault::Stall => json!({ "stall": true }),
        Fault::Reset => json!({ "reset": true }),
        Fault::Refuse => json!({ "refuse": true }),
        Fault::Goaway { reason, text, last_stream } => {
            let last_stream = match last_stream {
                LastStream::Zero => "zero",
                LastStream::Current => "current",
            };
            json!({ "goaway": pruned(json!({ "reason": reason, "text": text, "last_stream": last_stream })) })
        }
        Fault::Rubbish => json!({ "rubbish": true }),
        Fault::Status { status, body } => pruned(json!({ "status": status, "body": body })),
        Fault::Tls => json!({ "tls": true }),
        Fault::Close => json!({ "close": true }),
        Fault::MaxStreams(limit) => json!({ "max_streams": limit }),
        Fault::FallToOne => json!({ "fall_to_one": true }),
        Fault::TokenLife(secs) => json!({ "token_life_s": secs }),
    }
}

/// Without what is null.
fn pruned(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept: Map<_, _> = fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
            Value::Object(kept)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        FaultRule::parse(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_fault_survives_printing_and_reading() {
        let faults = json!([
            {"vendor": "apns", "environment": "sandbox", "match": {"token_prefix": "a", "nth": 2, "times": 3},
             "fault": {"error": {"reason": "BadTopic", "status": 403}}},
            {"vendor": "mi", "match": {"path_prefix": "/v3"}, "fault": {"error": {"code": 10002}}},
            {"vendor": "mi", "match": {}, "fault": {"delay_ms": 5}},
            {"vendor": "mi", "match": {}, "fault": {"stall": true}},
            {"vendor": "mi", "match": {}, "fault": {"reset": true}},
            {"vendor": "mi", "match": {}, "fault": {"refuse": true}},
            {"vendor": "apns", "match": {}, "fault": {"goaway": {"reason": "Shutdown", "last_stream": "current"}}},
            {"vendor": "apns", "match": {}, "fault": {"goaway": {"text": "bye", "last_stream": "zero"}}},
            {"vendor": "mi", "match": {}, "fault": {"rubbish": true}},
            {"vendor": "mi", "match": {}, "fault": {"status": 502, "body": {"a": 1}}},
            {"vendor": "mi", "match": {}, "fault": {"tls": true}},
            {"vendor": "mi", "match": {}, "fault": {"close": true}},
            {"vendor": "apns", "match": {}, "fault": {"max_streams": 7}},
            {"vendor": "apns", "match": {}, "fault": {"fall_to_one": true}},
            {"vendor": "mi", "match": {}, "fault": {"error": {"code": 10002, "retry_after": "30"}}},
            {"vendor": "mi", "match": {"path_prefix": "/token"}, "fault": {"token_life_s": 2}},
        ]);
        let rules = FaultRule::parse(faults.to_string().as_bytes()).unwrap();
        let again: Vec<_> = rules.iter().map(FaultRule::to_json).collect();
        assert_eq!(Value::Array(again), faults);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, path) in [
            (r#"{}"#, "."),
            (r#"[{"vendor": "mi", "fault": {"stall": true}, "wat": 1}]"#, "[0].wat"),
            (r#"[{"vendor": "mi", "match": {"nth": "2"}, "fault": {"stall": true}}]"#, "[0].match.nth"),
            (r#"[{"vendor": "mi", "match": {"nth": 0}, "fault": {"stall": true}}]"#, "[0].match.nth"),
            (r#"[{"vendor": "acme", "fault": {"stall": true}}]"#, "[0].vendor"),
            (r#"[{"vendor": "mi", "environment": "sandbox", "fault": {"stall": true}}]"#, "[0].environment"),
            (r#"[{"vendor": "mi", "fault": {"stall": true, "close": true}}]"#, "[0].fault"),
            (r#"[{"vendor": "mi", "fault": {"stall": false}}]"#, "[0].fault.stall"),
            (r#"[{"vendor": "mi", "fault": {"body": "x"}}]"#, "[0].fault.body"),
            (r#"[{"vendor": "mi", "fault": {"status": 99}}]"#, "[0].fault.status"),
            (r#"[{"vendor": "mi", "fault": {"error": {}}}]"#, "[0].fault.error"),
            (
                r#"[{"vendor": "mi", "fault": {"error": {"code": 1, "retry_after": "\n"}}}]"#,
                "[0].fault.error.retry_after",
            ),
            (r#"[{"vendor": "mi", "fault": {"goaway": {"last_stream": "half"}}}]"#, "[0].fault.goaway.last_stream"),
        ] {
            let text = refusal(json);
            assert!(text.starts_with(&format!("{path}: ")), "{json}: {text}");
        }
    }
}
