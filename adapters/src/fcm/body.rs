//! The body as bytes: raw fields merged in, and within FCM's limit.

use bytes::Bytes;
use model::{Adjustment, Composition, Overflow, Refusal};
use serde_json::{Map, Value};

use super::{VENDOR, wire};

/// What data and notification may come to. FCM's documents speak of "4096 bytes" of payload and leave open how they count;
/// a message just over it was still taken (recorded 2026-07). We count their JSON, which is the safe side.
pub(super) const MAX_BYTES: usize = 4096;

const FIELD: &str = "message.overrides.fcm";

/// The parts of a body that count.
const COUNTED: [&str; 4] =
    ["/message/notification", "/message/data", "/message/android/notification", "/message/android/data"];

/// Fields of the message and the body that say to whom, or whether at all: never the push's to set.
const FORBIDDEN: [&str; 8] = ["token", "fid", "topic", "condition", "name", "message", "validate_only", "validateOnly"];

/// The same, one level down.
const FORBIDDEN_BELOW: [(&str, &str); 4] = [
    ("android", "restricted_package_name"),
    ("android", "restrictedPackageName"),
    ("apns", "live_activity_token"),
    ("apns", "liveActivityToken"),
];

/// The bytes of a body, shortened where the caller allows it.
pub(super) fn fitted(
    body: &wire::Body<'_>,
    push: &Composition<'_>,
    adjustments: &mut Vec<Adjustment>,
) -> Result<Bytes, Refusal> {
    const WHY: &str = "texts and numbers are JSON";
    let overrides = push.message.overrides_for(VENDOR);
    let bytes = serde_json::to_vec(body).expect(WHY);
    if overrides.is_none() && bytes.len() <= MAX_BYTES {
        return Ok(bytes.into());
    }
    let mut tree = serde_json::to_value(body).expect(WHY);
    if let Some(overrides) = overrides {
        check(overrides)?;
        overrides.iter().for_each(|(key, patch)| merge(&mut tree["message"][key], patch));
        drop_nulls(&mut tree["message"]);
    }
    fit(&mut tree, push.options.overflow, adjustments)?;
    Ok(serde_json::to_vec(&tree).expect(WHY).into())
}

fn fit(tree: &mut Value, overflow: Overflow, adjustments: &mut Vec<Adjustment>) -> Result<(), Refusal> {
    let size = counted_bytes(tree);
    if size <= MAX_BYTES {
        return Ok(());
    }
    if overflow == Overflow::Refuse || !shorten(tree, size - MAX_BYTES) {
        return Err(Refusal::too_large(size, MAX_BYTES));
    }
    adjustments.push(Adjustment::new("body", format!("shortened to fit {MAX_BYTES} bytes")));
    Ok(())
}

fn counted_bytes(tree: &Value) -> usize {
    COUNTED.iter().filter_map(|place| tree.pointer(place)).map(|part| part.to_string().len()).sum()
}

/// Cuts the body text by so many bytes of JSON, on a character boundary; whether it was that long.
fn shorten(tree: &mut Value, excess_bytes: usize) -> bool {
    const ELLIPSIS: &str = "…";
    let Some(Value::String(text)) = tree.pointer_mut("/message/notification/body") else { return false };
    let mut to_remove = excess_bytes + ELLIPSIS.len();
    let mut kept = text.len();
    for (index, char) in text.char_indices().rev() {
        if to_remove == 0 {
            break;
        }
        kept = index;
        to_remove = to_remove.saturating_sub(json_bytes(char));
    }
    if to_remove > 0 {
        return false;
    }
    *text = format!("{}{ELLIPSIS}", text[..kept].trim_end());
    true
}

/// How many bytes a character takes inside a JSON string.
fn json_bytes(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        char if char < ' ' => 6,
        char => char.len_utf8(),
    }
}

fn check(overrides: &Map<String, Value>) -> Result<(), Refusal> {
    let below = |(outer, inner): &(&str, &str)| overrides.get(*outer).is_some_and(|fields| fields.get(inner).is_some());
    let name = FORBIDDEN.iter().find(|name| overrides.contains_key(**name)).map(|name| (*name).to_owned());
    let name = name
        .or_else(|| FORBIDDEN_BELOW.iter().find(|names| below(names)).map(|(outer, inner)| format!("{outer}.{inner}")));
    if let Some(name) = name {
        let detail = format!(
            "must not set \"{name}\": targets, package and validate_only are the channel's own; \
             all fields are those of the message itself"
        );
        return Err(Refusal::rejected(FIELD, detail));
    }
    // Anything else would take the package away.
    match overrides.get("android") {
        None | Some(Value::Object(_)) => Ok(()),
        Some(_) => Err(Refusal::rejected(FIELD, "android must be an object")),
    }
}

/// JSON merge patch (RFC 7396), but nulls stay until [`drop_nulls`].
fn merge(place: &mut Value, patch: &Value) {
    match (place, patch) {
        (Value::Object(place), Value::Object(patch)) => {
            patch.iter().for_each(|(key, patch)| merge(place.entry(key.clone()).or_insert(Value::Null), patch));
        }
        (place, patch) => *place = patch.clone(),
    }
}

fn drop_nulls(tree: &mut Value) {
    if let Value::Object(fields) = tree {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(drop_nulls);
    }
}
