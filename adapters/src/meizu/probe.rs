//! Asking Meizu about the app's secret: the switch of a made-up pushId, which is a harmless request that is signed.
//!
//! `getRegisterSwitch` (server API document, read 2026-11-22) is one of the calls that live on the other of Meizu's two
//! hosts. What it answers to a pushId that nobody has is not documented; whatever it is, the signature was checked before.

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, Uri};
use model::{Answer, CredentialState, Outcome, Probe, ProbeFinding, Scope, Sent, TokenProof, Verdict};

use super::codes::{self, Class, Place};
use super::form::SignedForm;
use super::reply::Reply;
use super::settings::Settings;
use crate::common::{endpoint, http_status, made_up, retry_after, words};

const SWITCH_PATH: &str = "/garcia/api/server/message/getRegisterSwitch";

/// How the host of pushes begins, in either region, and that of everything else.
const PUSH_HOST: &str = "server-api-push.";
const OTHER_HOST: &str = "api-push.";

const OK: &str = "200";

const TAKEN: &str = "Meizu took the signature, and with it app_id and app_secret";
const SIGNATURE: &str =
    "compare app_id and app_secret with the console; app_key in the secret's place is a usual cause";
const FORBIDDEN: &str = "Meizu took the signature, but the app is on its black list: ask Meizu";

/// What Meizu's codes say of the secret. What is missing goes by the outcome.
const CODES: &[(&str, CredentialState, &str)] = &[
    ("1006", CredentialState::Refused, SIGNATURE),
    ("110009", CredentialState::AppNotAllowed, FORBIDDEN),
    ("110033", CredentialState::Refused, SIGNATURE),
];

pub(super) fn probe(settings: &Settings, nonce: u128) -> Probe {
    let mut form = SignedForm::default();
    let push_id = &made_up::hex(nonce)[..32];
    // In the order of their names, which is that of the signature.
    for (name, value) in [("appId", settings.app_id.as_str()), ("pushId", push_id)] {
        form.name(name);
        form.value(value);
    }
    let query = String::from_utf8(form.seal(&settings.app_secret)).expect("an encoded form is ASCII");
    let path = PathAndQuery::try_from(format!("{SWITCH_PATH}?{query}")).expect("an encoded form is a query");
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = endpoint::at(&other_host(&settings.endpoint), path);
    Probe::Ask(request)
}

/// Meizu's other host of the same region; an endpoint that is not one of Meizu's answers for both.
fn other_host(endpoint: &Uri) -> Uri {
    let named = endpoint.authority().and_then(|authority| authority.as_str().strip_prefix(PUSH_HOST));
    let authority = named.and_then(|rest| Authority::try_from(format!("{OTHER_HOST}{rest}")).ok());
    let mut parts = endpoint.clone().into_parts();
    parts.authority = authority.or(parts.authority);
    Uri::from_parts(parts).unwrap_or_else(|_| endpoint.clone())
}

