//! What Apple's answers mean.
//!
//! Source: "Handling notification responses from APNs" (read 2026-11-22); rows marked "observed" are in no document.

use std::time::{Duration, UNIX_EPOCH};

use http::StatusCode;
use model::{Answer, ConnectionFate, Outcome, Resend, Scope, Sent, Step, TokenProof, VendorId, Verdict, Verdicts};

use super::wire;
use crate::common::retry_after;

/// A time at or after this is not one that RFC 3339 can write.
const YEAR_10000_MS: u64 = 253_402_300_800_000;

/// What a reason says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// The device token has ended.
    Dead,
    /// The device token is not one of this app and environment.
    Foreign,
    /// The request is wrong, whoever it is for.
    Payload,
    TooLarge,
    /// Our credential is refused.
    Credential,
    /// Our access token is too old.
    Expired,
    /// Too many to this device.
    DeviceRate,
    /// Too many new access tokens: keep the one in use.
    TokenRate,
    /// The connection is at fault, not the push: again, on another.
    Reconnect,
    /// Apple cannot now.
    Busy,
    /// Apple failed, and may have carried it out.
    Failed,
}

struct Row {
    reason: &'static str,
    class: Class,
    advice: &'static str,
}

const fn row(reason: &'static str, class: Class, advice: &'static str) -> Row {
    Row { reason, class, advice }
}

static REASONS: &[Row] = &[
    row("BadDeviceToken", Class::Foreign, "malformed, or a token of the other environment"),
    row("DeviceTokenNotForTopic", Class::Foreign, "the token belongs to another app; many at once: check topic"),
    row("Unregistered", Class::Dead, "the app was removed or has a new token"),
    row("ExpiredToken", Class::Dead, "the device token has expired"),
    row("MissingDeviceToken", Class::Payload, "the path has no device token"),
    row("BadTopic", Class::Payload, "the topic is malformed: check topic in the configuration"),
    row("MissingTopic", Class::Payload, "the topic is missing"),
    row(
        "TopicDisallowed",
        Class::Credential,
        "this credential may not send to this topic: check topic, or the token's kind",
    ),
    row("BadCollapseId", Class::Payload, "the collapse id is too long"),
    row("BadExpirationDate", Class::Payload, "the expiration is not a time"),
    row("BadMessageId", Class::Payload, "the apns-id is not a UUID"),
    row("BadPriority", Class::Payload, "the priority does not fit the push type"),
    row("InvalidPushType", Class::Payload, "the push type is unknown or does not fit the topic"),
    row("DuplicateHeaders", Class::Payload, "a header stands twice"),
    row("PayloadEmpty", Class::Payload, "the payload is empty"),
    row("PayloadTooLarge", Class::TooLarge, "the payload is over Apple's limit"),
    row("BadPath", Class::Payload, "the path is wrong: check endpoint"),
    row("MethodNotAllowed", Class::Payload, "the method is wrong: check endpoint"),
    row("BadCertificate", Class::Credential, "the certificate is not accepted"),
    row("BadCertificateEnvironment", Class::Credential, "the certificate is for the other environment"),
    row("BadEnvironmentKeyIdInToken", Class::Credential, "the key is for the other environment"),
    // Observed: what the servers really answer.
    row("BadEnvironmentKeyInToken", Class::Credential, "the key is for the other environment"),
    row("InvalidProviderToken", Class::Credential, "check key_id, team_id and key; the key may be revoked"),
    row("MissingProviderToken", Class::Credential, "neither certificate nor key was shown"),
    row("Forbidden", Class::Credential, "not allowed"),
    row("ExpiredProviderToken", Class::Expired, "the access token is too old: check this machine's clock"),
    row("UnrelatedKeyIdInToken", Class::Reconnect, "the connection is bound to another key"),
    row("IdleTimeout", Class::Reconnect, "the connection was idle for too long"),
    row("Shutdown", Class::Reconnect, "the server is going away"),
    row("TooManyRequests", Class::DeviceRate, "too many pushes to this device"),
    row("TooManyProviderTokenUpdates", Class::TokenRate, "the access token was renewed too often"),
    row("InternalServerError", Class::Failed, "Apple failed"),
    row("ServiceUnavailable", Class::Busy, "Apple is overloaded"),
];

