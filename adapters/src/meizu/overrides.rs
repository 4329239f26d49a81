//! `overrides.meizu`: raw fields merged into `messageJson`, last (JSON merge patch, RFC 7396).
//!
//! `messageJson` holds what is shown and how, never to whom or on whose behalf; so the fields of the form that do are
//! refused by name, before somebody believes that they were taken.

use model::Refusal;
use serde_json::{Map, Value};

const FIELD: &str = "message.overrides.meizu";

/// Fields of the form, not of `messageJson`.
const FORBIDDEN: [&str; 13] = [
    "appId",
    "appKey",
    "appSecret",
    "sign",
    "pushId",
    "pushIds",
    "alias",
    "tagNames",
    "scope",
    "taskId",
    "pushType",
    "restrictedPackageNames",
    "messageJson",
];

/// The objects that `messageJson` consists of.
const GROUPS: [&str; 7] =
    ["noticeBarInfo", "noticeExpandInfo", "clickTypeInfo", "pushTimeInfo", "advanceInfo", "vipInfo", "extra"];

/// Merges the raw fields into the message.
pub(super) fn merge(message: &mut Value, fields: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(name) = fields.keys().find(|name| is_forbidden(name)) {
        let detail = format!("must not set \"{name}\": targets, package and authentication are the channel's own");
        return Err(Refusal::rejected(FIELD, detail));
    }
    let is_misshapen = |name: &str| fields.get(name).is_some_and(|group| !group.is_object() && !group.is_null());
    if let Some(name) = GROUPS.into_iter().find(|name| is_misshapen(name)) {
        return Err(Refusal::rejected(FIELD, format!("{name} must be an object")));
    }
    merge_fields(message, fields);
    Ok(())
}

fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.iter().any(|forbidden| name.trim().eq_ignore_ascii_case(forbidden))
}

fn merge_fields(place: &mut Value, patch: &Map<String, Value>) {
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    let Value::Object(place) = place else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(place.shift_remove(name)),
            Value::Object(patch) => merge_fields(place.entry(name.clone()).or_insert(Value::Null), patch),
            value => drop(place.insert(name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_is_merged_as_rfc_7396_says() {
        let mut message = json!({"a": {"b": 1, "c": [1, 2]}, "d": "e"});
        let patch = json!({"a": {"b": null, "c": [3]}, "d": {"f": null, "g": {"h": 1}}, "i": null});
        merge_fields(&mut message, patch.as_object().unwrap());
        assert_eq!(message, json!({"a": {"c": [3]}, "d": {"g": {"h": 1}}}));
    }
}
