//! `messageJson` of a notification, exactly as the vendor spells it (server API document, read 2026-11-22).
//!
//! Flags are numbers, as in the document; the vendor's SDK writes booleans, which the server takes as well.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageJson<'a> {
    pub(super) notice_bar_info: NoticeBarInfo<'a>,
    pub(super) click_type_info: ClickTypeInfo<'a>,
    /// Absent: the vendor's default, kept for 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) push_time_info: Option<PushTimeInfo>,
    pub(super) advance_info: AdvanceInfo,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoticeBarInfo<'a> {
    /// 0 public, 1 private.
    pub(super) notice_msg_type: u8,
    /// 0 standard, 2 Android's own; 1, with a picture, ended 2022-05-27.
    pub(super) notice_bar_type: u8,
    pub(super) title: Cow<'a, str>,
    pub(super) content: Cow<'a, str>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClickTypeInfo<'a> {
    /// 0 opens the app, 1 an activity, 2 a URI; 3 leaves it to the app and is discouraged since Android 12.
    pub(super) click_type: u8,
    /// With 1: the fully qualified class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) activity: Option<Cow<'a, str>>,
    /// With 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<Cow<'a, str>>,
    /// With 0 and 1: text extras of the intent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) parameters: BTreeMap<&'a str, &'a str>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PushTimeInfo {
    /// Whether it is kept for a device that is offline.
    pub(super) off_line: u8,
    /// How long, in hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) valid_time: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdvanceInfo {
    /// Heads-up display. Its default differs between calls, so it is always sent.
    pub(super) suspend: u8,
    pub(super) notification_type: NotificationType,
    /// Of the notifications with the same key only the latest stays visible.
    pub(super) notify_key: String,
}

#[derive(Debug, Serialize)]
pub(super) struct NotificationType {
    pub(super) vibrate: u8,
    pub(super) lights: u8,
    /// The system's sound; there is no other.
    pub(super) sound: u8,
}
