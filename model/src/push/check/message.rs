//! The message of a push.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{unknown_vendor, word};
use crate::intent::is_class_name;
use crate::parse::{Faults, Object};
use crate::push::wire::{RawClick, RawMessage, RawRingtone, RawSound, Whole};
use crate::{Click, Importance, Message, PushType, Ringtone, Sound, Spot, Vendor};

/// The longest text taken, in bytes: four times what the most generous vendor takes, so that it can be shortened.
pub(crate) const MAX_TEXT_BYTES: usize = 16_384;

/// The longest name taken (group, category, channel, icon), in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// The longest URL taken, in bytes.
pub(crate) const MAX_URL_BYTES: usize = 2_048;

/// The most fields and bytes of JSON that one vendor's overrides may have; a vendor's whole message is smaller.
pub(crate) const MAX_OVERRIDES: usize = 100;
const MAX_OVERRIDE_BYTES: usize = 32_768;

pub(super) fn message(raw: RawMessage, path: &Spot<'_>, faults: &mut Faults, vendors: &[Vendor]) -> Option<Message> {
    let mut text = |field: &str, value: Option<String>, max_bytes: usize| {
        faults.take(&path.at(field), value.map(|value| bounded(value, max_bytes)).transpose()).flatten()
    };
    let mut message = Message {
        title: text("title", raw.title, MAX_TEXT_BYTES),
        subtitle: text("subtitle", raw.subtitle, MAX_TEXT_BYTES),
        body: text("body", raw.body, MAX_TEXT_BYTES),
        group: text("group", raw.group, MAX_NAME_BYTES),
        category: text("category", raw.category, MAX_NAME_BYTES),
        android_channel: text("android_channel", raw.android_channel, MAX_NAME_BYTES),
        icon: text("icon", raw.icon, MAX_NAME_BYTES),
        badge: raw.badge.map(|Whole(badge)| badge),
        ..Message::default()
    };
    message.image = faults.take(&path.at("image"), raw.image.map(web_url).transpose()).flatten();
    message.color = faults.take(&path.at("color"), raw.color.map(color).transpose()).flatten();
    message.importance =
        word(raw.importance.as_deref(), &Importance::WORDS, &path.at("importance"), faults).unwrap_or_default();
    message.sound = raw.sound.map(|raw| sound(raw, &path.at("sound"), faults)).unwrap_or_default();
    message.click = raw.click.and_then(|Object(raw)| click(raw, &path.at("click"), faults));
    message.data = data(raw.data.unwrap_or_default(), &path.at("data"), faults);
    message.overrides = overrides(raw.overrides.unwrap_or_default(), &path.at("overrides"), faults, vendors);
    message.push_type = push_type(raw.push_type.as_deref(), &message, path, faults);
    Some(message)
}

fn push_type(given: Option<&str>, message: &Message, path: &Spot<'_>, faults: &mut Faults) -> PushType {
    if let Some(given) = given {
        let chosen = word(Some(given), &PushType::WORDS, &path.at("push_type"), faults).unwrap_or_default();
        if chosen == PushType::Background && message.is_notification() {
            faults.add(&path.at("push_type"), "is background, which shows nothing: leave out title and body");
        }
        if chosen == PushType::Alert && !message.is_notification() {
            faults.add(path, "needs title or body to be an alert");
        }
        return chosen;
    }
    if message.is_notification() {
        return PushType::Alert;
    }
    let says_nothing = message.data.is_empty() && message.overrides.is_empty() && message.badge.is_none();
    if says_nothing && !faults.any_within(path) {
        faults.add(path, "says nothing: give title or body, or data for a background push");
    }
    PushType::Background
}

fn sound(raw: RawSound, path: &Spot<'_>, faults: &mut Faults) -> Sound {
    let raw = match raw {
        RawSound::Word(word) => return faults.take(path, Sound::parse(&word)).unwrap_or_default(),
        RawSound::Each(raw) => raw,
    };
    let RawRingtone { android, ios, critical, volume } = raw;
    let android = android.map(|name| Ringtone::android_name(strip_extension(&name))).transpose();
    let ios = ios.map(|name| Ringtone::ios_name(&name)).transpose();
    if volume.is_some_and(|volume| !(0.0..=1.0).contains(&volume)) {
        faults.add(&path.at("volume"), "must be 0 to 1");
    }
    let ringtone = Ringtone {
        android: faults.take(&path.at("android"), android).flatten(),
        ios: faults.take(&path.at("ios"), ios).flatten(),
        critical: critical.unwrap_or_default(),
        volume,
    };
    if volume.is_some() && !ringtone.critical {
        faults.add(&path.at("volume"), "is for critical alerts only: set critical");
    }
    Sound::Ringtone(ringtone)
}

