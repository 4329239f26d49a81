//! The body of v3 (push-scenariozed-api-request-param, -request-struct, read 2026-11-22).

use std::collections::BTreeMap;

use serde::Serialize;

use super::Tokens;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Body<'a> {
    pub(in super::super) payload: Payload<'a>,
    pub(in super::super) push_options: PushOptions,
    pub(in super::super) target: Target,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Payload<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) notification: Option<Notification<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) extra_data: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Notification<'a> {
    pub(in super::super) category: String,
    pub(in super::super) title: &'a str,
    pub(in super::super) body: &'a str,
    pub(in super::super) click_action: ClickAction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) image: Option<&'a str>,
    pub(in super::super) notify_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) badge: Option<Badge>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) sound: Option<&'a str>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ClickAction<'a> {
    pub(in super::super) action_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) uri: Option<String>,
    /// An object, handed to the page.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in super::super) data: BTreeMap<&'a str, &'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Badge {
    pub(in super::super) set_num: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PushOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) test_message: Option<bool>,
    /// Seconds as a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) ttl: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct Target {
    pub(in super::super) token: Tokens,
}
