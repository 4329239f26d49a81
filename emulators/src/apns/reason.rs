//! Apple's error reasons with their statuses ("Handling notification responses from APNs", read 2026-11-22), and the
//! answers that bear them.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::json;

use crate::answer::Answer;

/// How long ago a dead token died, by its 410 answer.
const DEAD_SINCE_MS: u64 = 3_600_000;

/// Every documented reason of `/3/device`, in the order of the page. `BadEnvironmentKeyInToken` is what servers
/// really say for the documented `BadEnvironmentKeyIdInToken` (observed by several projects since 2025-10).
pub(super) static REASONS: &[(u16, &str)] = &[
    (400, "BadCollapseId"),
    (400, "BadDeviceToken"),
    (400, "BadExpirationDate"),
    (400, "BadMessageId"),
    (400, "BadPriority"),
    (400, "BadTopic"),
    (400, "DeviceTokenNotForTopic"),
    (400, "DuplicateHeaders"),
    (400, "IdleTimeout"),
    (400, "InvalidPushType"),
    (400, "MissingDeviceToken"),
    (400, "MissingTopic"),
    (400, "PayloadEmpty"),
    (400, "TopicDisallowed"),
    (403, "BadCertificate"),
    (403, "BadCertificateEnvironment"),
    (403, "BadEnvironmentKeyIdInToken"),
    (403, "BadEnvironmentKeyInToken"),
    (403, "ExpiredProviderToken"),
    (403, "Forbidden"),
    (403, "InvalidProviderToken"),
    (403, "MissingProviderToken"),
    (403, "UnrelatedKeyIdInToken"),
    (404, "BadPath"),
    (405, "MethodNotAllowed"),
    (410, "ExpiredToken"),
    (410, "Unregistered"),
    (413, "PayloadTooLarge"),
    (429, "TooManyProviderTokenUpdates"),
    (429, "TooManyRequests"),
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
    (503, "Shutdown"),
];

/// The documented status; 400 for a reason that is not in the table.
pub(super) fn status_of(reason: &str) -> StatusCode {
    let row = REASONS.iter().find(|(_, name)| *name == reason);
    row.and_then(|(status, _)| StatusCode::from_u16(*status).ok()).unwrap_or(StatusCode::BAD_REQUEST)
}

/// `{"reason": ..}`, with `timestamp` in milliseconds on 410.
pub(super) fn answer(reason: &str, status: Option<u16>) -> Answer {
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or_else(|| status_of(reason));
    let body = if status == StatusCode::GONE {
        json!({ "reason": reason, "timestamp": now_ms().saturating_sub(DEAD_SINCE_MS) })
    } else {
        json!({ "reason": reason })
    };
    Answer::new(status, Some("application/json"), body.to_string())
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `BadDeviceToken` -> `bad-device-token`.
pub(super) fn kebab(reason: &str) -> String {
    let mut out = String::with_capacity(reason.len() + 4);
    for (at, letter) in reason.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone_bears_a_timestamp_in_milliseconds() {
        let body: serde_json::Value = serde_json::from_slice(&answer("Unregistered", None).body).unwrap();
        let age = now_ms() - body["timestamp"].as_u64().unwrap();
        assert!((DEAD_SINCE_MS..DEAD_SINCE_MS + 60_000).contains(&age));
    }

    #[test]
    fn names_turn_into_prefixes() {
        assert_eq!(kebab("BadEnvironmentKeyIdInToken"), "bad-environment-key-id-in-token");
    }
}
