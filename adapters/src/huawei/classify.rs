//! What an answer means.
//!
//! The code in the body decides; the HTTP status only where there is none, as success and failure both come with 200.
//!
//! A device token is called dead only where v1 or v2 listed it beside accepted ones, which prove credential and app right,
//! and where it cannot be one of HarmonyOS NEXT that was sent the wrong way: v1 says the same of both. All other refused
//! ones are foreign. Where `msg` cannot be read, nobody knows who got the push, so it is not sent again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use http::StatusCode;
use model::{Answer, Call, Outcome, Resend, Scope, Sent, Target, TokenProof, VendorId, Verdict, Verdicts};

use super::codes::{self, Class, Row};
use super::nsp_status::NspStatus;
use super::reasons::{self, Reason};
use super::settings::Settings;
use super::wire::reply::{Refused, Reply};
use crate::common::{http_status, retry_after, words};

/// An answer with all that decides its meaning.
struct Reading<'a> {
    settings: &'a Settings,
    call: &'a Call<'a>,
    status: StatusCode,
    nsp_status: Option<NspStatus>,
    retry_after: Option<Duration>,
    reply: Reply,
}

/// The refused device tokens of a call, among all of it.
struct Sorted<'a> {
    reasons: HashMap<&'a str, Option<&'a str>>,
    /// Different device tokens of the call.
    all: usize,
    /// The list accounts for every failure, so the others were accepted.
    is_complete: bool,
}

const UNWITNESSED: &str = "no device token of this call was accepted, so a wrong credential or app is possible too";

const DIALECT_UNTOLD: &str = "may be one of HarmonyOS NEXT: give targets their dialect";

const UNREADABLE_LIST: &str = "some device tokens were refused, but Huawei's list of them cannot be relied upon; \
                               not sent again, as others may have got it";

/// A token as young as that is the one that was asked for because of a 401.
const FRESH: Duration = Duration::from_mins(1);

pub(super) fn classify(settings: &Settings, call: &Call<'_>, answer: &Answer) -> Verdicts {
    let reading = Reading {
        settings,
        call,
        status: answer.status,
        nsp_status: NspStatus::of(&answer.headers),
        retry_after: retry_after::header(&answer.headers, call.now),
        reply: Reply::read(&answer.body).unwrap_or_default(),
    };
    match reading.reply.code.as_deref() {
        Some(codes::SUCCESS) if answer.status.is_success() => Verdicts::All(reading.accepted()),
        // Contradicts itself: whether it was carried out is not known.
        Some(codes::SUCCESS) => Verdicts::All(reading.unavailable().code(codes::SUCCESS)),
        None => Verdicts::All(reading.by_status()),
        Some(code) => match codes::find(code) {
            Some(row) => reading.by_row(row, code),
            None => Verdicts::All(reading.by_unknown_code(code).code(code)),
        },
    }
}

// === impl Reading ===

