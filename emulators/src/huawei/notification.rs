//! `message.android.notification` of v1 and v2, with its tap action, badge and buttons.

use serde_json::Value;

use super::rules::{
    ANY, Checked, Kind, Object, Rule, check, child, ensure, filled, illegal, int, required_object, rule, text,
};
use super::shapes;
use crate::intent;

const AT: &str = "message.android.notification";
const CLICK: &str = "message.android.notification.click_action";
const BADGE: &str = "message.android.notification.badge";
const BUTTON: &str = "message.android.notification.buttons[]";
const LIGHT: &str = "message.android.notification.light_settings";
const INBOX: Kind = Kind::Texts(5, 1024);
const LANGUAGES_MAX: usize = 3;

static RULES: &[Rule] = &[
    rule("title", Kind::Text),
    rule("body", Kind::Text),
    rule("click_action", Kind::Object),
    rule("icon", Kind::Form("/raw/<name>", shapes::is_raw_resource)),
    rule("color", Kind::Form("#RRGGBB", shapes::is_color)),
    rule("sound", Kind::Text),
    rule("default_sound", Kind::Bool),
    rule("tag", Kind::Text),
    rule("notify_id", Kind::Int(-1, i32::MAX as i64)),
    rule("group", Kind::Text),
    rule("channel_id", Kind::Text),
    rule("importance", Kind::OneOf(&["LOW", "NORMAL"])),
    rule("style", Kind::IntOf(&[0, 1, 3])),
    rule("big_title", Kind::Text),
    rule("big_body", Kind::Text),
    rule("inbox_content", INBOX),
    rule("image", Kind::Form("an https URL", shapes::is_https)),
    rule("notify_summary", Kind::Text),
    rule("body_loc_key", Kind::Text),
    rule("body_loc_args", Kind::Texts(ANY, ANY)),
    rule("title_loc_key", Kind::Text),
    rule("title_loc_args", Kind::Texts(ANY, ANY)),
    rule("multi_lang_key", Kind::Object),
    rule("badge", Kind::Object),
    rule("foreground_show", Kind::Bool),
    rule("auto_clear", Kind::Int(1, i64::MAX)),
    rule("profile_id", Kind::TextUpTo(64)),
    rule("buttons", Kind::List(3)),
    rule("when", Kind::Form("a UTC time", shapes::is_utc)),
    rule("use_default_vibrate", Kind::Bool),
    rule("use_default_light", Kind::Bool),
    rule("vibrate_config", Kind::Texts(10, ANY)),
    rule("light_settings", Kind::Object),
    rule("visibility", Kind::OneOf(&["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"])),
    rule("ticker", Kind::Text),
    rule("auto_cancel", Kind::Bool),
    rule("local_only", Kind::Bool),
];

/// Type 4, a rich resource, is gone.
static CLICK_RULES: &[Rule] = &[
    rule("type", Kind::IntOf(&[1, 2, 3])),
    rule("intent", Kind::Text),
    rule("action", Kind::Text),
    rule("url", Kind::Form("an https URL", shapes::is_https)),
];

static BADGE_RULES: &[Rule] =
    &[rule("add_num", Kind::Int(1, 99)), rule("set_num", Kind::Int(0, 99)), rule("class", Kind::Text)];

static BUTTON_RULES: &[Rule] = &[
    rule("name", Kind::TextUpTo(40)),
    rule("action_type", Kind::Int(0, 4)),
    rule("intent_type", Kind::IntOf(&[0, 1])),
    rule("intent", Kind::Text),
    rule("data", Kind::TextUpTo(1024)),
];

static LIGHT_RULES: &[Rule] = &[
    rule("color", Kind::Object),
    rule("light_on_duration", Kind::Form("a duration", shapes::is_duration)),
    rule("light_off_duration", Kind::Form("a duration", shapes::is_duration)),
];

static LIGHT_COLOR_RULES: &[Rule] =
    &[rule("alpha", Kind::Share), rule("red", Kind::Share), rule("green", Kind::Share), rule("blue", Kind::Share)];

