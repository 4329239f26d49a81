//! What FCM's answers mean: a table of rules, of which the first that fits decides.
//!
//! FCM says `INVALID_ARGUMENT` of a malformed token, a bad field and an oversized message alike, and `NOT_FOUND` of a dead
//! registration and of a wrong project id. So no rule goes by the HTTP status or that code alone where a token is at stake:
//! only `UNREGISTERED`, and Apple's word that a device token has ended, call one dead.
//!
//! Sources: the error page (read 2026-11-22) and answers recorded from the live service in 2024 to 2026.

use std::time::Duration;

use model::{Answer, Call, Outcome, Resend, Scope, Sent, Step, TokenProof, VendorId, Verdict, Verdicts};

use super::answer::Reply;
use super::body::MAX_BYTES;
use crate::common::retry_after;
use crate::common::words::with_words;

/// An answer with all that decides its meaning.
struct Reading<'a> {
    call: &'a Call<'a>,
    status: u16,
    /// Empty where the body was not FCM's.
    reply: Reply,
    retry_after: Option<Duration>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// The registration has ended.
    Dead,
    /// Malformed, or of another app.
    Foreign,
    TooLarge,
    /// The request is wrong, whoever it is for.
    Payload,
    /// Something of the project's configuration is refused.
    Credential,
    /// A credential that only this token would need.
    CredentialOfTarget,
    /// Our access token has expired.
    Expired,
    /// Our access token is refused for another reason.
    Refused,
    /// The project's allowance for this minute is used up.
    ProjectQuota,
    /// Too many to this device or topic.
    TargetRate,
    /// Too fast, as a whole.
    ProjectRate,
    /// FCM cannot now; it may have delivered all the same.
    Busy,
    Unknown,
}

