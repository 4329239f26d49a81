//! A payload and an answer exactly as Apple spells them ("Generating a remote notification", read 2026-11-22).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    /// Absent for device management only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aps: Option<Aps<'a>>,
    /// For the app's service extension, which fetches the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<&'a str>,
    /// For the app, which follows it on a tap. The form is that of the push API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) click: Option<Click<'a>>,
    #[serde(flatten)]
    pub(super) data: &'a BTreeMap<String, String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Aps<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alert: Option<Alert<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<Sound<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interruption_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_available: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutable_content: Option<u8>,
    /// UNIX seconds; orders the updates of a live activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Alert<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subtitle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<&'a str>,
    /// Live activities only; elsewhere the sound stands beside the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<Sound<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Sound<'a> {
    Name(&'a str),
    Critical {
        critical: u8,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        volume: Option<f64>,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Click<'a> {
    App(bool),
    Url(&'a str),
    DeepLink(&'a str),
    Intent(String),
    #[serde(untagged)]
    Activity {
        activity: &'a str,
        params: &'a BTreeMap<String, String>,
    },
}

/// The body of an error, and the debug data of most GOAWAYs.
#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    pub(super) reason: String,
    /// With 410: milliseconds since 1970.
    pub(super) timestamp: Option<u64>,
}
