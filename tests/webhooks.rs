//! Webhooks in the configuration, as an operator checks it.

use crate::cli::{pushmux, text};

const CHANNEL: &str = "[apps.demo.mi]\npackage = \"com.example.app\"\napp_secret = \"hunter2\"\n";

/// What `config check` says, and its exit code.
fn checked(config: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    std::fs::write(folder.path().join("ca.pem"), "no certificate").unwrap();
    std::fs::write(&file, format!("{CHANNEL}{config}")).unwrap();
    let output = pushmux().args(["config", "check"]).arg(&file).output().unwrap();
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

#[test]
fn config_check_names_every_fault_of_webhooks() {
    let (code, said) = checked(
        "[spool]\npath = \"s\"\n[apps.demo.webhook]\nurl = \"http://example.com/\"\nsecret = \"whsec_dG9vIHNob3J0\"\nevents = [\"receipt\"]\n",
    );
    assert_eq!(code, Some(64), "{said}");
    for wanted in [
        "apps.demo.webhook.url: must be https",
        "apps.demo.webhook.secret: must hold 24 to 64 bytes after whsec_, not 9",
        "apps.demo.webhook.events.0: is no kind of event",
    ] {
        assert_eq!(said.lines().filter(|line| line.contains(wanted)).count(), 1, "{wanted}\n{said}");
    }
    assert!(!said.contains("dG9vIHNob3J0"), "{said}");
}

#[test]
fn config_check_tries_what_a_webhook_connects_with() {
    let secret = "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
    let (code, said) = checked(&format!(
        "[spool]\npath = \"s\"\n[apps.demo.webhook]\nurl = \"https://10.1.2.3/\"\n{secret}[apps.demo.meizu]\n[apps.other.webhook]\nurl = \
         \"https://example.com/\"\nca_file = \"ca.pem\"\n{secret}"
    ));
    assert_eq!(code, Some(64), "{said}");
    for wanted in [
        "apps.demo.meizu.app_id: is required",
        "apps.demo.webhook.url: the host has no public address; allow_private_addresses = true allows others",
        "apps.other.webhook.ca_file: ca.pem holds no PEM certificate",
    ] {
        assert_eq!(said.lines().filter(|line| line.contains(wanted)).count(), 1, "{wanted}\n{said}");
    }
}
