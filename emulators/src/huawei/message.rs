//! The body of v1 and v2: `message` and `message.android` (https-send-api-0000001050986197, read 2026-11).

use serde_json::Value;

use super::answer::Refusal;
use super::codes::{COLLAPSE_KEY, PARAMETER, REVIEW, TOKEN_COUNT, TTL};
use super::judge::Push;
use super::rules::{ANY, Checked, Kind, Object, Rule, check, child, ensure, flag, illegal, int, rule, rule_with, text};
use super::{TARGETS_MAX, notification, shapes};

const MESSAGE: &str = "message";
const ANDROID: &str = "message.android";
const CONDITION_TOPICS: usize = 5;

/// Upper case; v3 has others.
static CATEGORIES: &[&str] = &[
    "IM",
    "VOIP",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "SYSTEM_REMINDER",
    "MAIL",
    "PLAY_VOICE",
    "MARKETING",
];

static MESSAGE_RULES: &[Rule] = &[
    rule("data", Kind::Text),
    rule("notification", Kind::Object),
    rule("android", Kind::Object),
    rule("apns", Kind::Object),
    rule("webpush", Kind::Object),
    rule("token", Kind::Texts(ANY, ANY)),
    rule("topic", Kind::Text),
    rule("condition", Kind::Text),
];

static NEUTRAL_RULES: &[Rule] =
    &[rule("title", Kind::Text), rule("body", Kind::Text), rule("image", Kind::Form("an https URL", shapes::is_https))];

static ANDROID_RULES: &[Rule] = &[
    rule_with("collapse_key", Kind::Int(-1, 100), COLLAPSE_KEY),
    rule("urgency", Kind::OneOf(&["HIGH", "NORMAL"])),
    rule("category", Kind::OneOf(CATEGORIES)),
    rule_with("ttl", Kind::Form("a string of seconds, at most 1296000s", shapes::is_ttl), TTL),
    rule("bi_tag", Kind::Text),
    rule("receipt_id", Kind::Text),
    rule("fast_app_target", Kind::IntOf(&[1, 2])),
    rule("target_user_type", Kind::IntOf(&[0, 1])),
    rule("data", Kind::Text),
    rule("notification", Kind::Object),
];

/// Checks a body; answers whom it is for.
pub(super) fn check_body(body: &Object) -> Result<Push<'_>, Refusal> {
    check(body, "body", &[rule_with("validate_only", Kind::Bool, PARAMETER)])?;
    if body.contains_key("review") {
        return Err(Refusal::plain(REVIEW));
    }
    let message = match body.get("message") {
        // misspelt, most likely: then there are no tokens
        None => return Err(Refusal::plain(TOKEN_COUNT)),
        Some(message) => message.as_object().ok_or_else(|| illegal(MESSAGE, "must be an object"))?,
    };
    check(message, MESSAGE, MESSAGE_RULES)?;
    let tokens = audience(message)?;
    let empty = Object::new();
    let android = child(message, "android");
    check(android.unwrap_or(&empty), ANDROID, ANDROID_RULES)?;
    contents(message, android)?;
    let test = android.and_then(|android| int(android, "target_user_type")) == Some(1);
    Ok(Push { tokens, test, dry: flag(body, "validate_only") })
}

/// Exactly one of token, topic and condition; the tokens, if it is those.
fn audience(message: &Object) -> Result<Vec<&str>, Refusal> {
    let given: Vec<_> =
        ["token", "topic", "condition"].into_iter().filter(|name| message.contains_key(*name)).collect();
    match given[..] {
        ["token"] => tokens(message),
        ["topic"] => ensure(text(message, "topic").is_some(), "message.topic", "is empty").map(|()| Vec::new()),
        ["condition"] => condition(text(message, "condition").unwrap_or_default()).map(|()| Vec::new()),
        [] => Err(Refusal::plain(TOKEN_COUNT)),
        _ => Err(illegal(MESSAGE, "must have exactly one of token, topic and condition")),
    }
}

fn tokens(message: &Object) -> Result<Vec<&str>, Refusal> {
    let listed = message.get("token").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !(1..=TARGETS_MAX).contains(&listed.len()) {
        return Err(Refusal::plain(TOKEN_COUNT));
    }
    Ok(listed.iter().filter_map(Value::as_str).collect())
}

/// `'a' in topics && ...`, up to five.
fn condition(text: &str) -> Checked {
    let topics = text.matches(" in topics").count();
    ensure((1..=CONDITION_TOPICS).contains(&topics), "message.condition", "must name one to five topics")
}

/// A notification needs its Android part; without any notification there must be data.
fn contents(message: &Object, android: Option<&Object>) -> Checked {
    let neutral = child(message, "notification");
    if let Some(neutral) = neutral {
        check(neutral, "message.notification", NEUTRAL_RULES)?;
    }
    let category = android.and_then(|android| text(android, "category"));
    match (neutral, android.and_then(|android| child(android, "notification"))) {
        (_, Some(_)) if category == Some("PLAY_VOICE") => {
            Err(illegal("message.android.category", "PLAY_VOICE is for data messages"))
        }
        (neutral, Some(own)) => notification::check_notification(own, neutral),
        (Some(_), None) => Err(illegal("No valid android notification payload", "in message.android")),
        (None, None) => {
            let data = |object: Option<&Object>| object.is_some_and(|object| text(object, "data").is_some());
            ensure(data(Some(message)) || data(android), MESSAGE, "has neither data nor notification")
        }
    }
}
