//! Every error of FCM's that is known, as recorded or documented: a table, by the device-token prefix that asks for it.
//!
//! `{project}` and `{number}` stand for the project's id and number. Texts and details without a recording are marked.

use http::StatusCode;
use serde_json::Value;

use super::account::Account;
use super::refusal::{self, Refusal, Violation};

/// One error.
#[derive(Debug)]
pub(super) struct Case {
    /// With its last dash.
    pub(super) prefix: &'static str,
    pub(super) http: u16,
    message: &'static str,
    details: &'static [Detail],
    /// What sets it apart, for the documentation.
    note: &'static str,
}

/// One entry of `details`.
#[derive(Debug)]
enum Detail {
    Fcm(&'static str),
    /// `BadRequest` with one violation: field, description.
    Field(&'static str, &'static str),
    /// `BadRequest` without `fieldViolations`.
    NoFields,
    Apns(u16, &'static str),
    /// `ErrorInfo`: reason, domain, metadata.
    Info(&'static str, &'static str, &'static [(&'static str, &'static str)]),
    /// `QuotaFailure`: subject, description.
    Quota(&'static str, &'static str),
    Help,
    Retry(&'static str),
}

use Detail::{Apns, Fcm, Field, Help, Info, NoFields, Quota, Retry};

const ARGUMENT: &str = "Request contains an invalid argument.";
const NOT_A_TOKEN: &str = "The registration token is not a valid FCM registration token";
const NOT_FOUND: &str = "Requested entity was not found.";
const SERVICE_AUTH: &str = "Auth error from APNS or Web Push Service";
const CREDENTIALS: &str = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie \
                           or other valid authentication credential. See \
                           https://developers.google.com/identity/sign-in/web/devconsole-project.";
const NO_CREDENTIALS: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, \
                              login cookie or other valid authentication credential. See \
                              https://developers.google.com/identity/sign-in/web/devconsole-project.";
const PERMISSION: &str = "Permission 'cloudmessaging.messages.create' denied on resource \
                          '//cloudresourcemanager.googleapis.com/projects/{project}' (or it may not exist).";
const API_OFF: &str = "Firebase Cloud Messaging API has not been used in project {number} before or it is disabled.";
const PROJECT_QUOTA: &str = "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute' of \
                             service 'fcm.googleapis.com' for consumer 'project_number:{number}'.";
const TOPIC_QUOTA: &str = "Topic quota exceeded.";
const DEVICE_QUOTA: &str = "Device message rate exceeded.";
const UNAVAILABLE: &str = "The service is currently unavailable.";
const INTERNAL: &str = "Internal error encountered.";

const SEND: &[(&str, &str)] =
    &[("service", "fcm.googleapis.com"), ("method", "google.firebase.fcm.v1.FcmService.SendMessage")];
const GRANT: &[(&str, &str)] = &[("permission", "cloudmessaging.messages.create"), ("resource", "projects/{project}")];
const OFF: &[(&str, &str)] = &[("service", "fcm.googleapis.com"), ("consumer", "projects/{number}")];
const RATE: &[(&str, &str)] = &[
    ("service", "fcm.googleapis.com"),
    ("consumer", "projects/{number}"),
    ("quota_metric", "fcm.googleapis.com/send_requests"),
    ("quota_limit", "SendsPerMinutePerProject"),
    ("quota_unit", "1/min/{project}"),
    ("quota_limit_value", "600000"),
    ("quota_location", "global"),
];

const fn case(
    prefix: &'static str,
    http: u16,
    message: &'static str,
    details: &'static [Detail],
    note: &'static str,
) -> Case {
    Case { prefix, http, message, details, note }
}

/// In the order of the documentation. Where a code has several rows, the first one is meant by the bare code.
#[rustfmt::skip]
pub(super) static CASES: &[Case] = &[
    case("argument-", 400, ARGUMENT, &[Fcm("INVALID_ARGUMENT")], "no field is named"),
    case("bad-", 400, NOT_A_TOKEN, &[Fcm("INVALID_ARGUMENT"), Field("message.token", NOT_A_TOKEN)], "malformed token"),
    case("bad-old-", 400, ARGUMENT, &[Fcm("INVALID_ARGUMENT"), Field("message.token", "Invalid registration token")],
        "malformed token, in the older words"),
    case("dead-", 404, NOT_FOUND, &[Fcm("UNREGISTERED")], ""),
    case("dead-ios-", 404, NOT_FOUND, &[Fcm("UNREGISTERED"), Apns(410, "Unregistered")],
        "ApnsError 410 `Unregistered`"),
    case("ios-dead-", 400, "APNs device token is disabled.", &[Fcm("INVALID_ARGUMENT"), Apns(410, "Unregistered")],
        "ApnsError 410 `Unregistered`"),
    case("ios-expired-", 400, ARGUMENT, &[Fcm("INVALID_ARGUMENT"), Apns(410, "ExpiredToken")],
        "ApnsError 410 `ExpiredToken`"),
    case("ios-bad-", 400, ARGUMENT, &[Fcm("INVALID_ARGUMENT"), Apns(400, "BadDeviceToken")],
        "ApnsError 400 `BadDeviceToken`"),
    case("ios-other-topic-", 400, ARGUMENT, &[Fcm("INVALID_ARGUMENT"), Apns(400, "DeviceTokenNotForTopic")],
        "ApnsError 400 `DeviceTokenNotForTopic`"),
    case("ios-too-large-", 400, ARGUMENT, &[Fcm("INVALID_ARGUMENT"), Apns(413, "PayloadTooLarge")],
        "ApnsError 413 `PayloadTooLarge`"),
    case("too-large-", 400, TOO_LARGE, &[NoFields, Fcm("INVALID_ARGUMENT")],
        "too large; BadRequest without violations"),
    case("too-big-", 400, "Android message is too big", &[Fcm("INVALID_ARGUMENT")], "too large, in the older words"),
    case("too-big-ios-", 400, "iOS message is too big", &[Fcm("INVALID_ARGUMENT")], "too large, in the older words"),
    case("bare-", 400, ARGUMENT, &[], ""),
    case("mismatch-", 403, "SenderId mismatch", &[Fcm("SENDER_ID_MISMATCH")], ""),
    case("auth-", 401, CREDENTIALS, &[Info("ACCESS_TOKEN_EXPIRED", "googleapis.com", SEND)], "every time"),
    case("unknown-access-", 401, CREDENTIALS, &[Info("ACCESS_TOKEN_TYPE_UNSUPPORTED", "googleapis.com", SEND)],
        "every time"),
    case("no-credentials-", 401, NO_CREDENTIALS, &[Info("CREDENTIALS_MISSING", "googleapis.com", SEND)], ""),
    case("third-party-", 401, SERVICE_AUTH, &[Fcm("THIRD_PARTY_AUTH_ERROR"), Apns(403, "InvalidProviderToken")],
        "ApnsError 403 `InvalidProviderToken`"),
    case("third-party-environment-", 401, SERVICE_AUTH,
        &[Fcm("THIRD_PARTY_AUTH_ERROR"), Apns(403, "BadEnvironmentKeyInToken")],
        "ApnsError 403 `BadEnvironmentKeyInToken`"),
    case("apns-auth-", 401, SERVICE_AUTH, &[Fcm("APNS_AUTH_ERROR")], "the old name"),
    case("permission-", 403, PERMISSION,
        &[Info("IAM_PERMISSION_DENIED", "cloudresourcemanager.googleapis.com", GRANT)], ""),
    case("disabled-", 403, API_OFF, &[Info("SERVICE_DISABLED", "googleapis.com", OFF)], ""),
    case("no-entity-", 404, NOT_FOUND, &[], ""),
    case("quota-", 429, PROJECT_QUOTA, &[Info("RATE_LIMIT_EXCEEDED", "googleapis.com", RATE), Help],
        "the project's quota; no FcmError"),
    case("throttled-", 429, DEVICE_QUOTA, &[Fcm("QUOTA_EXCEEDED"), Quota("device:{number}", DEVICE_QUOTA)],
        "the device's rate, with a QuotaFailure"),
    case("topic-quota-", 429, TOPIC_QUOTA, &[Fcm("QUOTA_EXCEEDED"), Quota("topic:{number}", TOPIC_QUOTA)],
        "the topic's rate, with a QuotaFailure"),
    case("retry-info-", 429, "Quota exceeded.", &[Fcm("QUOTA_EXCEEDED"), Retry("42s")], "RetryInfo of 42 s"),
    case("resources-", 429, "Resource has been exhausted (e.g. check quota).", &[], ""),
    case("internal-", 500, INTERNAL, &[Fcm("INTERNAL")], ""),
    case("unspecified-", 500, INTERNAL, &[Fcm("UNSPECIFIED_ERROR")], ""),
    case("unavailable-", 503, UNAVAILABLE, &[Fcm("UNAVAILABLE")], "nothing was delivered"),
    case("busy-", 503, UNAVAILABLE, &[], ""),
];

/// Recorded in July 2026.
pub(super) const TOO_LARGE: &str = "Message is too large. The maximum is 4K (4096 bytes).";

/// The row of a prefix, which must be one of the table.
pub(super) fn of(prefix: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.prefix == prefix)
}

/// What a name means: a row by its prefix without the dash, or by its code; else an `FcmError` that nobody documented.
pub(super) fn named(name: &str, account: &Account) -> Refusal {
    let by_prefix = || CASES.iter().find(|case| case.prefix.strip_suffix('-') == Some(name));
    let by_code = || CASES.iter().find(|case| case.code() == Some(name));
    match by_prefix().or_else(by_code) {
        Some(case) => case.refusal(account),
        None => Refusal::invalid(ARGUMENT, vec![refusal::fcm(name)]),
    }
}

// === impl Case ===

impl Case {
    /// The code that a client reads first.
    pub(super) fn code(&self) -> Option<&'static str> {
        self.details.iter().find_map(|detail| match detail {
            Fcm(code) | Info(code, _, _) => Some(*code),
            _ => None,
        })
    }

    /// Whether it is APNs that says so, which nobody asks in a dry run.
    pub(super) fn is_of_apns(&self) -> bool {
        self.details.iter().any(|detail| matches!(detail, Apns(..)))
    }

    pub(super) fn documented(&self) -> String {
        let Self { http, note, .. } = self;
        let outcome = self.code().map_or_else(|| format!("{http} without details"), |code| format!("{http} `{code}`"));
        if note.is_empty() { outcome } else { format!("{outcome}; {note}") }
    }

    pub(super) fn refusal(&self, account: &Account) -> Refusal {
        let fill =
            |text: &str| text.replace("{project}", &account.project_id).replace("{number}", &account.project_number);
        Refusal {
            http: StatusCode::from_u16(self.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            message: fill(self.message),
            details: self.details.iter().map(|detail| detail.to_json(&fill)).collect(),
        }
    }
}

// === impl Detail ===

impl Detail {
    fn to_json(&self, fill: &impl Fn(&str) -> String) -> Value {
        match self {
            Fcm(code) => refusal::fcm(code),
            Field(field, description) => refusal::bad_request(&[Violation {
                field: (*field).to_owned(),
                description: (*description).to_owned(),
            }]),
            NoFields => refusal::bad_request(&[]),
            Apns(status, reason) => refusal::apns(*status, reason),
            Info(reason, domain, metadata) => {
                // `{project}` in a quota's unit is Google's own spelling, not a place to fill
                let value = |name: &str, value: &str| if name == "quota_unit" { value.to_owned() } else { fill(value) };
                let metadata: Vec<_> = metadata.iter().map(|(name, text)| (*name, value(name, text))).collect();
                refusal::info(reason, domain, &metadata)
            }
            Quota(subject, description) => refusal::quota_failure(&fill(subject), description),
            Help => refusal::help("https://cloud.google.com/docs/quotas/help/request_increase"),
            Retry(delay) => refusal::retry_info(delay),
        }
    }
}
