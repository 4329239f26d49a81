//! Certificates and keys, right and wrong.

use serde_json::{Value, json};

use crate::cli::{emulate, pushmux, serve_logging, text};
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
async fn an_expired_certificate_keeps_its_channel_closed_and_no_other() {
    let rig = Rig::start_with(|config| with_certificate(config, "apns-expired")).await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(words(&result), "expired_credentials - expired", "{result}");
    assert_eq!(rig.push_to("demo", "apns", &hex_token(1)).await["outcome"], "accepted");
    assert_eq!(rig.received("apns").len(), 1, "the vendor was not asked with it");

    let channel = channel(&rig, "demo-cert", "production").await;
    assert_eq!((&channel["state"], &channel["closed_because"]["code"]), (&json!("closed"), &json!("expired")));
    assert!(channel["credentials"][0]["days_left"].as_i64().unwrap() < 0, "{channel}");
    assert_eq!(self::channel(&rig, "demo", "production").await["state"], "open");
    rig.stop().await;
}

/// A service whose certificate has ended starts, says so, and `config check` finds it before.
#[test]
fn an_expired_certificate_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let _emulators = emulate(folder.path());
    let config = folder.path().join("pushmux.toml");
    let changed = with_certificate(&std::fs::read_to_string(&config).unwrap(), "apns-expired");
    std::fs::write(&config, changed).unwrap();

    let output = pushmux().args(["config", "check"]).arg(&config).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert_eq!(told.matches("CLOSED expired: the certificate ended on").count(), 2, "{told}");

    let log = folder.path().join("serve.log");
    let (mut server, url) = serve_logging(&config, "info", &log);
    let pushed = pushmux().args(["send", "--url", &url, "--vendor", "mi", "--token", "regid-1"]).output().unwrap();
    assert_eq!(pushed.status.code(), Some(0), "{}", text(&pushed.stdout));
    server.end();
    let log = text(&std::fs::read(&log).unwrap());
    let lines = log.lines().filter(|line| line.contains("The channel is closed"));
    assert_eq!(lines.filter(|line| line.contains("demo-cert/apns/")).count(), 2, "{log}");
}

#[tokio::test]
async fn a_certificate_of_the_other_environment_closes_one_channel() {
    let rig = Rig::start_with(|config| with_certificate(config, "apns-sandbox")).await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(words(&result), "bad_credentials - wrong_environment", "{result}");
    assert_eq!(channel(&rig, "demo-cert", "production").await["closed_because"]["code"], "wrong_environment");
    assert_eq!(channel(&rig, "demo-cert", "sandbox").await["state"], "open");
    rig.stop().await;
}

#[tokio::test]
async fn a_key_that_is_not_the_certificates_closes_the_channel() {
    let rig = Rig::start_with(|config| config.replace("apns-cert.key", "apns-sandbox.key")).await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(words(&result), "bad_credentials - key_mismatch", "{result}");
    rig.stop().await;
}

#[tokio::test]
async fn a_certificate_that_the_vendor_revoked_is_told_apart() {
    let rig = Rig::start_with(|config| with_certificate(config, "apns-revoked")).await;
    for _ in 0..5 {
        let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
        assert_eq!(words(&result), "bad_credentials - certificate_refused", "{result}");
    }
    let stats = rig.emulators.control().stats().vendor("apns");
    assert!(stats.connections_opened <= 4, "no storm of connections: {stats:?}");
    rig.stop().await;
}

#[tokio::test]
async fn metrics_count_the_seconds_that_certificates_have_left() {
    let rig = Rig::start().await;
    let (status, metrics) = rig.get("/metrics").await;
    assert_eq!(status, 200);
    let line = "pushmux_credential_expiry_seconds{app=\"demo-cert\",vendor=\"apns\",environment=\"production\"} ";
    let seconds = metrics.lines().find_map(|found| found.strip_prefix(line)).unwrap_or_else(|| panic!("{metrics}"));
    assert!(seconds.parse::<i64>().unwrap() > 24 * 3600, "{seconds}");
    let of_demo = |line: &&str| line.starts_with("pushmux_credential_expiry_seconds{app=\"demo\"");
    assert_eq!(metrics.lines().find(of_demo), None, "keys do not end");
    rig.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_is_told_apart() {
    let rig = Rig::start_with(|config| replaced(config, "app_secret", "\"another\"")).await;
    assert_eq!(words(&rig.push_to("demo", "mi", "regid-1").await), "bad_credentials - 21301");
    rig.stop().await;
}

/// A channel as `GET /v1/channels` tells of it.
async fn channel(rig: &Rig, app: &str, environment: &str) -> Value {
    let (_, channels) = rig.get("/v1/channels").await;
    let channels: Value = serde_json::from_str(&channels).unwrap();
    let is_it = |row: &&Value| row["app"] == app && row["vendor"] == "apns" && row["environment"] == environment;
    channels["channels"].as_array().unwrap().iter().find(is_it).unwrap().clone()
}

/// The certificate of that name, and no other section that would use it.
fn with_certificate(config: &str, name: &str) -> String {
    config.replace("apns-cert.pem", &format!("{name}.pem")).replace("apns-cert.key", &format!("{name}.key"))
}