pub(super) fn classify(answer: &Answer) -> Step {
    if answer.status == StatusCode::OK {
        return Step::done(Verdicts::All(accepted(answer)));
    }
    let Ok(body) = serde_json::from_slice::<wire::Reason>(&answer.body) else {
        let code = format!("http_{}", answer.status.as_u16());
        return Step::done(Verdicts::All(by_status(answer).code(&code).detail("the answer is not one of APNs")));
    };
    let verdict = match REASONS.iter().find(|row| row.reason == body.reason) {
        Some(row) => row.class.verdict(&body, answer).detail(row.advice),
        None => by_status(answer),
    };
    let connection = match REASONS.iter().find(|row| row.reason == body.reason).map(|row| row.class) {
        Some(Class::Reconnect | Class::TokenRate) => ConnectionFate::Retire,
        _ => ConnectionFate::Keep,
    };
    Step::Done { verdicts: Verdicts::All(verdict.code(&body.reason)), connection }
}

/// What a GOAWAY's words say of the credential; `None` where they speak of the connection.
pub(super) fn parting(words: &[u8]) -> Option<Verdict> {
    let body: wire::Reason = serde_json::from_slice(words).ok()?;
    let row = REASONS.iter().find(|row| row.reason == body.reason && row.class == Class::Credential)?;
    Some(Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }).code(row.reason).detail(row.advice))
}

/// Apple's 200 bears its `apns-id`; one without is another's.
fn accepted(answer: &Answer) -> Verdict {
    let id = answer.headers.get("apns-id").and_then(|id| id.to_str().ok());
    if id.is_none() {
        return Verdict::unavailable(Sent::Maybe, None)
            .code("unreadable_answer")
            .detail("the answer is not one of APNs");
    }
    Verdict::accepted(id.map(VendorId::new))
}

// === impl Class ===

impl Class {
    fn verdict(self, body: &wire::Reason, answer: &Answer) -> Verdict {
        let retry_after = retry_after::seconds(&answer.headers);
        match self {
            Class::Dead => {
                let since = body.timestamp.filter(|ms| *ms < YEAR_10000_MS);
                let since = since.map(|ms| UNIX_EPOCH + Duration::from_millis(ms));
                Verdict::new(Outcome::InvalidToken { proof: TokenProof::Dead { since } })
            }
            Class::Foreign => Verdict::new(Outcome::InvalidToken { proof: TokenProof::Foreign }),
            Class::Payload => Verdict::new(Outcome::PayloadRejected),
            Class::TooLarge => Verdict::new(Outcome::PayloadTooLarge),
            Class::Credential => Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }),
            Class::Expired => Verdict::new(Outcome::ExpiredCredentials).resend(Resend::WithFreshAccessToken),
            Class::DeviceRate => Verdict::new(Outcome::RateLimited { scope: Scope::Target, retry_after }),
            Class::TokenRate => Verdict::new(Outcome::RateLimited { scope: Scope::Channel, retry_after }),
            Class::Reconnect => Verdict::unavailable(Sent::No, retry_after),
            Class::Busy => Verdict::unavailable(Sent::No, retry_after).resend(Resend::Never),
            Class::Failed => Verdict::unavailable(Sent::Maybe, retry_after),
        }
    }
}

/// For what no row names: middleboxes, and reasons that Apple will add.
fn by_status(answer: &Answer) -> Verdict {
    let retry_after = retry_after::seconds(&answer.headers);
    match answer.status.as_u16() {
        413 => Verdict::new(Outcome::PayloadTooLarge),
        429 => Verdict::new(Outcome::RateLimited { scope: Scope::Channel, retry_after }),
        500..=599 => Verdict::unavailable(Sent::Maybe, retry_after),
        status => Verdict::new(Outcome::Unknown { status: Some(status) }),
    }
}
