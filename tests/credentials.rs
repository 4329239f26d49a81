//! Certificates and keys, right and wrong.

use crate::support::{Rig, hex_token, replaced, words};

#[tokio::test]
async fn a_certificate_serves_as_well_as_a_key() {
    let rig = Rig::start().await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(result["outcome"], "accepted");
    assert!(!rig.received("apns")[0].headers.contains_key("authorization"));
    rig.stop().await;
}

#[tokio::test]
async fn an_expired_certificate_is_told_apart() {
    let rig = Rig::start_with(|config| with_certificate(config, "apns-expired")).await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(words(&result), "expired_credentials - certificate_refused");
    rig.stop().await;
}

#[tokio::test]
async fn a_certificate_of_the_other_environment_is_told_apart() {
    let rig = Rig::start_with(|config| with_certificate(config, "apns-sandbox")).await;
    for _ in 0..5 {
        let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
        assert_eq!(words(&result), "bad_credentials - BadCertificateEnvironment", "{result}");
    }
    let stats = rig.emulators.control().stats().vendor("apns");
    assert!(stats.connections_opened <= 4, "no storm of connections: {stats:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_is_told_apart() {
    let rig = Rig::start_with(|config| replaced(config, "app_secret", "\"another\"")).await;
    assert_eq!(words(&rig.push_to("demo", "mi", "regid-1").await), "bad_credentials - 21301");
    rig.stop().await;
}

/// The certificate of that name, and no other section that would use it.
fn with_certificate(config: &str, name: &str) -> String {
    config.replace("apns-cert.pem", &format!("{name}.pem")).replace("apns-cert.key", &format!("{name}.key"))
}
