//! Asking Mi about the application secret: the day's quota, which is a harmless request that bears the secret.
//!
//! `GET /v1/trace/quota/get` may be called once a second (pId=1559, read 2026-11-22). It names no package, so whether the
//! configured one is the app's is not proved.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request};
use model::{Answer, CredentialState, Outcome, Probe, ProbeFinding, Scope, Sent, TokenProof, Verdict};

use super::codes::{self, Class};
use super::settings::Settings;
use super::wire::Reply;
use crate::common::{endpoint, http_status, retry_after, words};

const QUOTA_PATH: PathAndQuery = PathAndQuery::from_static("/v1/trace/quota/get");

const TAKEN: &str = "Mi took the secret; that the package is this app's is not proved";
const SECRET: &str = "compare app_secret with the console: the usual cause is the AppKey in the AppSecret's place";
const REVOKED: &str = "Mi has revoked the app: ask Xiaomi";
const FORBIDDEN: &str = "Mi took the secret, but has black-listed the app or limited its rights: ask Xiaomi";
const ADDRESS: &str = "Mi does not let this machine's address in: allow it in the console";

/// What Mi's codes say of the secret. Those of rates and allowances are only given to an app that Mi has recognised.
const CODES: &[(&str, CredentialState, &str)] = &[
    ("10004", CredentialState::Inconclusive, ADDRESS),
    ("10005", CredentialState::AppNotAllowed, FORBIDDEN),
    ("10014", CredentialState::AppNotAllowed, FORBIDDEN),
    ("10026", CredentialState::AppNotAllowed, FORBIDDEN),
    ("10027", CredentialState::Works, TAKEN),
    ("10031", CredentialState::AppNotAllowed, FORBIDDEN),
    ("10034", CredentialState::Works, TAKEN),
    ("10036", CredentialState::AppNotAllowed, FORBIDDEN),
    ("10038", CredentialState::Works, TAKEN),
    ("10039", CredentialState::Works, TAKEN),
    ("21301", CredentialState::Refused, SECRET),
    ("21302", CredentialState::Refused, SECRET),
    ("21303", CredentialState::AppNotAllowed, FORBIDDEN),
    ("22002", CredentialState::Refused, REVOKED),
    ("22008", CredentialState::Refused, SECRET),
    ("200001", CredentialState::Works, TAKEN),
    ("200002", CredentialState::Works, TAKEN),
];

pub(super) fn probe(settings: &Settings) -> Probe {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = endpoint::at(&settings.endpoint, QUOTA_PATH);
    let secret = settings.headers.get(AUTHORIZATION).cloned();
    *request.headers_mut() = HeaderMap::from_iter(secret.map(|secret| (AUTHORIZATION, secret)));
    Probe::Ask(request)
}

