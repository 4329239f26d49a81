//! A message exactly as FCM spells it (projects.messages, read 2026-11-22): snake_case, as every SDK sends it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

/// The app's key-value pairs. Values must be texts.
pub(super) type Data<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

/// The body without its target. `message` comes first: see `address`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    pub(super) message: Message<'a>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) validate_only: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<Notification<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) data: Data<'a>,
    pub(super) android: Android<'a>,
}

/// What all platforms show.
#[derive(Debug, Serialize)]
pub(super) struct Notification<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Android<'a> {
    pub(super) priority: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collapse_key: Option<&'a str>,
    /// Seconds with the suffix `s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restricted_package_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<AndroidNotification<'a>>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct AndroidNotification<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) color: Option<&'a str>,
    /// `default`, or a file of the app's `res/raw` without extension. None is silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channel_id: Option<&'a str>,
    pub(super) tag: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) click_action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification_priority: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification_count: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
