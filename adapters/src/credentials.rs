//! What holds for the credentials and probes of every vendor.

use std::collections::HashSet;

use http::{HeaderMap, Request};
use model::{
    Authorisation, BoundAdapter, Call, CredentialFile, CredentialState, Environment, Outcome, Probe, Scope, Sent,
    Verdict,
};
use serde_json::{Map, Value};

use crate::ALL;
use crate::fixtures::classify::verdicts;
use crate::fixtures::{channels, now};

const NONCE: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;

/// The fields of a section that hold secrets.
const SECRETS: [&str; 5] = ["key", "certificate", "service_account", "client_secret", "app_secret"];

#[test]
fn every_credential_has_a_name_a_way_to_be_used_and_a_probe() {
    for adapter in ALL {
        for (fields, channel) in channels(*adapter) {
            let notes = channel.credentials();
            assert!(!notes.is_empty(), "{}", adapter.vendor());
            for (number, note) in (0..).zip(&notes) {
                assert!(fields.contains_key(note.field), "{} has no {}", adapter.vendor(), note.field);
                assert!(note.id.as_ref().is_some_and(|id| !id.is_empty()), "{}: {note:?}", adapter.vendor());
                let _: Authorisation = channel.authorise(number, None, now());
                match channel.probe(number, NONCE, now()) {
                    Probe::Push { composed, target } => {
                        assert_eq!(composed.credential, number, "{}", adapter.vendor());
                        assert_eq!(target.vendor, adapter.vendor());
                        assert!(channel.check_target(&target).is_ok(), "{}", adapter.vendor());
                        assert!(composed.payload.len() <= channel.limits().payload_bytes);
                        assert!(composed.adjustments.is_empty());
                    }
                    Probe::Ask(request) => assert_eq!(request.uri().scheme_str(), Some("https")),
                }
            }
        }
    }
}

#[test]
fn a_probe_shows_no_secret() {
    for adapter in ALL {
        for (fields, channel) in channels(*adapter) {
            for (number, note) in (0..).zip(channel.credentials()) {
                let probe = channel.probe(number, NONCE, now());
                let shown = format!("{note:?} {probe:?} {}", shown(&sent(&*channel, &probe)));
                for secret in secrets(&fields) {
                    assert!(!shown.contains(&secret), "{}: {shown}", adapter.vendor());
                }
            }
        }
    }
}

#[test]
fn a_probe_depends_on_nonce_and_time_alone() {
    for adapter in ALL {
        for (_, channel) in channels(*adapter) {
            for number in (0..).take(channel.credentials().len()) {
                let once = |nonce| {
                    let request = sent(&*channel, &channel.probe(number, nonce, now()));
                    format!("{} {:?}", shown(&request), request.uri())
                };
                assert_eq!(once(NONCE), once(NONCE), "{}", adapter.vendor());
                let asks_for_nobody = adapter.vendor().as_str() == "mi";
                assert_eq!(once(NONCE) == once(NONCE + 1), asks_for_nobody, "{}", adapter.vendor());
            }
        }
    }
}

#[test]
fn every_classified_answer_has_a_finding() {
    for adapter in ALL {
        let (_, channel) = channels(*adapter).remove(0);
        for (case, verdict) in verdicts(*adapter) {
            let found = channel.probed(&verdict);
            assert!(!found.advice.is_empty(), "{case}");
            match verdict.outcome {
                Outcome::Accepted { .. } | Outcome::InvalidToken { .. } => {
                    let good = [CredentialState::Works, CredentialState::AppNotAllowed];
                    assert!(good.contains(&found.state), "{case}: {found:?}");
                }
                Outcome::Unavailable { .. } => assert_eq!(found.state, CredentialState::Inconclusive, "{case}"),
                _ => {}
            }
        }
    }
}

/// What the transport says, and not the vendor, proves nothing.
#[test]
fn a_vendor_that_was_not_reached_has_said_nothing() {
    for adapter in ALL {
        let (_, channel) = channels(*adapter).remove(0);
        for code in ["connect_failed", "timed_out", "going_away", "connection_lost"] {
            let verdict = Verdict::unavailable(Sent::Maybe, None).code(code).detail("not reached");
            let found = channel.probed(&verdict);
            assert_eq!((found.state, &*found.advice), (CredentialState::Inconclusive, "not reached"));
        }
        let slow = Verdict::new(Outcome::RateLimited { scope: Scope::Channel, retry_after: None });
        assert_eq!(channel.probed(&slow).state, CredentialState::Inconclusive);
    }
}

#[test]
fn a_file_is_claimed_by_one_vendor_alone() {
    let google = include_str!("../../fixtures/fcm/service-account.json");
    let huawei = include_str!("../../fixtures/huawei/service_account.json");
    let files = [
        (CredentialFile::SigningKey { key: "k", file: None }, vec!["apns"]),
        (CredentialFile::Certificate { certificate: "c", key: "k", app_id: None }, vec!["apns"]),
        (CredentialFile::ServiceAccount { json: google, trusted: true }, vec!["fcm"]),
        (CredentialFile::ServiceAccount { json: huawei, trusted: true }, vec!["huawei"]),
        (CredentialFile::ServiceAccount { json: "{}", trusted: true }, vec![]),
    ];
    for (file, wanted) in files {
        let claims = |adapter: &&&dyn model::Adapter| adapter.fields_for(&file).is_some();
        let found: Vec<&str> = ALL.iter().filter(claims).map(|adapter| adapter.vendor().as_str()).collect();
        assert_eq!(found, wanted, "{file:?}");
    }
}

/// Both environments of a vendor are asked, each by a target of its own.
#[test]
fn a_probe_goes_to_the_channels_own_environment() {
    for adapter in ALL {
        let environments: HashSet<Environment> = channels(*adapter)
            .iter()
            .filter_map(|(_, channel)| match channel.probe(0, NONCE, now()) {
                Probe::Push { target, .. } => Some(target.environment),
                Probe::Ask(_) => None,
            })
            .collect();
        assert!([0, 2].contains(&environments.len()), "{}", adapter.vendor());
    }
}

/// The request that a probe becomes, before its access token is put in.
fn sent(channel: &dyn BoundAdapter, probe: &Probe) -> Request<bytes::Bytes> {
    match probe {
        Probe::Push { composed, target } => {
            let targets = std::slice::from_ref(target);
            channel.address(&Call { composed, targets, access_token: None, now: now() })
        }
        Probe::Ask(request) => request.clone(),
    }
}

/// Everything of a request that a log could show.
fn shown(request: &Request<bytes::Bytes>) -> String {
    let plain: HeaderMap = request
        .headers()
        .iter()
        .filter(|(_, value)| !value.is_sensitive())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    format!("{} {plain:?} {:?}", request.uri(), String::from_utf8_lossy(request.body()))
}

fn secrets(fields: &Map<String, Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().or(value.get("value")?.as_str()).map(|text| text.trim().to_owned());
    let given = SECRETS.iter().filter_map(|name| fields.get(*name)).filter_map(text);
    given.chain(["PRIVATE KEY".to_owned()]).filter(|secret| !secret.is_empty()).collect()
}