fn click(raw: RawClick, path: &Spot<'_>, faults: &mut Faults) -> Option<Click> {
    let RawClick { app, url, deep_link, activity, params, intent } = raw;
    if params.is_some() && activity.is_none() {
        faults.add(&path.at("params"), "goes with activity only");
    }
    let given = [app.is_some(), url.is_some(), deep_link.is_some(), activity.is_some(), intent.is_some()];
    if given.into_iter().filter(|given| *given).count() != 1 {
        faults.add(path, "must hold exactly one of app, url, deep_link, activity, intent");
        return None;
    }
    if let Some(url) = url {
        return faults.take(&path.at("url"), web_url(url)).map(Click::Url);
    }
    if let Some(link) = deep_link {
        return faults.take(&path.at("deep_link"), self::deep_link(link)).map(Click::DeepLink);
    }
    if let Some(intent) = intent {
        return faults.take(&path.at("intent"), intent.parse()).map(Click::Intent);
    }
    if let Some(class) = activity {
        if !is_class_name(&class) {
            faults.add(&path.at("activity"), "must be a class such as com.example.app.OrderActivity or .OrderActivity");
        }
        return Some(Click::Activity { class, params: params.unwrap_or_default() });
    }
    if app == Some(false) {
        faults.add(&path.at("app"), "can only be true");
    }
    Some(Click::App)
}

fn data(data: BTreeMap<String, String>, path: &Spot<'_>, faults: &mut Faults) -> BTreeMap<String, String> {
    let bad = |key: &str| key.is_empty() || key.chars().any(char::is_control);
    for key in data.keys().filter(|key| bad(key)) {
        faults.add(&path.at(key), "keys must not be empty or hold control characters");
    }
    data
}

fn overrides(
    raw: BTreeMap<String, Map<String, Value>>,
    path: &Spot<'_>,
    faults: &mut Faults,
    vendors: &[Vendor],
) -> BTreeMap<Vendor, Map<String, Value>> {
    let mut checked = BTreeMap::new();
    for (name, fields) in raw {
        match Vendor::find(&name, vendors) {
            Some(_) if is_excessive(&fields) => {
                let detail = format!("at most {MAX_OVERRIDES} fields and {MAX_OVERRIDE_BYTES} bytes are taken");
                faults.add(&path.at(&name), detail);
            }
            Some(vendor) => drop(checked.insert(vendor, fields)),
            None => faults.add(&path.at(&name), unknown_vendor(vendors)),
        }
    }
    checked
}

/// Overrides are merged once per push; they must not be its largest work.
fn is_excessive(fields: &Map<String, Value>) -> bool {
    let bytes = serde_json::to_vec(fields).map_or(usize::MAX, |text| text.len());
    fields.len() > MAX_OVERRIDES || bytes > MAX_OVERRIDE_BYTES
}

fn bounded(text: String, max_bytes: usize) -> Result<String, String> {
    if text.len() > max_bytes {
        return Err(format!("is {} bytes long; at most {max_bytes} are taken", text.len()));
    }
    if text.trim().is_empty() {
        return Err("must not be blank; leave it out instead".to_owned());
    }
    if text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t')) {
        return Err("must not hold control characters".to_owned());
    }
    Ok(text)
}

fn web_url(url: String) -> Result<String, String> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let clean = url.len() <= MAX_URL_BYTES && !url.chars().any(|char| char.is_control() || char.is_whitespace());
    match host {
        Some(host) if clean && !host.is_empty() && !host.starts_with('/') => Ok(url),
        _ => Err(format!("must be an absolute http or https URL of at most {MAX_URL_BYTES} bytes")),
    }
}

/// Those that open something else than the app.
const FOREIGN_SCHEMES: [&str; 6] = ["intent", "http", "https", "javascript", "file", "content"];

fn deep_link(link: String) -> Result<String, String> {
    let scheme = link.split_once(':').map_or("", |(scheme, _)| scheme);
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.');
    let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic()) && scheme.chars().all(plain);
    let clean = link.len() <= MAX_URL_BYTES && !link.chars().any(|char| char.is_control() || char.is_whitespace());
    if !is_scheme || !clean {
        return Err(format!("must be a link such as shop://order/4711 of at most {MAX_URL_BYTES} bytes"));
    }
    // Schemes are the same in small letters and large ones (RFC 3986, section 3.1).
    if FOREIGN_SCHEMES.iter().any(|foreign| scheme.eq_ignore_ascii_case(foreign)) {
        return Err("must have a scheme of the app's own; use url or intent for others".to_owned());
    }
    Ok(link)
}

fn color(color: String) -> Result<String, String> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
    match digits {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(color),
        _ => Err("must be a color of the form #rrggbb".to_owned()),
    }
}

fn strip_extension(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
