//! The rules for one message whose names and types are right: its target, then field by field, then its size.

use serde_json::{Map, Value};

use super::condition::is_condition;
use super::refusal::{self, Refusal, Violation};
use super::schema::TARGETS;
use super::{PACKAGE, case, scalar, size};

/// Four weeks.
const TTL_SECS: u32 = 2_419_200;
const LABEL_CHARS: usize = 50;
const WEB: &[&str] = &["http", "https"];
const RECIPIENT: &str = "Recipient of the message is not set.";
const TOPIC: &str = "Topic name contains invalid characters.";
const ARGUMENT: &str = "Request contains an invalid argument.";

type Checked = Result<(), Refusal>;

/// To whom a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'m> {
    Token(&'m str),
    /// A Firebase installation id.
    Fid(&'m str),
    Topic(&'m str),
    Condition,
}

/// A JSON object and the path to it.
#[derive(Clone, Copy)]
struct Block<'m> {
    at: &'static str,
    fields: &'m Map<String, Value>,
}

/// Checks a message.
pub(super) fn check(message: &Map<String, Value>) -> Result<Target<'_>, Refusal> {
    let target = target(message)?;
    let block = Block { at: "message", fields: message };
    data(block)?;
    if let Some(notification) = block.child("notification", "message.notification") {
        notification.url("image", WEB)?;
    }
    label(block.child("fcm_options", "message.fcm_options"))?;
    block.child("android", "message.android").map_or(Ok(()), android)?;
    block.child("apns", "message.apns").map_or(Ok(()), |apns| self::apns(apns, block))?;
    block.child("webpush", "message.webpush").map_or(Ok(()), webpush)?;
    if size::of(message) > size::BYTES {
        let details = vec![refusal::bad_request(&[]), refusal::fcm("INVALID_ARGUMENT")];
        return Err(Refusal::invalid(case::TOO_LARGE, details));
    }
    Ok(target)
}

fn target(message: &Map<String, Value>) -> Result<Target<'_>, Refusal> {
    let named = TARGETS.iter().find_map(|kind| Some((*kind, message.get(*kind)?.as_str()?)));
    match named {
        Some(("token", token)) if !token.is_empty() => Ok(Target::Token(token)),
        Some(("fid", id)) if !id.is_empty() => Ok(Target::Fid(id)),
        Some(("topic", topic)) if scalar::is_name(topic) => Ok(Target::Topic(topic)),
        Some(("topic", topic)) if !topic.is_empty() => Err(refused("message", TOPIC)),
        Some(("condition", text)) if is_condition(text) => Ok(Target::Condition),
        Some(("condition", text)) if !text.is_empty() => Err(Refusal::invalid(ARGUMENT, Vec::new())),
        _ => Err(refused("message", RECIPIENT)),
    }
}

/// Names that FCM keeps for itself.
fn data(block: Block<'_>) -> Checked {
    let Some(data) = block.fields.get("data").and_then(Value::as_object) else { return Ok(()) };
    let reserved = |key: &&String| {
        matches!(key.as_str(), "from" | "message_type" | "gcm")
            || key.starts_with("google")
            || key.starts_with("gcm.notification.")
    };
    match data.keys().find(reserved) {
        Some(key) => Err(refused(&format!("{}.data", block.at), &format!("Invalid data payload key: {key}"))),
        None => Ok(()),
    }
}

fn label(options: Option<Block<'_>>) -> Checked {
    let Some(options) = options else { return Ok(()) };
    let fine = |label: &str| label.len() <= LABEL_CHARS && scalar::is_name(label);
    options.text_is("analytics_label", fine, "Analytics label must match ^[a-zA-Z0-9-_.~%]{1,50}$.")
}

fn android(android: Block<'_>) -> Checked {
    data(android)?;
    let in_range = |ttl: &str| scalar::duration(ttl).is_ok_and(|ttl| (0..=scalar::seconds(TTL_SECS)).contains(&ttl));
    android.text_is("ttl", in_range, "TTL must be a non-negative duration of at most 4 weeks.")?;
    let own = |package: &str| package == PACKAGE;
    android.text_is(
        "restricted_package_name",
        own,
        "The package name does not match that of the registration token.",
    )?;
    label(android.child("fcm_options", "message.android.fcm_options"))?;
    let notification = android.child("notification", "message.android.notification");
    notification.map_or(Ok(()), android_notification)
}

fn android_notification(block: Block<'_>) -> Checked {
    block.text_is("color", scalar::is_color, "Notification color must be in the form #rrggbb.")?;
    block.url("image", WEB)?;
    block.needs("title_loc_args", "title_loc_key")?;
    block.needs("body_loc_args", "body_loc_key")?;
    if block.fields.get("notification_count").and_then(Value::as_i64).is_some_and(|count| count < 0) {
        return Err(block.refused("notification_count", "Notification count must be a non-negative integer."));
    }
    let timings = block.fields.get("vibrate_timings").and_then(Value::as_array);
    if timings.into_iter().flatten().any(|timing| !is_span(timing)) {
        return Err(block.refused("vibrate_timings", "Vibrate timings must be non-negative durations."));
    }
    block.child("light_settings", "message.android.notification.light_settings").map_or(Ok(()), light)
}

