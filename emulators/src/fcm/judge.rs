//! What becomes of one request: the path, the credential, the project, the message, then what the device token says.

use std::time::{Duration, SystemTime};

use h2::Reason;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::FcmSite;
use super::case::{self, Case};
use super::exchange::Denied;
use super::message::{self, Target};
use super::prefixes::{self, Effect, RetryAfter};
use super::reader;
use super::refusal::{self, Refusal};
use super::tokens::Standing;
use crate::answer::{Act, Answer, Goaway, Last};
use crate::content_type;
use crate::fault::VendorError;
use crate::plan::Plan;

const SHUTTING_DOWN: &str = "server_shutting_down";
const TIMED_OUT: &str = "session_timed_out";
const FAKE_ID: &str = "fake_message_id";
const BAD_GATEWAY: &str = "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> \
                           <ins>That\u{2019}s an error.</ins>\n<p>The server encountered a temporary error and could \
                           not complete your request.<p>Please try again in 30 seconds.\n";
const NOT_FOUND: &str = "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> \
                         <ins>That\u{2019}s an error.</ins>\n<p>The requested URL was not found on this server.\n";

/// One send and all that it is judged by.
pub(super) struct Judge<'r> {
    pub(super) site: &'r FcmSite,
    pub(super) parts: &'r Parts,
    /// The body, if it is JSON.
    pub(super) json: Option<&'r Value>,
}

/// An access token that is good.
struct Access<'r> {
    token: &'r str,
    first_use: bool,
}

/// The device a request is for, if it is for one.
pub(super) fn target(json: &Value) -> Option<&str> {
    let message = json.get("message")?;
    message.get("token").or_else(|| message.get("fid"))?.as_str().filter(|target| !target.is_empty())
}

// === impl Judge ===

