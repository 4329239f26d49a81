//! The body of v1 and v2 (https-send-api-0000001050986197, read 2026-11-22).

use serde::Serialize;

use super::Tokens;

#[derive(Debug, Serialize)]
pub(in super::super) struct Body<'a> {
    /// Huawei checks the message and delivers nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) validate_only: Option<bool>,
    pub(in super::super) message: Message<'a>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct Message<'a> {
    /// A text, never an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) data: Option<String>,
    pub(in super::super) android: Android<'a>,
    pub(in super::super) token: Tokens,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct Android<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) urgency: Option<&'static str>,
    /// Seconds as text: `86400s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) ttl: Option<String>,
    /// 1: a test message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) target_user_type: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) notification: Option<Notification<'a>>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct Notification<'a> {
    pub(in super::super) title: &'a str,
    pub(in super::super) body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) icon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) color: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) sound: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) default_sound: Option<bool>,
    pub(in super::super) importance: &'static str,
    pub(in super::super) click_action: ClickAction<'a>,
    pub(in super::super) notify_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) channel_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) badge: Option<Badge<'a>>,
}

#[derive(Debug, Default, Serialize)]
pub(in super::super) struct ClickAction<'a> {
    #[serde(rename = "type")]
    pub(in super::super) kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) url: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct Badge<'a> {
    pub(in super::super) set_num: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) class: Option<&'a str>,
}
