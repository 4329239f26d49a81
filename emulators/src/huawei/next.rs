//! The body of v3, for HarmonyOS NEXT: `payload`, `target`, `pushOptions` (push-scenariozed-api-request-param and
//! -request-struct, read 2026-11). The header `push-type` says which payload it is.

use serde_json::Value;

use super::answer::Refusal;
use super::codes::{COLLAPSE_KEY, PARAMETER, TEST_TOKENS, TOKEN_COUNT, TTL};
use super::judge::Push;
use super::rules::{
    ANY, Checked, Kind, Object, Rule, check, child, ensure, filled, flag, illegal, int, required, required_object,
    rule, rule_with, text,
};
use super::{TARGETS_MAX, shapes};

const PAYLOAD: &str = "payload";
const NOTIFICATION: &str = "payload.notification";
const CLICK: &str = "payload.notification.clickAction";
const OPTIONS: &str = "pushOptions";
const TEST_TOKENS_MAX: usize = 10;
const TAG_BYTES: usize = 64;

/// What the header `push-type` chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PushType {
    Alert,
    Form,
    Voice,
    Background,
    Call,
}

static CATEGORIES: &[&str] = &[
    "IM",
    "VOIP",
    "MISS_CALL",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "PLAY_VOICE",
    "MARKETING",
];

static NOTIFICATION_RULES: &[Rule] = &[
    rule("category", Kind::OneOf(CATEGORIES)),
    rule("title", Kind::Text),
    rule("body", Kind::Text),
    rule("clickAction", Kind::Object),
    rule("image", Kind::Form("an https URL", shapes::is_https)),
    rule("style", Kind::IntOf(&[0, 1, 3])),
    rule("bigTitle", Kind::Text),
    rule("bigBody", Kind::Text),
    rule("inboxContent", Kind::Texts(3, 1024)),
    rule("notifyId", Kind::Int(-1, i32::MAX as i64)),
    rule("appMessageId", Kind::Form("1 to 64 letters, digits, +/=_- and blanks", is_message_id)),
    rule("profileId", Kind::TextUpTo(64)),
    rule("badge", Kind::Object),
    rule("sound", Kind::Text),
    rule("soundDuration", Kind::Int(1, 60)),
    rule("foregroundShow", Kind::Bool),
];

/// Type 5, dialling, is for live views.
static CLICK_RULES: &[Rule] = &[
    rule("actionType", Kind::IntOf(&[0, 1, 3])),
    rule("action", Kind::Text),
    rule("uri", Kind::Text),
    rule("data", Kind::Object),
];

static BADGE_RULES: &[Rule] = &[rule("addNum", Kind::Int(1, 99)), rule("setNum", Kind::Int(0, 99))];

static OPTION_RULES: &[Rule] = &[
    rule("testMessage", Kind::Bool),
    rule_with("ttl", Kind::Int(0, shapes::TTL_MAX_SECS as i64), TTL),
    rule("biTag", Kind::Form("a string of at most 64 bytes", |tag| tag.len() <= TAG_BYTES)),
    rule("receiptId", Kind::Text),
    rule_with("collapseKey", Kind::Int(-1, 100), COLLAPSE_KEY),
    rule("backgroundMode", Kind::IntOf(&[0, 1])),
];

static FORM_FIELDS: &[&str] = &["formId", "version", "moduleName", "formName", "abilityName", "formData"];

/// Checks a body; answers whom it is for.
pub(super) fn check_body(body: &Object, push_type: PushType) -> Result<Push<'_>, Refusal> {
    let target = match body.get("target") {
        // misspelt, most likely: then there are no tokens
        None => return Err(Refusal::plain(TOKEN_COUNT)),
        Some(target) => target.as_object().ok_or_else(|| illegal("target", "must be an object"))?,
    };
    check(target, "target", &[rule("token", Kind::Texts(ANY, ANY))])?;
    check(body, "body", &[rule(OPTIONS, Kind::Object)])?;
    let empty = Object::new();
    let options = child(body, OPTIONS).unwrap_or(&empty);
    check_options(options, push_type)?;
    let test = flag(options, "testMessage");
    let tokens = tokens(target, push_type, test)?;
    payload(required_object(body, "body", PAYLOAD)?, push_type)?;
    Ok(Push { tokens, test, dry: false })
}

