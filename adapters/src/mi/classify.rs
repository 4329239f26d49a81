//! What an answer means.
//!
//! Only a device token that was refused beside an accepted one is called dead: the accepted one proves that secret,
//! package and region are right. Where every token of a call is refused, our own configuration may be at fault just as
//! well (`No valid targets!` is what a secret and package of another app get), so they are called foreign; for a call with
//! one target the operator may decide otherwise (`lone_invalid_token`).

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use model::{Answer, Call, Outcome, Scope, Sent, TokenProof, VendorId, Verdict, Verdicts};

use super::codes::{self, Class};
use super::settings::Settings;
use super::wire::Reply;
use crate::common::{china, http_status, retry_after, words};

/// An answer with all that decides its meaning.
struct Reading<'a> {
    settings: &'a Settings,
    call: &'a Call<'a>,
    status: StatusCode,
    retry_after: Option<Duration>,
    reply: Reply,
}

/// The reason, beside code 20301, that means invalid device tokens; the vendor has no code of its own for it.
const NO_VALID_TARGETS: &str = "no valid targets";

/// Our code for the tokens that `data.bad_regids` lists.
const BAD_REGIDS: &str = "bad_regids";

const UNWITNESSED: &str = "no device token of this call was accepted, so a wrong secret or package is possible too";

const STRANGERS: &str = "bad_regids names device tokens that this call did not have";

pub(super) fn classify(settings: &Settings, call: &Call<'_>, answer: &Answer) -> Verdicts {
    let reply = Reply::read(&answer.body).unwrap_or_default();
    // A date would need the vendor's clock.
    let retry_after = retry_after::seconds(&answer.headers);
    let reading = Reading { settings, call, status: answer.status, retry_after, reply };
    match reading.reply.code.as_deref() {
        Some("0") if reading.reply.ok && answer.status.is_success() => reading.accepted(),
        // Contradicts itself: whether it was carried out is not known.
        Some("0") | None => Verdicts::All(reading.by_status()),
        Some(code) => match codes::class(code) {
            Some(class) => Verdicts::All(reading.by_class(class).code(code)),
            None => Verdicts::All(reading.by_unknown_code().code(code)),
        },
    }
}

// === impl Reading ===

impl Reading<'_> {
    fn accepted(&self) -> Verdicts {
        let accepted = Verdict::accepted(self.reply.id.as_deref().map(VendorId::new));
        let bad: HashSet<&str> = self.reply.bad_regids.iter().map(String::as_str).collect();
        if bad.is_empty() {
            return Verdicts::All(accepted);
        }
        let refused = || self.call.targets.iter().map(|target| bad.contains(target.token.as_str()));
        let own: HashSet<&str> = self.call.targets.iter().map(|target| target.token.as_str()).collect();
        if !bad.is_subset(&own) {
            // The list is not one of this call: it proves nothing, and with none of ours in it not even who was accepted.
            let stranger =
                self.with_words(Verdict::new(Outcome::Unknown { status: Some(self.status.as_u16()) }), Some(STRANGERS));
            let foreign = self.unwitnessed().code(BAD_REGIDS);
            if bad.is_disjoint(&own) {
                return Verdicts::All(stranger.code(BAD_REGIDS));
            }
            let each = refused().map(|refused| if refused { foreign.clone() } else { accepted.clone() });
            return Verdicts::Each(each.collect());
        }
        if refused().all(|refused| refused) {
            return Verdicts::All(self.unwitnessed().code(BAD_REGIDS));
        }
        let dead = Verdict::new(Outcome::InvalidToken { proof: TokenProof::Dead { since: None } });
        let dead = self.with_words(dead.code(BAD_REGIDS), None);
        let each = refused().map(|refused| if refused { dead.clone() } else { accepted.clone() });
        Verdicts::Each(each.collect())
    }

    fn by_class(&self, class: Class) -> Verdict {
        let outcome = match class {
            Class::SendFailed if self.no_valid_targets() => return self.unwitnessed(),
            Class::InvalidToken => return self.unwitnessed(),
            Class::Retry | Class::SendFailed => return self.unavailable(),
            Class::Rejected => Outcome::PayloadRejected,
            Class::UnknownChannel if self.channel_is_of_the_message() => Outcome::PayloadRejected,
            Class::TooLarge => Outcome::PayloadTooLarge,
            Class::BadCredentials => Outcome::BadCredentials { scope: Scope::Channel },
            Class::Review => Outcome::ChannelDisabled { scope: Scope::Target },
            Class::Disabled | Class::UnknownChannel => Outcome::ChannelDisabled { scope: Scope::Channel },
            Class::RateLimited => Outcome::RateLimited { scope: Scope::Channel, retry_after: self.retry_after },
            Class::DayQuota => quota(china::midnight(self.call.now)),
            Class::Quota => quota(None),
        };
        self.with_words(Verdict::new(outcome), None)
    }

    /// A code that the table lacks. A server's fault is one whatever its code.
    fn by_unknown_code(&self) -> Verdict {
        if self.status.is_server_error() {
            return self.unavailable();
        }
        let status = Some(self.status.as_u16());
        self.with_words(Verdict::new(Outcome::Unknown { status }), None)
    }

    /// An answer without a code: from something between us and the vendor, or cut short.
    fn by_status(&self) -> Verdict {
        let status = self.status.as_u16();
        if self.status.is_success() {
            return self.unavailable().code("unreadable_answer");
        }
        let outcome = http_status::outcome(status, self.retry_after);
        self.with_words(Verdict::new(outcome).code(&http_status::code(status)), None)
    }

    /// The vendor may have done part of the work, also where it answered; and nothing is won by sending it again at once.
    fn unavailable(&self) -> Verdict {
        self.with_words(Verdict::unavailable(Sent::Maybe, self.retry_after), None)
    }

    /// Invalid device tokens in a call without an accepted one.
    fn unwitnessed(&self) -> Verdict {
        let proof = if self.call.targets.len() == 1 { self.settings.lone_proof } else { TokenProof::Foreign };
        let advice = (proof == TokenProof::Foreign).then_some(UNWITNESSED);
        self.with_words(Verdict::new(Outcome::InvalidToken { proof }), advice)
    }

    fn no_valid_targets(&self) -> bool {
        self.reply.reason.as_ref().is_some_and(|reason| reason.to_ascii_lowercase().contains(NO_VALID_TARGETS))
    }

    /// Whether the push named a notification channel of its own: then the configured one is not to blame.
    fn channel_is_of_the_message(&self) -> bool {
        let mut fields = form_urlencoded::parse(&self.call.composed.payload);
        let asked = fields.find(|(name, _)| name == "extra.channel_id").map(|(_, channel)| channel);
        asked.is_some_and(|asked| self.settings.channel_id.as_deref() != Some(&asked))
    }

    /// With the vendor's words, its trace id, and ours.
    fn with_words(&self, verdict: Verdict, advice: Option<&str>) -> Verdict {
        let words = self.reply.reason.as_deref().or(self.reply.description.as_deref());
        let trace_id = self.reply.trace_id.as_deref().map(|trace_id| format!("trace_id {trace_id}"));
        words::with_words(verdict, [words, trace_id.as_deref(), advice])
    }
}

fn quota(until: Option<SystemTime>) -> Outcome {
    Outcome::QuotaExceeded { scope: Scope::Channel, until }
}
