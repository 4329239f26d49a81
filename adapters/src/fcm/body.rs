//! The body as bytes: raw fields merged in, and within FCM's limit.

use bytes::Bytes;
use model::{Adjustment, Composition, Overflow, Refusal};
use serde_json::{Map, Value};

use super::{VENDOR, wire};
use crate::common::json_text::Excess;
use crate::common::merge_patch;

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
        merge_patch::merge(&mut tree["message"], overrides);
    }
    fit(&mut tree, push.options.overflow, adjustments)?;
    Ok(serde_json::to_vec(&tree).expect(WHY).into())
}

fn fit(tree: &mut Value, overflow: Overflow, adjustments: &mut Vec<Adjustment>) -> Result<(), Refusal> {
    let excess = Excess { bytes: counted_bytes(tree), max_bytes: MAX_BYTES };
    if excess.bytes <= MAX_BYTES {
        return Ok(());
    }
    excess.cut(tree, "/message/notification/body", overflow, adjustments)
}

fn counted_bytes(tree: &Value) -> usize {
    COUNTED.iter().filter_map(|place| tree.pointer(place)).map(|part| part.to_string().len()).sum()
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
