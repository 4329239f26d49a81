//! What an answer means.
//!
//! Only a device token that was refused beside an accepted one is called dead: the accepted one proves that app, secret
//! and region are right. Where no token of a call was accepted, our own configuration may be at fault just as well (the
//! app id of another app, the other region's host), so they are called foreign; for a call with one target the operator
//! may decide otherwise (`lone_invalid_token`).

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode, header};
use model::{Answer, Call, Outcome, Scope, Sent, TokenProof, VendorId, Verdict, Verdicts};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::codes::{self, Class, Place};
use super::reply::{Failed, Reply};
use super::settings::Settings;

/// An answer with all that decides its meaning.
struct Reading<'a> {
    settings: &'a Settings,
    call: &'a Call<'a>,
    status: StatusCode,
    retry_after: Option<Duration>,
    reply: Reply,
}

const OK: &str = "200";

const UNWITNESSED: &str = "no device token of this call was accepted, so a wrong app_id or endpoint is possible too";

/// Meizu folds what exceeds five messages of an app to a device in this time.
const FOLDING: Duration = Duration::from_secs(60);

const SECONDS_OF_A_DAY: u64 = 86_400;

/// China has one time zone, UTC+8, without summer time.
const CHINA_SECONDS: u64 = 8 * 3600;

pub(super) fn classify(settings: &Settings, call: &Call<'_>, answer: &Answer) -> Verdicts {
    let reply = Reply::read(&answer.body).unwrap_or_default();
    let retry_after = retry_after(&answer.headers, call.now);
    let reading = Reading { settings, call, status: answer.status, retry_after, reply };
    match reading.reply.code.as_deref() {
        Some(OK) if answer.status.is_success() => reading.carried_out(),
        // Contradicts itself: whether it was carried out is not known.
        Some(OK) | None => Verdicts::All(reading.by_status()),
        Some(code) => Verdicts::All(reading.by_code(code, Place::Call, false)),
    }
}

// === impl Reading ===

