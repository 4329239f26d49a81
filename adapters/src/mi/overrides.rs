//! `overrides.mi`: raw fields of the form, merged last.
//!
//! Names are the vendor's. Texts are taken as they are, numbers and booleans as text, objects and arrays as JSON text
//! (`extra.template_param` is one); `null` takes a field out. `"extra": {..}` stands for fields `extra.<key>`.

use model::Refusal;
use serde_json::{Map, Value};

use super::form::Form;
use crate::common::text_field::length;

const FIELD: &str = "message.overrides.mi";

const EXTRA: &str = "extra.";

/// Fields that say to whom and on whose behalf: never the message's to set.
const FORBIDDEN: [&str; 10] = [
    "registration_id",
    "alias",
    "user_account",
    "topic",
    "topics",
    "topic_op",
    "messages",
    "restricted_package_name",
    "authorization",
    "app_secret",
];

/// Keys below `extra.` that the vendor gives a meaning; all others are the developer's own and counted (pId=1559, 1558).
const VENDOR_KEYS: [&str; 34] = [
    "app_version",
    "app_version_not_in",
    "badge",
    "callback",
    "callback.param",
    "callback.type",
    "channel_description",
    "channel_id",
    "channel_name",
    "class_name",
    "connpt",
    "flow_control",
    "intent_flag",
    "intent_uri",
    "jobkey",
    "layout_name",
    "layout_value",
    "locale",
    "locale_not_in",
    "model",
    "model_not_in",
    "notification_bigPic_uri",
    "notification_large_icon_uri",
    "notification_small_icon_color",
    "notification_small_icon_uri",
    "notification_style_type",
    "notify_effect",
    "notify_foreground",
    "only_send_once",
    "sound_uri",
    "template_id",
    "template_param",
    "ticker",
    "web_uri",
];

/// Developer pairs of one message (65014 beyond).
const MAX_DEVELOPER_PAIRS: usize = 10;

/// Characters of all developer keys and values together (65015 beyond).
const MAX_DEVELOPER_CHARS: usize = 1024;

/// The vendor's action buttons: `_left_name`, `_mid_web_uri`, ...
const BUTTON_KEYS: &str = "notification_style_button_";

/// Merges the raw fields into the form.
pub(super) fn merge<'a>(form: &mut Form<'a>, fields: &'a Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("extra", Value::Null) => form.drop_below(EXTRA),
            ("extra", Value::Object(extras)) => {
                extras.iter().for_each(|(key, value)| merge_one(form, format!("{EXTRA}{key}"), value));
            }
            ("extra", _) => return Err(Refusal::rejected(FIELD, "extra must be an object")),
            (name, _) if is_forbidden(name) => return Err(forbidden(name)),
            (name, value) => merge_one(form, name.to_owned(), value),
        }
    }
    check_developer_pairs(form)
}

fn merge_one<'a>(form: &mut Form<'a>, name: String, value: &'a Value) {
    match value {
        Value::Null => form.drop_field(&name),
        Value::String(text) => form.set(name, text.as_str()),
        other => form.set(name, other.to_string()),
    }
}

fn is_forbidden(name: &str) -> bool {
    name.trim().is_empty() || FORBIDDEN.iter().any(|forbidden| name.trim().eq_ignore_ascii_case(forbidden))
}

fn forbidden(name: &str) -> Refusal {
    let detail = format!("must not set \"{name}\": targets, package and authentication are the channel's own");
    Refusal::rejected(FIELD, detail)
}

/// Only overrides can bring the developer's own keys: `message.data` travels in `payload`.
fn check_developer_pairs(form: &Form<'_>) -> Result<(), Refusal> {
    let is_own = |key: &str| !VENDOR_KEYS.contains(&key) && !key.starts_with(BUTTON_KEYS);
    let own: Vec<usize> =
        form.below(EXTRA).filter(|(key, _)| is_own(key)).map(|(key, value)| length(key) + length(value)).collect();
    let (pairs, chars) = (own.len(), own.iter().sum::<usize>());
    if pairs > MAX_DEVELOPER_PAIRS {
        let detail = format!("would send {pairs} extras of the app's own; Mi takes {MAX_DEVELOPER_PAIRS}");
        return Err(Refusal::rejected(FIELD, detail));
    }
    if chars > MAX_DEVELOPER_CHARS {
        let detail = format!("extras of the app's own would be {chars} characters; Mi takes {MAX_DEVELOPER_CHARS}");
        return Err(Refusal::rejected(FIELD, detail));
    }
    Ok(())
}
