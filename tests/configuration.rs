//! Configurations: the examples hold, faults are all named.

use std::path::Path;

use config::{Config, Source};
use model::Fault;
use pushmux::assemble::Plan;
use pushmux::channels::Channels;
use pushmux::webhooks;

/// The files that the examples name.
pub(crate) fn source() -> Source {
    Source::new(
        |path| {
            let name = match path.to_str().unwrap() {
                "AuthKey_ABC123DEFG.p8" => "fixtures/apns/AuthKey_TEST123456.p8",
                "fcm-service-account.json" | "service-account.json" | "demo-1a2b3-firebase-adminsdk.json" => {
                    "fixtures/fcm/service-account.json"
                }
                "huawei-service-account.json" => "fixtures/huawei/service_account.json",
                "webhook.secret" => return Ok(b"whsec_ZXhhbXBsZS1zZWNyZXQtb2YtYS13ZWJob29r\n".to_vec()),
                _ => return Ok(b"example-secret-of-a-file".to_vec()),
            };
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).map_err(|error| error.to_string())
        },
        |_| Some("example-secret".to_owned()),
    )
}

#[test]
fn the_examples_are_good_configurations() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let config = Config::parse(&text, &file, &source()).unwrap_or_else(|fault| panic!("{fault:?}"));
        // The examples trust the machine's authorities, which a test must not need.
        let channels = Channels::open(&config, &channel::Clock::system());
        assert!(channels.as_ref().map_or(1, |channels| channels.iter().count()) > 0);
        let webhooks = webhooks::open(&config);
        let faults: Vec<Fault> = channels.err().into_iter().chain(webhooks.err()).flatten().collect();
        let faults: Vec<Fault> = faults.into_iter().filter(|fault| !fault.detail.contains("authorities")).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", file.display());
        seen += 1;
    }
    assert!(seen >= 1);
}

#[test]
fn the_faults_of_all_parts_come_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    std::fs::write(
        &file,
        "[apps.demo.palm]\n[apps.demo.mi]\npackage = \"x y\"\n[apps.demo.apns]\nauth = \"token\"\nkey_id = \"short\"\n",
    )
    .unwrap();
    let fault = Plan::read(&file).unwrap_err().to_string();
    for wanted in [
        "apps.demo.palm: is no known vendor; known are apns,",
        "apps.demo.mi.app_secret: is required",
        "apps.demo.mi.package: ",
        "apps.demo.apns.topic: is required",
        "apps.demo.apns.key: is required",
        "apps.demo.apns.key_id: must be 10 upper-case letters and digits",
    ] {
        assert_eq!(fault.lines().filter(|line| line.contains(wanted)).count(), 1, "{wanted}\n{fault}");
    }
    assert!(fault.lines().all(|line| line.starts_with(&file.display().to_string())));
}