impl Reading<'_> {
    fn accepted(&self) -> Verdict {
        Verdict::accepted(self.reply.request_id.as_deref().map(VendorId::new))
    }

    fn by_row(&self, row: &Row, code: &str) -> Verdicts {
        let verdict = match row.class {
            Class::Partial => return self.partial(code),
            Class::AllInvalid => return self.all_invalid(code),
            Class::Rejected => Verdict::new(Outcome::PayloadRejected),
            Class::TooLarge => Verdict::new(Outcome::PayloadTooLarge),
            Class::Authentication => {
                Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }).resend(Resend::WithFreshAccessToken)
            }
            Class::Expired => Verdict::new(Outcome::ExpiredCredentials).resend(Resend::WithFreshAccessToken),
            Class::BadCredentials => Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }),
            // Nothing is carried out for a sender that was not checked.
            Class::Unchecked => Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }).resend(Resend::Now),
            Class::Disabled => Verdict::new(Outcome::ChannelDisabled { scope: Scope::Channel }),
            Class::DisabledForTokens => Verdict::new(Outcome::ChannelDisabled { scope: Scope::Target }),
            Class::RateLimited => self.rate_limited(),
            Class::Quota => Verdict::new(Outcome::QuotaExceeded { scope: Scope::Channel, until: None }),
            Class::DeviceQuota => Verdict::new(Outcome::QuotaExceeded { scope: Scope::Target, until: None }),
            Class::Foreign => Verdict::new(Outcome::InvalidToken { proof: TokenProof::Foreign }),
            Class::Retry => self.unavailable(),
        };
        Verdicts::All(self.with_words(verdict.code(code), Some(row.advice)))
    }

    /// A code that the table lacks. A server's fault is one whatever its code.
    fn by_unknown_code(&self, code: &str) -> Verdict {
        let verdict = match self.status.is_server_error() {
            true => self.unavailable(),
            false => Verdict::new(Outcome::Unknown { status: Some(self.status.as_u16()) }),
        };
        self.with_words(verdict, codes::family(code))
    }

    /// An answer without a code: of Huawei's gateway, of something in between, or cut short.
    fn by_status(&self) -> Verdict {
        if let Some(status) = self.nsp_status {
            return status.verdict(self.retry_after).code("nsp_status");
        }
        let status = self.status.as_u16();
        let verdict = match status {
            200..=299 => return self.unavailable().code("unreadable_answer"),
            400 => Verdict::new(Outcome::PayloadRejected),
            401 if self.has_fresh_access_token() => Verdict::new(Outcome::BadCredentials { scope: Scope::Channel }),
            401 => Verdict::new(Outcome::ExpiredCredentials).resend(Resend::WithFreshAccessToken),
            // Flow control of the system; 429 is that of the app.
            503 => self.rate_limited(),
            _ => Verdict::new(http_status::outcome(status, self.retry_after)),
        };
        self.with_words(verdict.code(&http_status::code(status)), None)
    }

    fn has_fresh_access_token(&self) -> bool {
        self.call.access_token.is_some_and(|token| self.call.now < token.issued_at + FRESH)
    }

    fn rate_limited(&self) -> Verdict {
        Verdict::new(Outcome::RateLimited { scope: Scope::Channel, retry_after: self.retry_after })
    }

    fn unavailable(&self) -> Verdict {
        Verdict::unavailable(Sent::Maybe, self.retry_after)
    }

    fn partial(&self, code: &str) -> Verdicts {
        let unknown = Verdict::new(Outcome::Unknown { status: None }).code(code).detail(UNREADABLE_LIST);
        let sorted = self.reply.refused.as_ref().and_then(|refused| Sorted::of(refused, self.call.targets));
        let Some(sorted) = sorted else { return Verdicts::All(unknown) };
        let unlisted = if sorted.is_complete { self.accepted() } else { unknown };
        self.each(&sorted, &unlisted, code)
    }

    /// v3 lists them by reason, v1 and v2 say only that.
    fn all_invalid(&self, code: &str) -> Verdicts {
        let unlisted = self.refused(None, self.is_alone(), false).code(code);
        let sorted = self.reply.refused.as_ref().and_then(|refused| Sorted::of(refused, self.call.targets));
        match sorted {
            None => Verdicts::All(unlisted),
            Some(sorted) => self.each(&Sorted { is_complete: false, ..sorted }, &unlisted, code),
        }
    }

    fn each(&self, sorted: &Sorted<'_>, unlisted: &Verdict, code: &str) -> Verdicts {
        let is_witnessed = sorted.is_complete && !sorted.is_everyone();
        let is_no_right = |reason: &str| reasons::find(reason).0 == Reason::NoRight;
        let all_without_right = sorted.reasons.values().all(|reason| reason.is_some_and(is_no_right));
        let suspicious = sorted.is_everyone() && sorted.all > 1 && all_without_right;
        let verdict = |target: &Target| match sorted.reasons.get(target.token.as_str()) {
            None => unlisted.clone(),
            Some(None) => self.refused(Some(target), sorted.all == 1, is_witnessed).code(code),
            Some(Some(name)) => by_reason(name, suspicious),
        };
        Verdicts::Each(self.call.targets.iter().map(verdict).collect())
    }

    /// A refused device token without a reason.
    fn refused(&self, target: Option<&Target>, alone: bool, is_witnessed: bool) -> Verdict {
        let dead = TokenProof::Dead { since: None };
        // Where the channel serves HarmonyOS NEXT as well, a target without a dialect may be one of those.
        let is_told = target.is_some_and(|target| target.dialect.is_some()) || self.settings.signer.is_none();
        let (proof, advice) = match (is_witnessed, alone) {
            (true, _) if is_told => (dead, None),
            (true, _) => (TokenProof::Foreign, Some(DIALECT_UNTOLD)),
            (false, true) if self.settings.lone_proof == dead => (dead, None),
            (false, _) => (TokenProof::Foreign, Some(UNWITNESSED)),
        };
        self.with_words(Verdict::new(Outcome::InvalidToken { proof }), advice)
    }

    fn is_alone(&self) -> bool {
        let tokens: HashSet<&str> = self.call.targets.iter().map(|target| target.token.as_str()).collect();
        tokens.len() == 1
    }

    /// With the vendor's words, its id of the request, and ours.
    fn with_words(&self, verdict: Verdict, advice: Option<&str>) -> Verdict {
        let request = self.reply.request_id.as_deref().map(|id| format!("requestId {id}"));
        words::with_words(verdict, [self.reply.words.as_deref(), request.as_deref(), advice])
    }
}

/// A device token that v3 refused. `suspicious`: all of the call were, for want of a right.
fn by_reason(name: &str, suspicious: bool) -> Verdict {
    let (reason, advice) = reasons::find(name);
    let outcome = match reason {
        Reason::Disabled => Outcome::ChannelDisabled { scope: Scope::Target },
        Reason::NoRight if suspicious => Outcome::ChannelDisabled { scope: Scope::Channel },
        Reason::NoRight | Reason::Foreign => Outcome::InvalidToken { proof: TokenProof::Foreign },
        Reason::Rejected => Outcome::PayloadRejected,
    };
    let advice = match reason == Reason::NoRight && suspicious {
        true => "so are all of this call: is project_id the app's project?",
        false => advice,
    };
    Verdict::new(outcome).code(name).detail(advice)
}

// === impl Sorted ===

impl<'a> Sorted<'a> {
    /// `None` where the list names none of the call's device tokens.
    fn of(refused: &'a Refused, targets: &'a [Target]) -> Option<Self> {
        let own: HashSet<&str> = targets.iter().map(|target| target.token.as_str()).collect();
        let listed = refused.tokens.iter().map(|(token, reason)| (token.as_str(), reason.as_deref()));
        let (reasons, strangers): (HashMap<_, _>, HashMap<_, _>) = listed.partition(|(token, _)| own.contains(token));
        let found = u64::try_from(reasons.len()).unwrap_or(u64::MAX);
        let is_complete = strangers.is_empty() && refused.failure.is_none_or(|failure| failure <= found);
        (!reasons.is_empty()).then_some(Self { reasons, all: own.len(), is_complete })
    }

    fn is_everyone(&self) -> bool {
        self.reasons.len() == self.all
    }
}
