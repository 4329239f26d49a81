//! From the raw JSON form to a checked push, collecting every fault.

mod message;

use std::time::{Duration, SystemTime};

pub(super) use message::{MAX_NAME_BYTES, MAX_OVERRIDES, MAX_TEXT_BYTES, MAX_URL_BYTES};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::wire::{RawOptions, RawPush, RawTarget, RawTargets, Whole};
use super::{MAX_TARGETS, Push};
use crate::parse::{Faults, Object};
use crate::{AppId, DeviceToken, Environment, Options, Overflow, Priority, PushId, Spot, Target, Vendor};

/// The longest TTL that makes sense, in seconds: a year. Vendors keep 3 to 30 days.
pub(super) const MAX_TTL_SECONDS: u64 = 31_536_000;

/// The longest replace key: APNs' `apns-collapse-id` takes 64 bytes, the least of all.
pub(super) const MAX_REPLACE_KEY_BYTES: usize = 64;

pub(super) fn push(raw: RawPush, faults: &mut Faults, vendors: &[Vendor]) -> Option<Push> {
    let root = Spot::ROOT;
    let id = match &raw.id {
        Some(id) => faults.take(&root.at("id"), PushId::parse(id)),
        None => Some(PushId::make()),
    };
    let app = faults.require(&root.at("app"), raw.app.as_deref());
    let app = app.and_then(|app| faults.take(&root.at("app"), AppId::parse(app)));
    let message = faults.require(&root.at("message"), raw.message);
    let message = message.and_then(|Object(message)| message::message(message, &root.at("message"), faults, vendors));
    let options = options(raw.options.unwrap_or_default().0, &root.at("options"), faults);
    let targets = faults.require(&root.at("targets"), raw.targets);
    let targets = targets.and_then(|targets| self::targets(targets, &root.at("targets"), faults, vendors));
    Some(Push { id: id?, app: app?, message: message?, options: options?, targets: targets? })
}

fn targets(raw: RawTargets, path: &Spot<'_>, faults: &mut Faults, vendors: &[Vendor]) -> Option<Vec<Target>> {
    let RawTargets { kept, count } = raw;
    // Elements that could not be read are not counted, but have their own faults.
    let empty = count == 0 && !faults.any_within(path);
    if empty || count > MAX_TARGETS {
        faults.add(path, format!("must hold 1 to {MAX_TARGETS} targets, not {count}"));
        return None;
    }
    let checked = kept.into_iter().enumerate().map(|(index, raw)| target(&raw, index, path, faults, vendors));
    // Every target is looked at, also behind a faulty one, so that all faults are found.
    let checked: Vec<Option<Target>> = checked.collect();
    checked.into_iter().collect()
}

fn target(raw: &RawTarget, index: usize, path: &Spot<'_>, faults: &mut Faults, vendors: &[Vendor]) -> Option<Target> {
    let vendor = match raw.vendor.as_deref() {
        Some(name) => Vendor::find(name, vendors).ok_or_else(|| unknown_vendor(vendors)),
        None => Err("is required".to_owned()),
    };
    let token = raw.token.as_deref().ok_or_else(|| "is required".to_owned()).and_then(DeviceToken::parse);
    let environment = match raw.environment.as_deref() {
        Some(word) => Environment::parse(word).ok_or_else(|| one_of(&["production", "sandbox"])),
        None => Ok(Environment::default()),
    };
    let dialect = raw.dialect.as_deref().map(dialect).transpose();
    match (vendor, token, environment, dialect) {
        (Ok(vendor), Ok(token), Ok(environment), Ok(dialect)) => {
            Some(Target { index: u32::try_from(index).ok()?, vendor, token, environment, dialect })
        }
        (vendor, token, environment, dialect) => {
            let path = path.at(index);
            faults.take(&path.at("vendor"), vendor);
            faults.take(&path.at("token"), token);
            faults.take(&path.at("environment"), environment);
            faults.take(&path.at("dialect"), dialect);
            None
        }
    }
}

/// Which words there are is for the vendor to say.
fn dialect(word: &str) -> Result<Box<str>, &'static str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = (1..=16).contains(&word.len()) && word.bytes().all(plain);
    fits.then(|| word.into()).ok_or("must be 1 to 16 lower-case letters and digits")
}

fn options(raw: RawOptions, path: &Spot<'_>, faults: &mut Faults) -> Option<Options> {
    let ttl = raw.ttl.map(|Whole(seconds)| ttl(seconds)).transpose();
    let ttl = faults.take(&path.at("ttl"), ttl);
    let priorities = [("high", Priority::High), ("normal", Priority::Normal)];
    let priority = word(raw.priority.as_deref(), &priorities, &path.at("priority"), faults);
    let overflows = [("refuse", Overflow::Refuse), ("shorten", Overflow::Shorten)];
    let overflow = word(raw.overflow.as_deref(), &overflows, &path.at("overflow"), faults);
    let replace_key = faults.take(&path.at("replace_key"), raw.replace_key.map(replace_key).transpose());
    let send_at = faults.take(&path.at("send_at"), raw.send_at.as_deref().map(moment).transpose());
    Some(Options { ttl: ttl?, priority: priority?, replace_key: replace_key?, send_at: send_at?, overflow: overflow? })
}

fn ttl(seconds: u64) -> Result<Duration, String> {
    if seconds > MAX_TTL_SECONDS {
        return Err(format!("must be 0 to {MAX_TTL_SECONDS} seconds"));
    }
    Ok(Duration::from_secs(seconds))
}

fn replace_key(key: String) -> Result<Box<str>, String> {
    // It becomes a header's value, where blanks at the ends are malformed (RFC 9113, 8.2.1).
    let printable = key.bytes().all(|byte| matches!(byte, b' '..=b'~')) && key.trim() == key;
    if key.is_empty() || key.len() > MAX_REPLACE_KEY_BYTES || !printable {
        return Err(format!("must be 1 to {MAX_REPLACE_KEY_BYTES} printable ASCII characters, no blank at its ends"));
    }
    Ok(key.into())
}

fn moment(text: &str) -> Result<SystemTime, &'static str> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map(SystemTime::from)
        .map_err(|_| "must be a time of RFC 3339, such as 2026-11-22T18:30:00Z")
}

/// The value of one of the words; the default where none is given.
fn word<T: Copy + Default>(
    given: Option<&str>,
    words: &[(&str, T)],
    path: &Spot<'_>,
    faults: &mut Faults,
) -> Option<T> {
    let Some(given) = given else { return Some(T::default()) };
    let found = words.iter().find(|(word, _)| *word == given).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        faults.add(path, one_of(&words));
    }
    found
}

fn one_of(words: &[&str]) -> String {
    format!("must be one of {}", words.join(", "))
}

fn unknown_vendor(vendors: &[Vendor]) -> String {
    one_of(&vendors.iter().map(|vendor| vendor.as_str()).collect::<Vec<_>>())
}