fn tokens(target: &Object, push_type: PushType, test: bool) -> Result<Vec<&str>, Refusal> {
    let listed = target.get("token").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let most = if push_type == PushType::Form { 1 } else { TARGETS_MAX };
    if !(1..=most).contains(&listed.len()) {
        return Err(Refusal::new(TOKEN_COUNT, format!("token count should within 1 and {most}")));
    }
    if test && listed.len() > TEST_TOKENS_MAX {
        return Err(Refusal::plain(TEST_TOKENS));
    }
    Ok(listed.iter().filter_map(Value::as_str).collect())
}

fn check_options(options: &Object, push_type: PushType) -> Checked {
    check(options, OPTIONS, OPTION_RULES)?;
    if options.contains_key("collapseKey") && !matches!(push_type, PushType::Alert | PushType::Voice) {
        return Err(Refusal::new(COLLAPSE_KEY, "collapseKey is for push-type 0 and 2"));
    }
    let fits = !options.contains_key("backgroundMode") || push_type == PushType::Background;
    ensure(fits, "pushOptions.backgroundMode", "is for push-type 6")
}

fn payload(payload: &Object, push_type: PushType) -> Checked {
    match push_type {
        PushType::Alert => notification(payload).map(drop),
        PushType::Form => form(payload),
        PushType::Voice => {
            let category = notification(payload)?;
            ensure(category == Some("PLAY_VOICE"), NOTIFICATION, "of push-type 2 must have category PLAY_VOICE")?;
            required(payload, PAYLOAD, &["extraData"])
        }
        PushType::Background => {
            check(payload, PAYLOAD, &[rule("proxyData", Kind::OneOf(&["ENABLE"]))])?;
            required(payload, PAYLOAD, &["extraData"])
        }
        PushType::Call => required(payload, PAYLOAD, &["extraData"]),
    }
}

fn form(payload: &Object) -> Checked {
    check(payload, PAYLOAD, &[rule("images", Kind::List(1))])?;
    FORM_FIELDS.iter().try_for_each(|name| {
        let there = payload.get(*name).is_some_and(|value| !value.is_null());
        ensure(there, &format!("{PAYLOAD}.{name}"), "is required")
    })
}

/// Checks the notification; answers its category.
fn notification(payload: &Object) -> Result<Option<&str>, Refusal> {
    let own = required_object(payload, PAYLOAD, "notification")?;
    check(own, NOTIFICATION, NOTIFICATION_RULES)?;
    required(own, NOTIFICATION, &["category", "title", "body"])?;
    click(required_object(own, NOTIFICATION, "clickAction")?)?;
    match int(own, "style") {
        Some(1) => required(own, NOTIFICATION, &["bigTitle", "bigBody"])?,
        Some(3) => ensure(filled(own, "inboxContent"), NOTIFICATION, "of style 3 must have inboxContent")?,
        _ => {}
    }
    let lone = own.contains_key("soundDuration") && text(own, "sound").is_none();
    ensure(!lone, "payload.notification.soundDuration", "goes with sound only")?;
    if let Some(badge) = child(own, "badge") {
        check(badge, "payload.notification.badge", BADGE_RULES)?;
    }
    Ok(text(own, "category"))
}

fn click(click: &Object) -> Checked {
    check(click, CLICK, CLICK_RULES)?;
    match int(click, "actionType") {
        None => Err(illegal(CLICK, "must have an actionType")),
        Some(1) => {
            let page = text(click, "action").or(text(click, "uri"));
            ensure(page.is_some(), CLICK, "of actionType 1 must have action or uri")
        }
        Some(_) => Ok(()),
    }
}

fn is_message_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_- ".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

// === impl PushType ===

impl PushType {
    /// The value of the header. Live views (7) are not emulated.
    pub(super) fn read(header: Option<&str>) -> Result<Self, Refusal> {
        match header {
            Some("0") => Ok(Self::Alert),
            Some("1") => Ok(Self::Form),
            Some("2") => Ok(Self::Voice),
            Some("6") => Ok(Self::Background),
            Some("10") => Ok(Self::Call),
            Some(_) => Err(Refusal::new(PARAMETER, "push-type must be one of 0, 1, 2, 6, 10")),
            None => Err(Refusal::new(PARAMETER, "push-type is required")),
        }
    }
}
