//! The request as its protobuf has it: which names there are, and of what type their values are.
//!
//! Names as of the discovery document and the SDKs of mid-2026.

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Flag,
    Int32,
    Float,
    Duration,
    Time,
    /// Full name, values.
    Enum(&'static str, &'static [&'static str]),
    /// Strings by string; the name of the entry.
    TextMap(&'static str),
    /// Any JSON object.
    Struct,
    List(&'static Kind),
    Object(&'static Type),
}

/// A message type.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    fields: &'static [Field],
    /// Fields of which only one may be there.
    pub(super) one_of: &'static [&'static str],
}

#[derive(Debug)]
pub(super) struct Field(pub(super) &'static str, pub(super) Kind);

use Kind::{Duration, Enum, Flag, Float, Int32, List, Object, Struct, Text, TextMap, Time};

const PACKAGE: &str = "type.googleapis.com/google.firebase.fcm.v1";
/// The fields of which a message has exactly one.
pub(super) const TARGETS: [&str; 4] = ["token", "fid", "topic", "condition"];

const fn plain(name: &'static str, fields: &'static [Field]) -> Type {
    Type { name, fields, one_of: &[] }
}

pub(super) static REQUEST: Type =
    plain("SendMessageRequest", &[Field("validate_only", Flag), Field("message", Object(&MESSAGE))]);

static MESSAGE: Type = Type {
    name: "Message",
    one_of: &TARGETS,
    fields: &[
        Field("name", Text),
        Field("data", TextMap("Message.DataEntry")),
        Field("notification", Object(&NOTIFICATION)),
        Field("android", Object(&ANDROID)),
        Field("webpush", Object(&WEBPUSH)),
        Field("apns", Object(&APNS)),
        Field("fcm_options", Object(&OPTIONS)),
        Field("token", Text),
        Field("fid", Text),
        Field("topic", Text),
        Field("condition", Text),
    ],
};

static NOTIFICATION: Type = plain("Notification", &[Field("title", Text), Field("body", Text), Field("image", Text)]);

static OPTIONS: Type = plain("FcmOptions", &[Field("analytics_label", Text)]);

static ANDROID: Type = plain(
    "AndroidConfig",
    &[
        Field("collapse_key", Text),
        Field("priority", Enum("AndroidMessagePriority", &["NORMAL", "HIGH"])),
        Field("ttl", Duration),
        Field("restricted_package_name", Text),
        Field("data", TextMap("AndroidConfig.DataEntry")),
        Field("notification", Object(&ANDROID_NOTIFICATION)),
        Field("fcm_options", Object(&ANDROID_OPTIONS)),
        Field("direct_boot_ok", Flag),
        Field("bandwidth_constrained_ok", Flag),
        Field("restricted_satellite_ok", Flag),
    ],
);

static ANDROID_OPTIONS: Type = plain("AndroidFcmOptions", &[Field("analytics_label", Text)]);

static ANDROID_NOTIFICATION: Type = plain(
    "AndroidNotification",
    &[
        Field("title", Text),
        Field("body", Text),
        Field("icon", Text),
        Field("color", Text),
        Field("sound", Text),
        Field("tag", Text),
        Field("click_action", Text),
        Field("body_loc_key", Text),
        Field("body_loc_args", List(&Text)),
        Field("title_loc_key", Text),
        Field("title_loc_args", List(&Text)),
        Field("channel_id", Text),
        Field("ticker", Text),
        Field("sticky", Flag),
        Field("event_time", Time),
        Field("local_only", Flag),
        Field("notification_priority", Enum("AndroidNotification.NotificationPriority", NOTIFICATION_PRIORITY)),
        Field("default_sound", Flag),
        Field("default_vibrate_timings", Flag),
        Field("default_light_settings", Flag),
        Field("vibrate_timings", List(&Duration)),
        Field("visibility", Enum("AndroidNotification.Visibility", VISIBILITY)),
        Field("notification_count", Int32),
        Field("light_settings", Object(&LIGHT)),
        Field("image", Text),
        Field("bypass_proxy_notification", Flag),
        Field("proxy", Enum("AndroidNotification.Proxy", PROXY)),
    ],
);

const NOTIFICATION_PRIORITY: &[&str] =
    &["PRIORITY_UNSPECIFIED", "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"];
const VISIBILITY: &[&str] = &["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"];
const PROXY: &[&str] = &["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"];

static LIGHT: Type = plain(
    "LightSettings",
    &[Field("color", Object(&COLOR)), Field("light_on_duration", Duration), Field("light_off_duration", Duration)],
);

static COLOR: Type =
    plain("Color", &[Field("red", Float), Field("green", Float), Field("blue", Float), Field("alpha", Float)]);

static APNS: Type = plain(
    "ApnsConfig",
    &[
        Field("headers", TextMap("ApnsConfig.HeadersEntry")),
        Field("payload", Struct),
        Field("fcm_options", Object(&APNS_OPTIONS)),
        Field("live_activity_token", Text),
    ],
);

static APNS_OPTIONS: Type = plain("ApnsFcmOptions", &[Field("analytics_label", Text), Field("image", Text)]);

static WEBPUSH: Type = plain(
    "WebpushConfig",
    &[
        Field("headers", TextMap("WebpushConfig.HeadersEntry")),
        Field("data", TextMap("WebpushConfig.DataEntry")),
        Field("notification", Struct),
        Field("fcm_options", Object(&WEBPUSH_OPTIONS)),
    ],
);

static WEBPUSH_OPTIONS: Type = plain("WebpushFcmOptions", &[Field("link", Text), Field("analytics_label", Text)]);

// === impl Type ===

impl Type {
    pub(super) fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|Field(field, _)| *field == name || camel(field) == name)
    }
}

// === impl Kind ===

impl Kind {
    /// As the service names it.
    pub(super) fn name(self) -> String {
        match self {
            Text => "TYPE_STRING".to_owned(),
            Flag => "TYPE_BOOL".to_owned(),
            Int32 => "TYPE_INT32".to_owned(),
            Float => "TYPE_FLOAT".to_owned(),
            Duration => "type.googleapis.com/google.protobuf.Duration".to_owned(),
            Time => "type.googleapis.com/google.protobuf.Timestamp".to_owned(),
            Struct => "type.googleapis.com/google.protobuf.Struct".to_owned(),
            Enum(name, _) | TextMap(name) => format!("{PACKAGE}.{name}"),
            Object(kind) => format!("{PACKAGE}.{}", kind.name),
            List(kind) => kind.name(),
        }
    }
}

/// `collapse_key` as `collapseKey`.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1.min(word.len()));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}