impl Reading<'_> {
    /// Who is not listed was accepted.
    fn carried_out(&self) -> Verdicts {
        let Some(failed) = &self.reply.failed else { return Verdicts::All(self.unreadable()) };
        let codes = most_severe(failed);
        let codes: Vec<Option<&str>> =
            self.call.targets.iter().map(|target| codes.get(target.token.as_str()).copied()).collect();
        let accepted = Verdict::accepted(self.reply.msg_id.as_deref().map(VendorId::new));
        if codes.iter().all(Option::is_none) {
            return Verdicts::All(accepted);
        }
        let witnessed = codes.iter().any(Option::is_none);
        let verdict = |code: Option<&str>| match code {
            None => accepted.clone(),
            Some(code) => self.by_code(code, Place::Target, witnessed),
        };
        Verdicts::Each(codes.into_iter().map(verdict).collect())
    }

    fn by_code(&self, code: &str, place: Place, witnessed: bool) -> Verdict {
        let Some(row) = codes::row_of(code, place) else { return self.by_unknown_code().code(code) };
        let outcome = match row.class {
            Class::Retry => return self.unavailable(Some(row.advice)).code(code),
            Class::InvalidToken => return self.invalid_token(row.advice, witnessed).code(code),
            Class::RateLimited => Outcome::RateLimited { scope: Scope::Channel, retry_after: self.retry_after },
            Class::DeviceMinute => Outcome::RateLimited { scope: Scope::Target, retry_after: Some(FOLDING) },
            Class::DeviceDay => quota(Scope::Target, midnight_in_china(self.call.now)),
            Class::AppDay => quota(Scope::Channel, midnight_in_china(self.call.now)),
            Class::Quota => quota(Scope::Channel, None),
            Class::Rejected => Outcome::PayloadRejected,
            Class::Disabled => Outcome::ChannelDisabled { scope: place.scope() },
            Class::BadCredentials => Outcome::BadCredentials { scope: Scope::Channel },
            Class::ForeignTarget => Outcome::InvalidToken { proof: TokenProof::Foreign },
        };
        self.with_words(Verdict::new(outcome), &[Some(row.advice)]).code(code)
    }

    fn invalid_token(&self, advice: &str, witnessed: bool) -> Verdict {
        let proof = match self.call.targets.len() {
            _ if witnessed => TokenProof::Dead { since: None },
            1 => self.settings.lone_proof,
            _ => TokenProof::Foreign,
        };
        let doubt = (proof == TokenProof::Foreign).then_some(UNWITNESSED);
        self.with_words(Verdict::new(Outcome::InvalidToken { proof }), &[Some(advice), doubt])
    }

    /// A code that the table lacks. A server's fault is one whatever its code.
    fn by_unknown_code(&self) -> Verdict {
        if self.status.is_server_error() {
            return self.unavailable(None);
        }
        let status = Some(self.status.as_u16());
        self.with_words(Verdict::new(Outcome::Unknown { status }), &[])
    }

    /// An answer without a code: from something between us and the vendor, or cut short.
    fn by_status(&self) -> Verdict {
        let status = self.status.as_u16();
        let outcome = match status {
            200..=299 => return self.unreadable(),
            408 | 500..=599 => return self.unavailable(None).code(&format!("http_{status}")),
            401 | 403 => Outcome::BadCredentials { scope: Scope::Channel },
            404 | 405 | 410 => Outcome::ChannelDisabled { scope: Scope::Channel },
            413 => Outcome::PayloadTooLarge,
            429 => Outcome::RateLimited { scope: Scope::Channel, retry_after: self.retry_after },
            _ => Outcome::Unknown { status: Some(status) },
        };
        self.with_words(Verdict::new(outcome).code(&format!("http_{status}")), &[])
    }

    fn unreadable(&self) -> Verdict {
        self.unavailable(None).code("unreadable_answer")
    }

    /// The vendor may have done part of the work, also where it answered: a resend bears the same `notifyKey` and replaces
    /// what was shown, but nothing is won by sending it at once.
    fn unavailable(&self, advice: Option<&str>) -> Verdict {
        let redirect = self.reply.redirect.as_deref();
        self.with_words(Verdict::unavailable(Sent::Maybe, self.retry_after), &[advice, redirect])
    }

    /// With the vendor's words, its message id, and ours.
    fn with_words(&self, verdict: Verdict, ours: &[Option<&str>]) -> Verdict {
        let msg_id = self.reply.msg_id.as_deref().map(|msg_id| format!("msgId {msg_id}"));
        let theirs = [self.reply.message.as_deref(), msg_id.as_deref()];
        let parts: Vec<&str> = theirs.iter().chain(ours).flatten().copied().collect();
        if parts.is_empty() { verdict } else { verdict.detail(parts.join("; ")) }
    }
}

/// Each device token's code. Where one stands under two, the more severe; a code that the table lacks is the least.
fn most_severe(failed: &[Failed]) -> HashMap<&str, &str> {
    let severity = |code: &str| codes::row_of(code, Place::Target).map(|row| row.class);
    let mut codes: HashMap<&str, &str> = HashMap::new();
    for Failed { code, tokens } in failed.iter().filter(|failed| failed.code != OK) {
        for token in tokens {
            let known = codes.entry(token).or_insert(code);
            if severity(code) > severity(known) {
                *known = code;
            }
        }
    }
    codes
}

/// Seconds, or a date, of which the time since the call is left.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = SystemTime::from(OffsetDateTime::parse(text, &Rfc2822).ok()?);
    date.duration_since(now).ok()
}

fn quota(scope: Scope, until: Option<SystemTime>) -> Outcome {
    Outcome::QuotaExceeded { scope, until }
}

/// When the next day begins in China: our advice, as the vendor says "day" without saying whose.
fn midnight_in_china(now: SystemTime) -> Option<SystemTime> {
    let seconds = now.duration_since(UNIX_EPOCH).ok()?.as_secs() + CHINA_SECONDS;
    let midnight = (seconds / SECONDS_OF_A_DAY + 1) * SECONDS_OF_A_DAY - CHINA_SECONDS;
    UNIX_EPOCH.checked_add(Duration::from_secs(midnight))
}
