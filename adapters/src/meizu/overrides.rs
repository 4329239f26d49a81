//! `overrides.meizu`: raw fields merged into `messageJson`, last (JSON merge patch, RFC 7396).
//!
//! `messageJson` holds what is shown and how, never to whom or on whose behalf; so the fields of the form that do are
//! refused by name, before somebody believes that they were taken.

use model::Refusal;
use serde_json::{Map, Value};

use crate::common::merge_patch;

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
    merge_patch::merge(message, fields);
    Ok(())
}

fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.iter().any(|forbidden| name.trim().eq_ignore_ascii_case(forbidden))
}