/// Checks a notification; `neutral` is `message.notification`, which may have title and body.
pub(super) fn check_notification(own: &Object, neutral: Option<&Object>) -> Checked {
    check(own, AT, RULES)?;
    for name in ["title", "body"] {
        let there = text(own, name).or(neutral.and_then(|neutral| text(neutral, name)));
        ensure(there.is_some(), &format!("{AT}.{name}"), "is required")?;
    }
    click(required_object(own, AT, "click_action")?)?;
    sound(own)?;
    style(own)?;
    localized(own)?;
    lights(own)?;
    if let Some(badge) = child(own, "badge") {
        check(badge, BADGE, BADGE_RULES)?;
    }
    list(own, "buttons").iter().try_for_each(button)
}

fn click(click: &Object) -> Checked {
    check(click, CLICK, CLICK_RULES)?;
    match int(click, "type") {
        None => Err(illegal(CLICK, "must have a type")),
        Some(1) => match text(click, "intent") {
            Some(uri) => match intent::fault(uri) {
                Some(fault) => Err(illegal(&format!("{CLICK}.intent"), &fault)),
                None => Ok(()),
            },
            None => ensure(text(click, "action").is_some(), CLICK, "of type 1 must have intent or action"),
        },
        Some(2) => ensure(text(click, "url").is_some(), CLICK, "of type 2 must have a url"),
        Some(_) => Ok(()),
    }
}

/// Without the system's tone there must be one.
fn sound(own: &Object) -> Checked {
    let own_tone = own.get("default_sound") == Some(&Value::Bool(false));
    ensure(!own_tone || text(own, "sound").is_some(), &format!("{AT}.sound"), "must not be empty without default_sound")
}

fn style(own: &Object) -> Checked {
    match int(own, "style") {
        Some(1) => {
            let big = text(own, "big_title").is_some() && text(own, "big_body").is_some();
            ensure(big, AT, "of style 1 must have big_title and big_body")
        }
        Some(3) => ensure(filled(own, "inbox_content"), AT, "of style 3 must have inbox_content"),
        _ => Ok(()),
    }
}

/// Arguments need their key; a key has at most three languages.
fn localized(own: &Object) -> Checked {
    for (key, args) in [("title_loc_key", "title_loc_args"), ("body_loc_key", "body_loc_args")] {
        ensure(!filled(own, args) || text(own, key).is_some(), &format!("{AT}.{args}"), "needs its key")?;
    }
    let few = |languages: &Value| languages.as_object().is_some_and(|languages| languages.len() <= LANGUAGES_MAX);
    let keys = child(own, "multi_lang_key");
    ensure(
        keys.is_none_or(|keys| keys.values().all(few)),
        &format!("{AT}.multi_lang_key"),
        "must have at most three languages per key",
    )
}

fn lights(own: &Object) -> Checked {
    let steps = list(own, "vibrate_config").iter().filter_map(Value::as_str).all(shapes::is_vibration);
    ensure(steps, &format!("{AT}.vibrate_config"), "must have durations above 0 and up to 60 seconds")?;
    let Some(light) = child(own, "light_settings") else { return Ok(()) };
    check(light, LIGHT, LIGHT_RULES)?;
    child(light, "color").map_or(Ok(()), |color| check(color, &format!("{LIGHT}.color"), LIGHT_COLOR_RULES))
}

fn button(button: &Value) -> Checked {
    let button = button.as_object().ok_or_else(|| illegal(BUTTON, "must be an object"))?;
    check(button, BUTTON, BUTTON_RULES)?;
    let Some(kind) = int(button, "action_type") else { return Err(illegal(BUTTON, "must have an action_type")) };
    ensure(text(button, "name").is_some(), BUTTON, "must have a name")?;
    let complete = match kind {
        1 => text(button, "intent").is_some() && button.contains_key("intent_type"),
        2 => text(button, "intent").is_some(),
        4 => text(button, "data").is_some(),
        _ => true,
    };
    ensure(complete, BUTTON, "lacks what its action_type needs")
}

fn list<'o>(object: &'o Object, name: &str) -> &'o [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
