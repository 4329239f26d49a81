//! What becomes of one push by the vendor's own rules: the checks, then what the device token says.

use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use uuid::Uuid;

use super::prefixes::{self, Effect, Meaning};
use super::session::Identity;
use super::{ApnsSite, SANDBOX, reason, request};
use crate::answer::{Act, Answer, Goaway, Last};
use crate::fault::VendorError;
use crate::script::debug_data;

/// One request and all that it is judged by.
pub(super) struct Judge<'r> {
    pub(super) site: &'r ApnsSite,
    pub(super) environment: &'static str,
    pub(super) identity: &'r Identity,
    pub(super) parts: &'r Parts,
    pub(super) path: &'r str,
}

/// What a request gets, and when.
pub(super) struct Plan {
    pub(super) delay: Duration,
    pub(super) act: Act,
}

// === impl Judge ===

impl Judge<'_> {
    /// The vendor's own checks.
    pub(super) fn plan(&self, credential: Result<(), &'static str>, body: &Bytes) -> Plan {
        let checked = request::method(&self.parts.method)
            .and(credential)
            .and_then(|()| request::check(self.parts, self.path, self.identity));
        let checked = match checked {
            Ok(checked) => checked,
            Err(reason) => return Plan { delay: Duration::ZERO, act: self.refused(reason) },
        };
        let reading = prefixes::read(checked.device_token);
        let act = match reading.meaning {
            Meaning::Named(name) => self.answer(reason::answer(name, None)),
            Meaning::Effect(effect) => match self.effect(effect, checked.device_token) {
                Some(act) => act,
                None => match checked.check_payload(body) {
                    Ok(()) => self.answer(Answer::empty(StatusCode::OK)),
                    Err(reason) => self.refused(reason),
                },
            },
        };
        Plan { delay: reading.delay, act }
    }

    /// What a device token leads to; nothing if it is a good one.
    fn effect(&self, effect: Effect, token: &str) -> Option<Act> {
        let once = || self.site.met.first_time(token);
        let shutdown = |last| Act::Goaway(Goaway { debug: debug_data("Shutdown"), last });
        let here = self.environment;
        Some(match effect {
            Effect::Accept => return None,
            Effect::Only(environment) => return (environment != here).then(|| self.refused("BadDeviceToken")),
            Effect::Reason(reason) => self.refused(reason),
            Effect::Hang => Act::Hang,
            Effect::Reset => Act::Reset(Reason::INTERNAL_ERROR),
            Effect::RefuseOnce => return once().then_some(Act::Reset(Reason::REFUSED_STREAM)),
            Effect::RefuseAlways => Act::Reset(Reason::REFUSED_STREAM),
            Effect::GoawayOnce => return once().then(|| shutdown(Last::Zero)),
            Effect::GoawayAlways => shutdown(Last::Zero),
            Effect::GoawaySilent => shutdown(Last::Silent),
            Effect::Close => Act::Close,
            Effect::Rubbish => self.answer(Answer::rubbish(StatusCode::BAD_REQUEST)),
            Effect::RubbishAccepted => self.answer(Answer::rubbish(StatusCode::OK)),
            Effect::Html => Act::Answer(Answer::html(StatusCode::BAD_GATEWAY)),
            Effect::Empty => self.answer(Answer::empty(StatusCode::BAD_REQUEST)),
        })
    }

    /// A reason that a rule wants.
    pub(super) fn scripted(&self, error: &VendorError) -> Answer {
        let reason = error.reason.as_deref().unwrap_or("InternalServerError");
        self.dressed(reason::answer(reason, error.status))
    }

    fn refused(&self, reason: &str) -> Act {
        self.answer(reason::answer(reason, None))
    }

    fn answer(&self, answer: Answer) -> Act {
        Act::Answer(self.dressed(answer))
    }

    /// With Apple's headers.
    fn dressed(&self, mut answer: Answer) -> Answer {
        let id = request::answer_id(&self.parts.headers);
        let id = HeaderValue::from_str(&id);
        answer.headers.extend(id.ok().map(|id| (HeaderName::from_static("apns-id"), id)));
        if answer.status == StatusCode::OK && self.environment == SANDBOX {
            let unique = HeaderValue::from_str(&Uuid::new_v4().to_string());
            answer.headers.extend(unique.ok().map(|id| (HeaderName::from_static("apns-unique-id"), id)));
        }
        answer
    }
}
