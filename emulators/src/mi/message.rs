//! The rules for one message, whatever its targets: fields in the order of the server API page (pId=1559).

use super::answer::Refusal;
use super::form::{self, extra};
use super::{APP_CHANNELS, AppChannel, PACKAGE, template};
use crate::form::Form;
use crate::intent;

const TITLE_CHARS: usize = 50;
const DESCRIPTION_CHARS: usize = 128;
const PAYLOAD_CHARS: usize = 4096;
const SCHEDULE_MAX_MS: u64 = 30 * 86_400_000;
const EXTRA_PAIRS: usize = 10;
const EXTRA_CHARS: usize = 1024;
const JOBKEY_CHARS: usize = 12;
const CALLBACK_BYTES: usize = 128;
const CALLBACK_PARAM_BYTES: usize = 64;

const MISSING: i64 = 10016;
const ILLEGAL: i64 = 10017;

/// Extras that the vendor defines; every other one is the developer's and counts against the cap.
static VENDOR_EXTRAS: &[&str] = &[
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
/// `notification_style_button_left_name` and its kin.
const BUTTON_EXTRAS: &str = "notification_style_button_";

type Checked = Result<(), Refusal>;

/// Checks a message. `v3` takes a list of packages.
pub(super) fn check(form: &Form, v3: bool, now_ms: u64) -> Checked {
    packages(form, v3)?;
    let silent = one_of(form.get("pass_through"), "pass_through", &["0", "1"])?.unwrap_or("0") == "1";
    if !silent {
        text(form, "title", TITLE_CHARS)?;
        text(form, "description", DESCRIPTION_CHARS)?;
    }
    if form.get("payload").is_some_and(|payload| payload.chars().count() >= PAYLOAD_CHARS) {
        return Err(Refusal::plain(65009));
    }
    notify_type(form)?;
    if form.get("notify_id").is_some_and(|id| id.parse::<i32>().is_err()) {
        return Err(Refusal::new(22103, "notify_id is not a 32-bit integer"));
    }
    time_to_send(form, now_ms)?;
    extras(form)?;
    let channel = if silent { known_channel(form) } else { Some(channel(form)?) };
    time_to_live(form, channel)?;
    if !silent {
        tap(form)?;
    }
    callback(form)
}

fn packages(form: &Form, v3: bool) -> Checked {
    let Some(packages) = form.get("restricted_package_name") else { return Ok(()) };
    let own = if v3 { packages.split(',').all(|package| package == PACKAGE) } else { packages == PACKAGE };
    if own { Ok(()) } else { Err(Refusal::plain(22022)) }
}

/// There, not blank, and shorter than `limit`: "length < 50, every character counts 1".
fn text(form: &Form, name: &str, limit: usize) -> Checked {
    let Some(text) = form.get(name) else { return Err(missing(name)) };
    if text.trim().is_empty() {
        return Err(illegal(name, "is blank"));
    }
    if text.chars().count() >= limit {
        return Err(illegal(name, &format!("must be shorter than {limit} characters")));
    }
    Ok(())
}

/// -1 for all, or a mask of 1 sound, 2 vibration, 4 lights; 0 is silence.
fn notify_type(form: &Form) -> Checked {
    match form.get("notify_type").map(str::parse) {
        None | Some(Ok(-1..=7)) => Ok(()),
        Some(_) => Err(illegal("notify_type", "is not -1 or a mask of 1, 2 and 4")),
    }
}

fn time_to_send(form: &Form, now_ms: u64) -> Checked {
    match form.get("time_to_send").map(str::parse::<u64>) {
        None => Ok(()),
        Some(Ok(at)) if at <= now_ms.saturating_add(SCHEDULE_MAX_MS) => Ok(()),
        Some(Ok(_)) => Err(illegal("time_to_send", "is more than 30 days ahead")),
        Some(Err(_)) => Err(illegal("time_to_send", "is not a time in milliseconds")),
    }
}

fn time_to_live(form: &Form, channel: Option<&AppChannel>) -> Checked {
    let max = channel.map_or(APP_CHANNELS[0].ttl_max_ms, |channel| channel.ttl_max_ms);
    match form.get("time_to_live").map(str::parse::<u64>) {
        None => Ok(()),
        Some(Ok(ttl)) if (1..=max).contains(&ttl) => Ok(()),
        Some(_) => Err(illegal("time_to_live", &format!("is not 1 to {max} milliseconds"))),
    }
}

/// The cap on developer's extras, and the rules of single ones.
fn extras(form: &Form) -> Checked {
    let own: Vec<_> = form::extras(form).filter(|(key, _)| !is_vendors(key)).collect();
    if own.len() > EXTRA_PAIRS {
        return Err(Refusal::plain(65014));
    }
    let chars: usize = own.iter().map(|(key, value)| key.chars().count() + value.chars().count()).sum();
    if chars > EXTRA_CHARS {
        return Err(Refusal::plain(65015));
    }
    one_of(extra(form, "notify_foreground"), "extra.notify_foreground", &["0", "1"])?;
    one_of(extra(form, "only_send_once"), "extra.only_send_once", &["0", "1"])?;
    one_of(extra(form, "notification_style_type"), "extra.notification_style_type", &["1", "2"])?;
    if extra(form, "jobkey").is_some_and(|key| !is_jobkey(key)) {
        return Err(illegal("extra.jobkey", "is not 1 to 12 of [0-9A-Za-z_-] without _ at the start"));
    }
    if extra(form, "badge").is_some_and(|badge| badge.parse::<i32>().is_err()) {
        return Err(illegal("extra.badge", "is not an integer"));
    }
    match extra(form, "template_param").and_then(template::fault) {
        Some(fault) => Err(Refusal::new(10041, fault)),
        None => Ok(()),
    }
}

fn is_vendors(key: &str) -> bool {
    VENDOR_EXTRAS.contains(&key) || key.starts_with(BUTTON_EXTRAS)
}

fn is_jobkey(key: &str) -> bool {
    (1..=JOBKEY_CHARS).contains(&key.len())
        && !key.starts_with('_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn known_channel(form: &Form) -> Option<&'static AppChannel> {
    let id = extra(form, "channel_id")?;
    APP_CHANNELS.iter().find(|channel| channel.id == id)
}

/// A missing channel fails like an unknown one: so for apps that moved to the classes of 2026-08-01.
fn channel(form: &Form) -> Result<&'static AppChannel, Refusal> {
    known_channel(form).ok_or_else(|| Refusal::plain(27001))
}

/// The predefined tap action, mandatory since 2024-09-30, and what it needs beside it.
fn tap(form: &Form) -> Checked {
    let effect = one_of(extra(form, "notify_effect"), "extra.notify_effect", &["1", "2", "3"])?;
    match effect {
        None => Err(missing("extra.notify_effect")),
        Some("2") => match (extra(form, "intent_uri"), extra(form, "class_name")) {
            (Some(uri), _) => match intent::fault(uri) {
                Some(fault) => Err(illegal("extra.intent_uri", &fault)),
                None => Ok(()),
            },
            (None, Some(_)) => Ok(()),
            (None, None) => Err(missing("extra.intent_uri")),
        },
        Some("3") => match extra(form, "web_uri") {
            Some(uri) if is_web(uri) => Ok(()),
            Some(_) => Err(illegal("extra.web_uri", "is not an absolute http or https URL")),
            None => Err(missing("extra.web_uri")),
        },
        Some(_) => Ok(()),
    }
}

fn callback(form: &Form) -> Checked {
    if extra(form, "callback.type").is_some_and(|mask| mask.parse::<u32>().is_err()) {
        return Err(illegal("extra.callback.type", "is not a mask"));
    }
    if extra(form, "callback.param").is_some_and(|param| param.len() > CALLBACK_PARAM_BYTES) {
        return Err(Refusal::plain(65036));
    }
    match extra(form, "callback") {
        Some(url) if url.len() > CALLBACK_BYTES => Err(Refusal::plain(65037)),
        Some(url) if !is_web(url) => Err(Refusal::plain(65038)),
        _ => Ok(()),
    }
}

/// An absolute http or https URL.
fn is_web(text: &str) -> bool {
    let web = ["http", "https"];
    let host = |uri: &http::Uri| uri.scheme_str().is_some_and(|scheme| web.contains(&scheme)) && uri.host().is_some();
    let without_fragment = text.split('#').next().unwrap_or(text);
    without_fragment.parse::<http::Uri>().is_ok_and(|uri| host(&uri))
}

fn one_of<'f>(value: Option<&'f str>, name: &str, allowed: &[&str]) -> Result<Option<&'f str>, Refusal> {
    match value {
        Some(value) if !allowed.contains(&value) => {
            Err(illegal(name, &format!("is not one of {}", allowed.join(", "))))
        }
        fine => Ok(fine),
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::new(MISSING, format!("{name} is required"))
}

fn illegal(name: &str, why: &str) -> Refusal {
    Refusal::new(ILLEGAL, format!("{name} {why}"))
}