/// What the answer means: as that to a push, but that nothing was sent.
pub(super) fn verdict(answer: &Answer) -> Verdict {
    let reply = Reply::read(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let verdict = match reply.code.as_deref() {
        Some("0") if reply.ok && answer.status.is_success() => return Verdict::accepted(None),
        Some("0") | None if answer.status.is_success() => {
            Verdict::new(outcome(Class::Retry, answer)).code("unreadable_answer")
        }
        Some("0") | None => {
            let retry_after = retry_after::seconds(&answer.headers);
            Verdict::new(http_status::outcome(status, retry_after)).code(&http_status::code(status))
        }
        Some(code) => {
            let unknown = Outcome::Unknown { status: Some(status) };
            Verdict::new(codes::class(code).map_or(unknown, |class| outcome(class, answer))).code(code)
        }
    };
    let trace_id = reply.trace_id.map(|trace_id| format!("trace_id {trace_id}"));
    words::with_words(verdict, [reply.reason.or(reply.description).as_deref(), trace_id.as_deref()])
}

fn outcome(class: Class, answer: &Answer) -> Outcome {
    let retry_after = retry_after::seconds(&answer.headers);
    match class {
        Class::Retry | Class::SendFailed => Outcome::Unavailable { sent: Sent::No, retry_after },
        Class::InvalidToken => Outcome::InvalidToken { proof: TokenProof::Foreign },
        Class::Rejected => Outcome::PayloadRejected,
        Class::TooLarge => Outcome::PayloadTooLarge,
        Class::BadCredentials => Outcome::BadCredentials { scope: Scope::Channel },
        Class::Disabled | Class::Review | Class::UnknownChannel => Outcome::ChannelDisabled { scope: Scope::Channel },
        Class::RateLimited => Outcome::RateLimited { scope: Scope::Channel, retry_after },
        Class::DayQuota | Class::Quota => Outcome::QuotaExceeded { scope: Scope::Channel, until: None },
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

    use model::{Adapter, BoundAdapter, CredentialFile, CredentialKind, Environment};
    use serde_json::json;

    use super::super::ADAPTER;
    use crate::fixtures::{asking, now};

    fn channel() -> Arc<dyn BoundAdapter> {
        let settings = json!({"app_secret": "s3cret", "package": "com.example.app"});
        asking::channel(&ADAPTER, Environment::Production, settings, &json!({}))
    }

    fn found(status: u16, body: &str) -> ProbeFinding {
        let channel = channel();
        channel.probed(&channel.probe_answer(&asking::answer(status, body)))
    }

    #[test]
    fn the_quota_is_asked_for_with_the_secret_hidden() {
        let Probe::Ask(request) = channel().probe(0, 7, now()) else { panic!("a request of its own") };
        assert_eq!(request.method(), Method::GET);
        assert_eq!(request.uri().to_string(), "https://api.xmpush.xiaomi.com/v1/trace/quota/get");
        assert_eq!((request.headers().len(), request.body().len()), (1, 0));
        let secret = &request.headers()[AUTHORIZATION];
        assert_eq!(secret, "key=s3cret");
        assert!(secret.is_sensitive());
    }

    #[test]
    fn the_secret_is_named_by_its_package() {
        let [note] = channel().credentials().try_into().unwrap();
        assert_eq!((note.field, note.kind), ("app_secret", CredentialKind::Secret));
        assert_eq!(note.id.as_deref(), Some("com.example.app"));
        assert!(ADAPTER.fields_for(&CredentialFile::SigningKey { key: "", file: None }).is_none());
    }

    #[test]
    fn every_code_has_its_finding() {
        let table = [
            (21301, CredentialState::Refused),
            (21302, CredentialState::Refused),
            (22000, CredentialState::Refused),
            (22002, CredentialState::Refused),
            (22008, CredentialState::Refused),
            (10027, CredentialState::Works),
            (10038, CredentialState::Works),
            (10039, CredentialState::Works),
            (200_001, CredentialState::Works),
            (10031, CredentialState::AppNotAllowed),
            (10004, CredentialState::Inconclusive),
            (10001, CredentialState::Inconclusive),
            (10020, CredentialState::Inconclusive),
            (10028, CredentialState::Inconclusive),
            (99999, CredentialState::Inconclusive),
        ];
        for (code, state) in table {
            let body = json!({"result": "error", "code": code, "reason": "no", "trace_id": "Xcm"}).to_string();
            let found = found(200, &body);
            assert_eq!(found.state, state, "{code}");
            assert!(!found.advice.is_empty(), "{code}");
        }
        let quota = json!({"result": "ok", "code": 0, "data": {"day_quota": "20000", "day_acked": "1"}});
        assert_eq!(found(200, &quota.to_string()).state, CredentialState::Works);
        for (status, body) in [(200, ""), (200, "<html>"), (200, r#"{"code":0}"#), (503, ""), (404, ""), (429, "")] {
            assert_eq!(found(status, body).state, CredentialState::Inconclusive, "{status} {body}");
        }
        assert_eq!(found(401, "").state, CredentialState::Refused);
    }
}