/// What the answer means: as that to a push, but that nothing was sent.
pub(super) fn verdict(answer: &Answer) -> Verdict {
    let reply = Reply::read(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let row = reply.code.as_deref().and_then(|code| codes::row_of(code, Place::Call));
    let verdict = match reply.code.as_deref() {
        Some(OK) if answer.status.is_success() => return Verdict::accepted(None),
        Some(OK) | None if answer.status.is_success() => {
            Verdict::new(outcome(Class::Retry, answer)).code("unreadable_answer")
        }
        Some(OK) | None => {
            let retry_after = retry_after::seconds(&answer.headers);
            Verdict::new(http_status::outcome(status, retry_after)).code(&http_status::code(status))
        }
        Some(code) => {
            let unknown = Outcome::Unknown { status: Some(status) };
            Verdict::new(row.map_or(unknown, |row| outcome(row.class, answer))).code(code)
        }
    };
    words::with_words(verdict, [reply.message.as_deref(), row.map(|row| row.advice)])
}

fn outcome(class: Class, answer: &Answer) -> Outcome {
    let retry_after = retry_after::seconds(&answer.headers);
    match class {
        Class::Retry => Outcome::Unavailable { sent: Sent::No, retry_after },
        Class::RateLimited => Outcome::RateLimited { scope: Scope::Channel, retry_after },
        Class::DeviceMinute => Outcome::RateLimited { scope: Scope::Target, retry_after },
        Class::DeviceDay => Outcome::QuotaExceeded { scope: Scope::Target, until: None },
        Class::AppDay | Class::Quota => Outcome::QuotaExceeded { scope: Scope::Channel, until: None },
        Class::Rejected => Outcome::PayloadRejected,
        Class::Disabled => Outcome::ChannelDisabled { scope: Scope::Channel },
        Class::BadCredentials => Outcome::BadCredentials { scope: Scope::Channel },
        Class::ForeignTarget | Class::InvalidToken => Outcome::InvalidToken { proof: TokenProof::Foreign },
    }
}

pub(super) fn finding(verdict: &Verdict) -> ProbeFinding {
    let code = verdict.code.as_ref().map_or("", |code| code.as_str());
    if let Some((_, state, advice)) = CODES.iter().find(|(known, ..)| *known == code) {
        return ProbeFinding::new(*state, *advice);
    }
    match &verdict.outcome {
        Outcome::Accepted { .. } | Outcome::InvalidToken { .. } => ProbeFinding::new(CredentialState::Works, TAKEN),
        _ => ProbeFinding::of(verdict),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use md5::{Digest, Md5};
    use model::{BoundAdapter, CredentialKind, Environment};
    use serde_json::{Value, json};

    use super::super::ADAPTER;
    use crate::fixtures::{asking, now};

    fn channel(more: &Value) -> Arc<dyn BoundAdapter> {
        let settings = json!({"app_id": "123456", "app_secret": "demo-secret"});
        asking::channel(&ADAPTER, Environment::Production, settings, more)
    }

    fn asked(more: &Value) -> Request<Bytes> {
        match channel(more).probe(0, 7, now()) {
            Probe::Ask(request) => request,
            other @ Probe::Push { .. } => panic!("{other:?}"),
        }
    }

    fn found(status: u16, body: &str) -> ProbeFinding {
        let channel = channel(&json!({}));
        channel.probed(&channel.probe_answer(&asking::answer(status, body)))
    }

    #[test]
    fn the_switch_of_a_made_up_push_id_is_asked_for_with_a_signature() {
        let request = asked(&json!({}));
        let push_id = format!("{:032x}", 7);
        let sign = format!("{:x}", Md5::digest(format!("appId=123456pushId={push_id}demo-secret")));
        let query = format!("appId=123456&pushId={push_id}&sign={sign}");
        assert_eq!((request.method(), request.uri().path()), (&Method::GET, SWITCH_PATH));
        assert_eq!(request.uri().query(), Some(query.as_str()));
        assert!(request.headers().is_empty() && request.body().is_empty());
    }

    #[test]
    fn the_other_host_of_the_region_is_asked() {
        for (endpoint, host) in [
            ("https://server-api-push.meizu.com", "api-push.meizu.com"),
            ("https://server-api-push.in.meizu.com", "api-push.in.meizu.com"),
            ("https://localhost:8443", "localhost:8443"),
        ] {
            let request = asked(&json!({"endpoint": endpoint}));
            assert_eq!(request.uri().authority().unwrap().as_str(), host);
        }
    }

    #[test]
    fn the_secret_is_named_by_its_app() {
        let [note] = channel(&json!({})).credentials().try_into().unwrap();
        assert_eq!((note.field, note.kind), ("app_secret", CredentialKind::Secret));
        assert_eq!(note.id.as_deref(), Some("123456"));
    }

    #[test]
    fn every_code_has_its_finding() {
        let table = [
            (200, CredentialState::Works),
            (110_002, CredentialState::Works),
            (110_003, CredentialState::Works),
            (1006, CredentialState::Refused),
            (110_000, CredentialState::Refused),
            (110_001, CredentialState::Refused),
            (110_033, CredentialState::Refused),
            (110_009, CredentialState::AppNotAllowed),
            (300, CredentialState::Inconclusive),
            (1001, CredentialState::Inconclusive),
            (1003, CredentialState::Inconclusive),
            (1005, CredentialState::Inconclusive),
            (110_010, CredentialState::Inconclusive),
            (987_654, CredentialState::Inconclusive),
        ];
        for (code, state) in table {
            let body = json!({"code": code.to_string(), "message": "", "value": "", "redirect": ""}).to_string();
            let found = found(200, &body);
            assert_eq!(found.state, state, "{code}");
            assert!(!found.advice.is_empty(), "{code}");
        }
        for (status, body) in [(200, ""), (200, "<html>"), (500, r#"{"code":"200"}"#), (503, ""), (404, "")] {
            assert_eq!(found(status, body).state, CredentialState::Inconclusive, "{status} {body}");
        }
        assert_eq!(found(403, "").state, CredentialState::Refused);
    }
}
