//! What an answer means.
//!
//! Only a device token that was refused beside an accepted one is called dead: the accepted one proves that app, secret
//! and region are right. Where no token of a call was accepted, our own configuration may be at fault just as well (the
//! app id of another app, the other region's host), so they are called foreign; for a call with one target the operator
//! may decide otherwise (`lone_invalid_token`).

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use model::{Answer, Call, Outcome, Scope, Sent, TokenProof, VendorId, Verdict, Verdicts};

use super::codes::{self, Class, Place};
use super::reply::{Failed, Reply};
use super::settings::Settings;
use crate::common::{china, http_status, retry_after, words};

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

pub(super) fn classify(settings: &Settings, call: &Call<'_>, answer: &Answer) -> Verdicts {
    let reply = Reply::read(&answer.body).unwrap_or_default();
    // A date that has passed asks for nothing.
    let retry_after = retry_after::header(&answer.headers, call.now).filter(|wait| !wait.is_zero());
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
        // A list that names others is not one of this call: it proves nothing, and with none of ours in it not even who
        // was accepted.
        let own = codes.iter().flatten().count() > 0;
        let strangers = self.names_strangers(failed);
        if !own {
            return Verdicts::All(if strangers { self.unreadable() } else { accepted });
        }
        let witnessed = !strangers && codes.iter().any(Option::is_none);
        let verdict = |code: Option<&str>| match code {
            None => accepted.clone(),
            Some(code) => self.by_code(code, Place::Target, witnessed),
        };
        Verdicts::Each(codes.into_iter().map(verdict).collect())
    }

    fn names_strangers(&self, failed: &[Failed]) -> bool {
        let own: HashSet<&str> = self.call.targets.iter().map(|target| target.token.as_str()).collect();
        let mut named = failed.iter().flat_map(|failed| &failed.tokens).filter(|token| !token.is_empty());
        named.any(|token| !own.contains(token.as_str()))
    }

    fn by_code(&self, code: &str, place: Place, witnessed: bool) -> Verdict {
        let Some(row) = codes::row_of(code, place) else { return self.by_unknown_code().code(code) };
        let outcome = match row.class {
            Class::Retry => return self.unavailable(Some(row.advice)).code(code),
            Class::InvalidToken => return self.invalid_token(row.advice, witnessed).code(code),
            Class::RateLimited => Outcome::RateLimited { scope: Scope::Channel, retry_after: self.retry_after },
            Class::DeviceMinute => Outcome::RateLimited { scope: Scope::Target, retry_after: Some(FOLDING) },
            Class::DeviceDay => quota(Scope::Target, china::midnight(self.call.now)),
            Class::AppDay => quota(Scope::Channel, china::midnight(self.call.now)),
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
        if self.status.is_success() {
            return self.unreadable();
        }
        let outcome = http_status::outcome(status, self.retry_after);
        self.with_words(Verdict::new(outcome).code(&http_status::code(status)), &[])
    }

    fn unreadable(&self) -> Verdict {
        self.unavailable(None).code("unreadable_answer")
    }

    /// The vendor may have done part of the work, also where it answered; and nothing is won by sending it again at once.
    fn unavailable(&self, advice: Option<&str>) -> Verdict {
        let redirect = self.reply.redirect.as_deref();
        self.with_words(Verdict::unavailable(Sent::Maybe, self.retry_after), &[advice, redirect])
    }

    /// With the vendor's words, its message id, and ours.
    fn with_words(&self, verdict: Verdict, ours: &[Option<&str>]) -> Verdict {
        let msg_id = self.reply.msg_id.as_deref().map(|msg_id| format!("msgId {msg_id}"));
        let theirs = [self.reply.message.as_deref(), msg_id.as_deref()];
        words::with_words(verdict, theirs.iter().chain(ours).copied())
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

fn quota(scope: Scope, until: Option<SystemTime>) -> Outcome {
    Outcome::QuotaExceeded { scope, until }
}