struct Rule {
    fits: fn(&Reading<'_>) -> bool,
    class: Class,
    advice: &'static str,
}

const fn rule(fits: fn(&Reading<'_>) -> bool, class: Class, advice: &'static str) -> Rule {
    Rule { fits, class, advice }
}

static RULES: &[Rule] = &[
    rule(|r| r.fcm(&["UNREGISTERED"]), Class::Dead, "the app was removed, or its registration has ended"),
    rule(|r| r.is(400) && r.says_too_large(), Class::TooLarge, "FCM takes 4096 bytes"),
    rule(|r| r.apns(&["PayloadTooLarge"]), Class::TooLarge, "APNs takes 4096 bytes"),
    rule(|r| r.is(413), Class::TooLarge, "the request is too large"),
    rule(|r| r.is(400) && r.blames_the_token(), Class::Foreign, "not a registration token or installation id"),
    rule(|r| r.is_400_or_404() && r.apns(&["Unregistered", "ExpiredToken"]), Class::Dead, "the device token has ended"),
    rule(
        |r| r.is_400_or_404() && r.apns(&["BadDeviceToken", "DeviceTokenNotForTopic"]),
        Class::Foreign,
        "not a device token of this app and environment; many at once: check the APNs key in the Firebase console",
    ),
    // "Request contains an invalid argument." and nothing more was the older word for a large message.
    rule(|r| r.is(400) && r.has_no_details() && r.is_large(), Class::TooLarge, "FCM takes 4096 bytes"),
    rule(|r| r.is_of_a_target() && r.is_unknown(), Class::Unknown, "an error code that is not in our table"),
    rule(|r| r.is(400), Class::Payload, "a field of the message is refused; check overrides"),
    rule(
        |r| r.is(401) && r.fcm(&["THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"]),
        Class::CredentialOfTarget,
        "the project's APNs key or web push key is bad: check it in the Firebase console; Android is not affected",
    ),
    rule(|r| r.is(401) && r.info(&["ACCESS_TOKEN_EXPIRED"]), Class::Expired, "the access token has expired"),
    rule(|r| r.is(401), Class::Refused, "the access token is refused: check service_account"),
    rule(
        |r| r.is(403) && r.fcm(&["SENDER_ID_MISMATCH"]),
        Class::CredentialOfTarget,
        "the token belongs to another project; many at once: the wrong service account is configured",
    ),
    rule(
        |r| r.is(403) && r.info(&["IAM_PERMISSION_DENIED"]),
        Class::Credential,
        "the service account lacks cloudmessaging.messages.create in this project; a new grant takes a minute",
    ),
    rule(
        |r| r.is(403) && r.info(&["SERVICE_DISABLED"]),
        Class::Credential,
        "switch on the Firebase Cloud Messaging API (V1) for the project",
    ),
    rule(|r| r.is(403), Class::Credential, "the service account may not send for this project"),
    rule(|r| r.is(404) && r.reply.fcm.is_none(), Class::Credential, "no such project: check project_id and endpoint"),
    rule(
        |r| r.is(429) && (r.info(&["RATE_LIMIT_EXCEEDED"]) || r.reply.has_quota_metric),
        Class::ProjectQuota,
        "the project's sends of this minute are used up",
    ),
    rule(
        |r| r.is(429) && r.fcm(&["QUOTA_EXCEEDED"]) && r.names_a_target(),
        Class::TargetRate,
        "too many to this device or topic",
    ),
    rule(|r| r.is(429), Class::ProjectRate, "too fast"),
    rule(|r| r.is_server_fault() || r.fcm(&["UNAVAILABLE", "INTERNAL"]), Class::Busy, "FCM cannot now"),
];

/// Every code of the error page.
const FCM_CODES: [&str; 8] = [
    "INVALID_ARGUMENT",
    "UNREGISTERED",
    "SENDER_ID_MISMATCH",
    "QUOTA_EXCEEDED",
    "UNAVAILABLE",
    "INTERNAL",
    "THIRD_PARTY_AUTH_ERROR",
    "APNS_AUTH_ERROR",
];

/// The code that FCM gives to most of what is wrong with a request.
const INVALID_ARGUMENT: &str = "INVALID_ARGUMENT";

/// What FCM asks to wait after a 429 that does not say.
const RATE_WAIT: Duration = Duration::from_mins(1);

/// FCM's "scale" page asks for at least ten seconds after a server's fault that names no time.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// A refused access token as young as this was the second one: the first refusal has already replaced it.
const YOUNG: Duration = Duration::from_mins(1);

pub(super) fn classify(call: &Call<'_>, answer: &Answer) -> Step {
    let reply = Reply::read(&answer.body);
    let verdict = match reply {
        Some(reply) if answer.status.is_success() && !reply.is_error => accepted(&reply),
        _ if answer.status.is_success() => unreadable(),
        reply => Reading::new(call, answer, reply.unwrap_or_default()).verdict(),
    };
    Step::done(Verdicts::All(verdict))
}

/// The name is always there, so far; an answer without it is an acceptance all the same.
fn accepted(reply: &Reply) -> Verdict {
    Verdict::accepted(reply.name.as_deref().map(VendorId::new))
}

fn unreadable() -> Verdict {
    Verdict::unavailable(Sent::Maybe, None).code("unreadable_answer").detail("the answer is not one of FCM")
}

// === impl Reading ===

impl<'a> Reading<'a> {
    fn new(call: &'a Call<'a>, answer: &Answer, reply: Reply) -> Self {
        let retry_after = retry_after::header(&answer.headers, call.now).or(reply.retry_delay);
        Self { call, status: answer.status.as_u16(), reply, retry_after }
    }

    fn verdict(&self) -> Verdict {
        let rule = RULES.iter().find(|rule| (rule.fits)(self));
        let (class, advice) = rule.map_or((Class::Unknown, None), |rule| (rule.class, Some(rule.advice)));
        let verdict = class.verdict(self).code(&self.code());
        with_words(verdict, [self.reply.message.as_deref(), advice])
    }

    /// The most telling of the codes.
    fn code(&self) -> String {
        let reply = &self.reply;
        let fcm = reply.fcm.as_deref();
        // Apple's reason says more than "invalid argument".
        let precise = fcm.filter(|code| *code != INVALID_ARGUMENT || reply.apns.is_none());
        let code = precise.or(reply.apns.as_deref()).or(reply.info.as_deref()).or(reply.status.as_deref());
        code.map_or_else(|| format!("http_{}", self.status), str::to_owned)
    }

    const fn is(&self, status: u16) -> bool {
        self.status == status
    }

    const fn is_400_or_404(&self) -> bool {
        matches!(self.status, 400 | 404)
    }

    /// The statuses whose unknown codes may be about the target, the message or the project.
    const fn is_of_a_target(&self) -> bool {
        matches!(self.status, 400 | 403 | 404)
    }

    const fn is_server_fault(&self) -> bool {
        matches!(self.status, 408 | 500..=599)
    }

    fn fcm(&self, codes: &[&str]) -> bool {
        self.reply.fcm.as_deref().is_some_and(|code| codes.contains(&code))
    }

    fn apns(&self, reasons: &[&str]) -> bool {
        self.reply.apns.as_deref().is_some_and(|reason| reasons.contains(&reason))
    }

    fn info(&self, reasons: &[&str]) -> bool {
        self.reply.info.as_deref().is_some_and(|reason| reasons.contains(&reason))
    }

    fn is_unknown(&self) -> bool {
        self.reply.fcm.as_deref().is_some_and(|code| !FCM_CODES.contains(&code))
    }

    fn has_no_details(&self) -> bool {
        self.reply.details == 0
    }

    fn is_large(&self) -> bool {
        self.call.composed.payload.len() > MAX_BYTES
    }

    /// FCM has no code for it, only words: "Message is too large.", "Android message is too big".
    fn says_too_large(&self) -> bool {
        ["too large", "too big"].iter().any(|words| self.says(words))
    }

    /// Likewise for a malformed token, where the violation that names its field is missing.
    fn blames_the_token(&self) -> bool {
        let fields = ["message.token", "message.fid"];
        let words = ["not a valid fcm registration token", "invalid registration token"];
        self.reply.fields.iter().any(|field| fields.contains(&field.as_str()))
            || words.iter().any(|words| self.says(words))
    }

    /// Whether an exceeded quota is that of one device or topic, and not of the project.
    fn names_a_target(&self) -> bool {
        let failure = self.reply.quota_failure.as_deref();
        ["device", "topic"].iter().any(|word| self.says(word) || failure.is_some_and(|text| text.contains(word)))
            || failure.is_some_and(|text| !text.contains("project"))
    }

    fn says(&self, words: &str) -> bool {
        self.reply.message.as_ref().is_some_and(|message| message.to_lowercase().contains(words))
    }

    /// Whether the refused access token has just been made.
    fn was_renewed(&self) -> bool {
        let age = self.call.access_token.and_then(|token| self.call.now.duration_since(token.issued_at).ok());
        age.is_some_and(|age| age < YOUNG)
    }
}

// === impl Class ===

impl Class {
    fn verdict(self, reading: &Reading<'_>) -> Verdict {
        let waits = Some(reading.retry_after.unwrap_or(RATE_WAIT));
        Verdict::new(match self {
            Class::Dead => Outcome::InvalidToken { proof: TokenProof::Dead { since: None } },
            Class::Foreign => Outcome::InvalidToken { proof: TokenProof::Foreign },
            Class::TooLarge => Outcome::PayloadTooLarge,
            Class::Payload => Outcome::PayloadRejected,
            Class::Credential => Outcome::BadCredentials { scope: Scope::Channel },
            Class::CredentialOfTarget => Outcome::BadCredentials { scope: Scope::Target },
            Class::Refused if reading.was_renewed() => {
                return renewing(Outcome::BadCredentials { scope: Scope::Channel });
            }
            Class::Expired | Class::Refused => return renewing(Outcome::ExpiredCredentials),
            Class::ProjectQuota => {
                let until = waits.and_then(|wait| reading.call.now.checked_add(wait));
                Outcome::QuotaExceeded { scope: Scope::Channel, until }
            }
            Class::TargetRate => Outcome::RateLimited { scope: Scope::Target, retry_after: waits },
            Class::ProjectRate => Outcome::RateLimited { scope: Scope::Channel, retry_after: waits },
            // 503s and time-outs have been followed by delivery.
            Class::Busy => return Verdict::unavailable(Sent::Maybe, Some(reading.retry_after.unwrap_or(BUSY_WAIT))),
            Class::Unknown => Outcome::Unknown { status: Some(reading.status) },
        })
    }
}

/// A 401 is given before anything is done.
fn renewing(outcome: Outcome) -> Verdict {
    Verdict::new(outcome).resend(Resend::WithFreshAccessToken)
}