impl Judge<'_> {
    /// The vendor's own checks.
    pub(super) fn plan(&self) -> Plan {
        let Some(project) = self.project() else {
            return Plan::answer(html(StatusCode::NOT_FOUND, NOT_FOUND));
        };
        match self.authorised() {
            Ok(Access { token, first_use }) => {
                let plan = self.checked(project, token).unwrap_or_else(|refusal| refused(&refusal));
                Plan { authorised: first_use, ..plan }
            }
            Err(refusal) => refused(&refusal),
        }
    }

    /// A rule's error, in the words of the endpoint that it meets.
    pub(super) fn scripted(&self, error: &VendorError) -> Answer {
        let status = error.status.and_then(|status| StatusCode::from_u16(status).ok());
        if self.parts.uri.path() == super::TOKEN_PATH {
            return Denied::scripted(error).answer(status.unwrap_or(StatusCode::BAD_REQUEST));
        }
        let refusal = case::named(error.reason.as_deref().unwrap_or("INTERNAL"), &self.site.account);
        Refusal { http: status.unwrap_or(refusal.http), ..refusal }.answer()
    }

    /// The project that the path names.
    fn project(&self) -> Option<&str> {
        let path = self.parts.uri.path().strip_prefix("/v1/projects/")?;
        let project = path.strip_suffix("/messages:send").filter(|project| !project.contains('/'))?;
        (self.parts.method == Method::POST).then_some(project)
    }

    fn checked(&self, project: &str, access_token: &str) -> Result<Plan, Refusal> {
        if !self.site.account.owns(project) {
            let refusal = self.refusal("permission-");
            return Err(Refusal {
                message: refusal.message.replace(&self.site.account.project_id, project),
                ..refusal
            });
        }
        let request = self.request()?;
        let empty = Map::new();
        let message = request.get("message").and_then(Value::as_object).unwrap_or(&empty);
        let dry_run = request.get("validate_only").is_some_and(|flag| *flag == Value::Bool(true));
        let target = message::check(message)?;
        Ok(match target {
            Target::Token(token) => self.device(token, "message.token", dry_run, access_token),
            Target::Fid(id) => self.device(id, "message.fid", dry_run, access_token),
            Target::Topic(_) | Target::Condition => Plan::answer(self.named(&numeric_id())),
        })
    }

    /// The access token.
    fn authorised(&self) -> Result<Access<'_>, Refusal> {
        let header = self.parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|header| header.split_once(' '));
        let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let Some(token) = bearer else { return Err(self.refusal("no-credentials-")) };
        match self.site.tokens.standing(token) {
            Standing::Good { first_use } => Ok(Access { token, first_use }),
            Standing::Ended => Err(self.refusal("auth-")),
            Standing::Unknown => Err(self.refusal("unknown-access-")),
        }
    }

    /// The body in the service's own spelling.
    fn request(&self) -> Result<Map<String, Value>, Refusal> {
        if !content_type::is(&self.parts.headers, content_type::JSON) {
            return Err(self.refusal("bare-"));
        }
        let json = self.json.ok_or_else(|| Refusal::unreadable(&[reader::not_json("Parsing error.")]))?;
        reader::read(json).map_err(|violations| Refusal::unreadable(&violations))
    }

    /// What a device token, or an installation id, leads to.
    fn device(&self, token: &str, field: &str, dry_run: bool, access_token: &str) -> Plan {
        let reading = prefixes::read(token);
        let effect = match reading.effect {
            Effect::Malformed if field == "message.fid" && prefixes::is_fid(token) => Effect::Accept,
            Effect::Case(case) if dry_run && case.is_of_apns() => Effect::Accept,
            // the same, but for the field
            Effect::Case(case) if case.prefix == "bad-" => Effect::Malformed,
            effect => effect,
        };
        let mut plan = self.effect(effect, token, field, dry_run, access_token);
        if let (Some(value), Act::Answer(answer)) = (reading.retry_after, &mut plan.act) {
            answer.headers.extend(value.header().map(|value| (RETRY_AFTER, value)));
        }
        Plan { delay: reading.delay, ..plan }
    }

    fn effect(&self, effect: Effect<'_>, token: &str, field: &str, dry_run: bool, access_token: &str) -> Plan {
        let once = || self.site.met.first_time(token);
        let accepted = || Plan { accepted: 1, ..Plan::answer(self.accepted(dry_run)) };
        let goaway = |text: &'static str, last| Plan::now(Act::Goaway(Goaway { debug: text.into(), last }));
        let answer = |answer| Plan::answer(answer);
        match effect {
            Effect::Malformed => refused(&self.malformed(field)),
            Effect::Case(case) => refused(&case.refusal(&self.site.account)),
            Effect::Code(code) => refused(&case::named(code, &self.site.account)),
            Effect::UnavailableDelivered => Plan { accepted: 1, ..refused(&self.refusal("unavailable-")) },
            Effect::EndAccessToken if once() => {
                self.site.tokens.end(access_token);
                refused(&self.refusal("auth-"))
            }
            Effect::Html => answer(html(StatusCode::BAD_GATEWAY, BAD_GATEWAY)),
            Effect::Rubbish => answer(Answer::rubbish(StatusCode::OK)),
            Effect::RubbishError => answer(Answer::rubbish(StatusCode::INTERNAL_SERVER_ERROR)),
            Effect::Empty => answer(Answer::empty(StatusCode::OK)),
            Effect::EmptyError => answer(Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)),
            Effect::Nameless => answer(Answer::new(StatusCode::OK, Some("application/json"), "{}")),
            Effect::Hang => Plan::now(Act::Hang),
            Effect::Reset => Plan::now(Act::Reset(Reason::INTERNAL_ERROR)),
            Effect::RefuseAlways => Plan::now(Act::Reset(Reason::REFUSED_STREAM)),
            Effect::RefuseOnce if once() => Plan::now(Act::Reset(Reason::REFUSED_STREAM)),
            Effect::GoawayAlways => goaway(SHUTTING_DOWN, Last::Zero),
            Effect::GoawayOnce if once() => goaway(SHUTTING_DOWN, Last::Zero),
            Effect::GoawaySilent => goaway(TIMED_OUT, Last::Silent),
            Effect::Close => Plan::now(Act::Close),
            Effect::Accept | Effect::EndAccessToken | Effect::RefuseOnce | Effect::GoawayOnce => accepted(),
        }
    }

    fn malformed(&self, field: &str) -> Refusal {
        match field {
            "message.fid" => Refusal::field(field, "The installation ID is not a valid Firebase Installation ID"),
            _ => self.refusal("bad-"),
        }
    }

    fn refusal(&self, prefix: &str) -> Refusal {
        let internal = || Refusal::bare(StatusCode::INTERNAL_SERVER_ERROR, "Internal error encountered.");
        case::of(prefix).map_or_else(internal, |case: &Case| case.refusal(&self.site.account))
    }

    fn accepted(&self, dry_run: bool) -> Answer {
        if dry_run { self.named(FAKE_ID) } else { self.named(&message_id()) }
    }

    fn named(&self, id: &str) -> Answer {
        refusal::named(&format!("projects/{}/messages/{id}", self.site.account.project_id))
    }
}

// === impl RetryAfter ===

impl RetryAfter {
    fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Seconds(secs) => Some(HeaderValue::from(secs)),
            Self::Date(secs) => {
                let at = SystemTime::now().checked_add(Duration::from_secs(secs))?;
                HeaderValue::from_str(&http_date(OffsetDateTime::from(at))).ok()
            }
        }
    }
}

/// RFC 9110 section 5.6.7; in UTC.
fn http_date(at: OffsetDateTime) -> String {
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    let (hour, minute, second) = at.to_hms();
    format!("{}, {:02} {} {:04} {hour:02}:{minute:02}:{second:02} GMT", &weekday[..3], at.day(), &month[..3], at.year())
}

fn refused(refusal: &Refusal) -> Plan {
    Plan::answer(refusal.answer())
}

fn html(status: StatusCode, page: &'static str) -> Answer {
    Answer::new(status, Some("text/html; charset=UTF-8"), page)
}

/// As for registration tokens: `0:<digits>%<hex>`.
fn message_id() -> String {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    format!("0:{}%{low:016x}", 1_000_000_000_000_000 + high % 9_000_000_000_000_000)
}

/// As for topics and conditions, dry runs too.
fn numeric_id() -> String {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    (1_000_000_000_000_000_000 + high % 8_000_000_000_000_000_000).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_http_has_them() {
        let at = OffsetDateTime::from_unix_timestamp(784_111_777).unwrap();
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
