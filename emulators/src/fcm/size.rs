//! How large a message is: the bytes of keys and values, per platform that it may reach.

use serde_json::{Map, Value};

/// The documented limit. (The live service was seen to take a little more.)
pub(super) const BYTES: usize = 4096;

/// The largest of its platform forms, in bytes.
pub(super) fn of(message: &Map<String, Value>) -> usize {
    let apns = message.get("apns").and_then(|apns| apns.get("payload")).map_or(0, |payload| payload.to_string().len());
    merged(message, "android").max(merged(message, "webpush")).max(apns)
}

/// A platform's own data replaces the common one, its notification overrides the common one field by field.
fn merged(message: &Map<String, Value>, platform: &str) -> usize {
    let own = |part: &str| message.get(platform).and_then(|block| block.get(part)).and_then(Value::as_object);
    let common = |part: &str| message.get(part).and_then(Value::as_object);
    let data = own("data").or_else(|| common("data")).map_or(0, fields);
    let overridden = own("notification");
    let is_own = |name: &String| overridden.is_some_and(|own| own.contains_key(name));
    let shown = common("notification").into_iter().flatten().filter(|(name, _)| !is_own(name));
    let shown: usize = shown.map(|(name, value)| name.len() + bytes(value)).sum();
    data + shown + overridden.map_or(0, fields)
}

fn fields(object: &Map<String, Value>) -> usize {
    object.iter().map(|(name, value)| name.len() + bytes(value)).sum()
}

fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(bytes).sum(),
        Value::Object(object) => fields(object),
        other => other.to_string().len(),
    }
}
