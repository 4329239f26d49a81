//! What holds for every vendor.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::{Answer, Composition, NotifyId, Outcome, Push, Step, Verdicts};
use proptest::prelude::*;

use crate::fixtures::classify::with_call;
use crate::fixtures::{any_channel, now};
use crate::{ALL, vendors};

#[test]
fn names_are_unique_and_found() {
    let vendors = vendors();
    for adapter in ALL {
        assert_eq!(vendors.iter().filter(|vendor| **vendor == adapter.vendor()).count(), 1);
        assert!(crate::find(adapter.vendor()).is_some());
    }
}

#[test]
fn limits_are_sane() {
    for adapter in ALL {
        let limits = any_channel(*adapter).limits();
        assert!(limits.targets_per_call >= 1 && limits.max_in_flight >= 1, "{}", adapter.vendor());
        assert!(limits.payload_bytes >= 1024 && !limits.timeout.is_zero(), "{}", adapter.vendor());
    }
}

#[test]
fn debug_output_shows_no_secret() {
    for adapter in ALL {
        let shown = format!("{:?}", any_channel(*adapter));
        for secret in ["PRIVATE KEY", "MIGHAgEA", "demo-app-secret"] {
            assert!(!shown.contains(secret), "{}: {shown}", adapter.vendor());
        }
    }
}

/// Multi-byte data up to the vendor's cap are taken, and one character more is too large: nothing is cut, nothing slips by.
#[test]
fn the_payload_cap_holds_to_the_character() {
    for adapter in ALL {
        let channel = any_channel(*adapter);
        let composed = |characters: usize| {
            let push = serde_json::json!({
                "app": "demo", "message": {"title": "t", "body": "b", "data": {"k": "ü".repeat(characters)}},
                "targets": [{"vendor": adapter.vendor().as_str(), "token": "t"}],
            });
            let push = Push::parse(push.to_string().as_bytes(), vendors()).unwrap();
            let (message, options) = (&push.message, &push.options);
            channel.compose(&Composition {
                message,
                options,
                dialect: None,
                notify_id: NotifyId(1),
                nonce: 1,
                now: now(),
            })
        };
        let (mut taken, mut refused) = (1, channel.limits().payload_bytes * 2);
        assert!(composed(taken).is_ok() && composed(refused).is_err(), "{}", adapter.vendor());
        while refused - taken > 1 {
            let middle = usize::midpoint(taken, refused);
            if composed(middle).is_ok() { taken = middle } else { refused = middle }
        }
        let outcome = composed(refused).expect_err("it was refused").verdict.outcome;
        assert_eq!(outcome, Outcome::PayloadTooLarge, "{}", adapter.vendor());
        assert!(taken >= channel.limits().payload_bytes / 4, "{}: {taken}", adapter.vendor());
    }
}

proptest! {
    /// Whatever a vendor answers, every target gets exactly one verdict.
    #[test]
    fn any_answer_has_a_verdict_for_every_target(
        status in 100u16..=999,
        retry_after in proptest::option::of("[0-9a-z]{1,6}"),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            json().prop_map(String::into_bytes),
        ],
        targets in 1usize..8,
    ) {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(HeaderName::from_static("retry-after"), HeaderValue::try_from(value).unwrap());
        }
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from(body) };
        for adapter in ALL {
            let channel = any_channel(*adapter);
            let count = targets.min(channel.limits().targets_per_call);
            let tokens: Vec<String> = (0..count).map(|n| format!("regid-{n}")).collect();
            let step = with_call(adapter.vendor(), &tokens, |call| channel.classify(call, &answer));
            if let Step::Done { verdicts: Verdicts::Each(verdicts), .. } = step {
                prop_assert_eq!(verdicts.len(), count);
            }
            let _ = channel.parting(&answer.body);
            let _ = channel.probed(&channel.probe_answer(&answer));
        }
    }
}

/// Answers that look like the vendors' own.
fn json() -> impl Strategy<Value = String> {
    let code = prop_oneof![
        Just("0".to_owned()),
        Just("\"0\"".to_owned()),
        "[0-9]{1,6}",
        "\"[A-Za-z]{1,12}\"",
        Just("null".to_owned())
    ];
    let bad = prop_oneof![Just("regid-0".to_owned()), "[a-z0-9,-]{0,30}", Just("regid-0,regid-1,regid-9".to_owned())];
    (code, bad, "[a-zA-Z ]{0,20}", any::<u64>()).prop_map(|(code, bad, text, number)| {
        format!(
            r#"{{"result":"ok","code":{code},"reason":"{text}","timestamp":{number},"data":{{"id":"x","bad_regids":"{bad}"}}}}"#
        )
    })
}
