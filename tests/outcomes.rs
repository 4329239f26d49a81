//! Every word of the vendors gives the outcome that their documents say.

use serde_json::{Value, json};

use crate::support::{Rig, hex_token, replaced, simple, target, words};

#[tokio::test]
async fn four_mistakes_give_four_outcomes() {
    let rig = Rig::start().await;
    assert_eq!(words(&rig.push_to("demo", "apns", "sandbox-1").await), "invalid_token foreign BadDeviceToken");
    let dead = rig.push_to("demo", "apns", "dead-1").await;
    assert_eq!(words(&dead), "invalid_token dead Unregistered");
    assert!(dead["since"].as_str().is_some_and(|since| since.starts_with("20")), "{dead}");
    rig.stop().await;

    let wrong_topic = Rig::start_with(|config| replaced(config, "topic", "\"com.example.unknown\"")).await;
    let result = wrong_topic.push_to("demo", "apns", &hex_token(1)).await;
    assert_eq!(words(&result), "bad_credentials - TopicDisallowed");
    wrong_topic.stop().await;

    let wrong_key = Rig::start_with(|config| {
        // The second app authenticates by certificate, whose key is another.
        config.replacen("key = { file = \"AuthKey_", "key = { file = \"AuthKey_WRONG.p8\" } # ", 1)
    })
    .await;
    let result = wrong_key.push_to("demo", "apns", &hex_token(1)).await;
    assert_eq!(words(&result), "bad_credentials - InvalidProviderToken");
    wrong_key.stop().await;
}

/// The emulator's prefixes against outcomes written from Apple's table, not from the adapter.
#[tokio::test]
async fn every_word_of_apns_has_its_outcome() {
    let rig = Rig::start_with(|config| replaced(config, "topic", "\"com.example.app\"\ntimeout_seconds = 5")).await;
    let rows = [
        ("ok-", "accepted - -"),
        ("production-", "accepted - -"),
        ("sandbox-", "invalid_token foreign BadDeviceToken"),
        ("bad-", "invalid_token foreign BadDeviceToken"),
        ("other-topic-", "invalid_token foreign DeviceTokenNotForTopic"),
        ("dead-", "invalid_token dead Unregistered"),
        ("expired-", "invalid_token dead ExpiredToken"),
        ("topic-disallowed-", "bad_credentials - TopicDisallowed"),
        ("bad-topic-", "payload_rejected - BadTopic"),
        ("missing-topic-", "payload_rejected - MissingTopic"),
        ("bad-collapse-id-", "payload_rejected - BadCollapseId"),
        ("bad-expiration-date-", "payload_rejected - BadExpirationDate"),
        ("bad-message-id-", "payload_rejected - BadMessageId"),
        ("bad-priority-", "payload_rejected - BadPriority"),
        ("invalid-push-type-", "payload_rejected - InvalidPushType"),
        ("payload-empty-", "payload_rejected - PayloadEmpty"),
        ("payload-too-large-", "payload_too_large - PayloadTooLarge"),
        ("bad-certificate-", "bad_credentials - BadCertificate"),
        ("bad-certificate-environment-", "bad_credentials - BadCertificateEnvironment"),
        ("bad-environment-key-in-token-", "bad_credentials - BadEnvironmentKeyInToken"),
        ("invalid-provider-token-", "bad_credentials - InvalidProviderToken"),
        ("missing-provider-token-", "bad_credentials - MissingProviderToken"),
        ("forbidden-", "bad_credentials - Forbidden"),
        ("expired-provider-token-", "expired_credentials - ExpiredProviderToken"),
        ("throttled-", "rate_limited - TooManyRequests"),
        ("internal-", "unavailable - InternalServerError"),
        ("unavailable-", "unavailable - ServiceUnavailable"),
        ("reason-Brand-New-", "unknown - Brand"),
        ("html-", "unavailable - http_502"),
        ("reset-", "unavailable - connection_lost"),
        ("close-", "unavailable - connection_lost"),
    ];
    for (prefix, wanted) in rows {
        let result = rig.push_to("demo", "apns", &format!("{prefix}1")).await;
        assert_eq!(words(&result), wanted, "{prefix}");
        if result["outcome"] != "accepted" {
            assert_eq!(result["token"], format!("{prefix}1"));
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn every_word_of_mi_has_its_outcome() {
    let rig = Rig::start().await;
    let rows = [
        ("ok-", "accepted - -"),
        ("auth-", "bad_credentials - 21301"),
        ("package-", "bad_credentials - 22022"),
        ("blacklisted-", "channel_disabled - 10031"),
        ("channel-", "channel_disabled - 27001"),
        ("busy-", "unavailable - 10002"),
        ("offline-", "unavailable - 65003"),
        ("throttled-", "rate_limited - 200002"),
        ("quota-", "quota_exceeded - 200001"),
        ("parameter-", "payload_rejected - 10008"),
        ("too-long-", "payload_too_large - 65009"),
        ("code-12345-", "unknown - 12345"),
    ];
    for (prefix, wanted) in rows {
        let result = rig.push_to("demo", "mi", &format!("{prefix}1")).await;
        assert_eq!(words(&result), wanted, "{prefix}");
    }
    for prefix in ["unavailable-", "html-", "rubbish-", "empty-"] {
        let result = rig.push_to("demo", "mi", &format!("{prefix}1")).await;
        assert_eq!(result["outcome"], "unavailable", "{prefix}: {result}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_whole_batch_is_never_called_dead_on_one_word() {
    let rig = Rig::start().await;
    let targets: Vec<Value> = (0..10).map(|n| target("mi", &format!("dead-{n}"))).collect();
    let results = rig.push(simple("demo", &targets)).await;
    assert!(results.iter().all(|result| words(result).starts_with("invalid_token foreign")), "{results:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_payload_over_the_vendors_cap_is_refused_before_it_is_sent() {
    let rig = Rig::start().await;
    let mut push = simple("demo", &[target("apns", &hex_token(1)), target("mi", "regid-1")]);
    push["message"]["data"] = json!({"k": "x".repeat(4050)});
    let results = rig.push(push).await;
    assert_eq!(words(&results[0]), "payload_too_large - not_sent");
    assert_eq!(results[1]["outcome"], "accepted", "what fits elsewhere goes there");
    assert_eq!(rig.received("apns").len(), 0);
    rig.stop().await;
}