fn light(block: Block<'_>) -> Checked {
    for name in ["color", "light_on_duration", "light_off_duration"] {
        if !block.fields.contains_key(name) {
            return Err(block.refused(name, &format!("Light settings must have {name}.")));
        }
    }
    for name in ["light_on_duration", "light_off_duration"] {
        if !block.fields.get(name).is_some_and(is_span) {
            return Err(block.refused(name, "Light durations must be non-negative."));
        }
    }
    let parts = block.fields.get("color").and_then(Value::as_object);
    let in_range = |part: &Value| part.as_f64().is_some_and(|part| (0.0..=1.0).contains(&part));
    match parts.into_iter().flatten().all(|(_, part)| in_range(part)) {
        true => Ok(()),
        false => Err(block.refused("color", "Color components must be between 0 and 1.")),
    }
}

fn apns(apns: Block<'_>, message: Block<'_>) -> Checked {
    let options = apns.child("fcm_options", "message.apns.fcm_options");
    label(options)?;
    options.map_or(Ok(()), |options| options.url("image", WEB))?;
    let payload = apns.child("payload", "message.apns.payload");
    let aps = payload.and_then(|payload| payload.fields.get("aps"));
    if aps.is_some_and(|aps| !aps.is_object()) {
        return Err(refused("message.apns.payload", "The aps dictionary must be an object."));
    }
    let headers = apns.fields.get("headers").and_then(Value::as_object);
    let header = |name: &str| headers.and_then(|headers| headers.get(name)).and_then(Value::as_str);
    if header("apns-expiration").is_some_and(|time| !scalar::is_digits(time, 19)) {
        return Err(apns.refused("headers.apns-expiration", "apns-expiration must be a time in seconds."));
    }
    let shows = ["alert", "badge", "sound"].iter().any(|name| aps.is_some_and(|aps| aps.get(name).is_some()));
    let silent = !shows && !message.fields.contains_key("notification");
    match header("apns-priority") {
        None | Some("5" | "1") => Ok(()),
        Some("10") if !silent => Ok(()),
        Some("10") => Err(apns.refused("headers.apns-priority", "apns-priority must be 5 for data messages.")),
        Some(_) => Err(apns.refused("headers.apns-priority", "apns-priority must be 1, 5 or 10.")),
    }
}

fn webpush(webpush: Block<'_>) -> Checked {
    data(webpush)?;
    let ttl = webpush.fields.get("headers").and_then(|headers| headers.get("TTL")).and_then(Value::as_str);
    if ttl.is_some_and(|ttl| !scalar::is_digits(ttl, 18)) {
        return Err(webpush.refused("headers.TTL", "TTL must be a non-negative integer."));
    }
    let options = webpush.child("fcm_options", "message.webpush.fcm_options");
    label(options)?;
    options.map_or(Ok(()), |options| options.url("link", &["https"]))
}

fn is_span(duration: &Value) -> bool {
    duration.as_str().and_then(|text| scalar::duration(text).ok()).is_some_and(|nanos| nanos >= 0)
}

/// As the live service has it: `BadRequest` before `FcmError`, the text in both.
fn refused(field: &str, text: &str) -> Refusal {
    let violation = Violation { field: field.to_owned(), description: text.to_owned() };
    Refusal::invalid(text, vec![refusal::bad_request(&[violation]), refusal::fcm("INVALID_ARGUMENT")])
}

// === impl Block ===

impl<'m> Block<'m> {
    fn child(self, name: &str, at: &'static str) -> Option<Self> {
        let fields = self.fields.get(name)?.as_object()?;
        Some(Self { at, fields })
    }

    fn text(self, name: &str) -> Option<&'m str> {
        self.fields.get(name)?.as_str()
    }

    fn text_is(self, name: &str, fine: impl Fn(&str) -> bool, otherwise: &str) -> Checked {
        if self.text(name).is_none_or(fine) { Ok(()) } else { Err(self.refused(name, otherwise)) }
    }

    fn url(self, name: &str, schemes: &[&str]) -> Checked {
        let text = format!("Invalid URL: must be absolute, with the scheme {}.", schemes.join(" or "));
        self.text_is(name, |url| scalar::is_url(url, schemes), &text)
    }

    fn needs(self, name: &str, other: &str) -> Checked {
        let missing = self.fields.contains_key(name) && self.text(other).is_none_or(str::is_empty);
        if missing { Err(self.refused(name, &format!("{other} is required with {name}."))) } else { Ok(()) }
    }

    fn refused(self, name: &str, text: &str) -> Refusal {
        refused(&format!("{}.{name}", self.at), text)
    }
}
