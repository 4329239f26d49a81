//! Starting and stopping: the folder, fixed ports, refusals.

use std::net::TcpListener;

use emulators::{Emulators, Settings, StartError, start};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::support::Rig;

#[tokio::test]
async fn the_folder_has_all_that_a_client_needs() {
    let rig = Rig::start().await;
    let key_id = rig.configured("key_id");
    for id in [&key_id, &rig.configured("team_id")] {
        assert!(id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{id}");
    }
    assert!(rig.read(&format!("AuthKey_{key_id}.p8")).starts_with("-----BEGIN PRIVATE KEY-----"));
    for name in ["apns-cert", "apns-expired", "apns-revoked", "apns-sandbox"] {
        assert!(rig.read(&format!("{name}.pem")).starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(rig.read(&format!("{name}.key")).starts_with("-----BEGIN PRIVATE KEY-----"));
    }
    assert_eq!(rig.read("mi.secret").lines().count(), 1);
    let manifest: Value = serde_json::from_str(&rig.read("emulators.json")).unwrap();
    for at in rig.emulators.endpoints() {
        assert_eq!(manifest["vendors"][at.vendor][at.environment], at.url.as_str());
        assert!(rig.read("pushmux.toml").contains(&format!("endpoint = \"{}\"", at.url)));
    }
    assert_eq!(manifest["control"], rig.emulators.control_url());
    assert!(std::path::Path::new(manifest["ca"].as_str().unwrap()).is_file());
}

/// Every credential is found by what it is good for; what looks like a file's name is one.
#[tokio::test]
async fn the_manifest_names_the_credentials_of_every_vendor() {
    let rig = Rig::start().await;
    let manifest: Value = serde_json::from_str(&rig.read("emulators.json")).unwrap();
    let mut files = 0;
    for at in rig.emulators.endpoints() {
        let credentials = manifest["credentials"][at.vendor].as_object().unwrap();
        for (name, value) in credentials {
            let value = value.as_str().unwrap();
            let is_file = [".p8", ".pem", ".json", ".secret"].iter().any(|end| value.ends_with(end));
            assert_eq!(rig.path().join(value).is_file(), is_file, "{name} {value}");
            assert!(!value.ends_with(".pem") || rig.path().join(value.replace(".pem", ".key")).is_file(), "{value}");
            files += usize::from(is_file);
        }
    }
    assert!(files >= 17, "{files}");
    let key = rig.credential("apns", "key");
    assert_eq!(key, format!("AuthKey_{}.p8", rig.configured("key_id")));
    assert_eq!(rig.credential("apns", "team_id"), rig.configured("team_id"));
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let rig = Rig::start().await;
    let mut secrets = 0;
    for entry in std::fs::read_dir(rig.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let secret = matches!(path.extension().and_then(|end| end.to_str()), Some("p8" | "key" | "secret"))
            || name.starts_with("fcm-service-account");
        secrets += usize::from(secret);
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert!(!secret || mode == 0o600, "{}: {mode:o}", path.display());
    }
    assert!(secrets >= 8, "{secrets}");
}

/// One per listener; environments may share one.
fn urls(emulators: &Emulators) -> Vec<String> {
    let mut urls: Vec<_> = emulators.endpoints().iter().map(|at| at.url.clone()).collect();
    urls.dedup();
    urls
}

#[tokio::test]
async fn fixed_ports_follow_the_control_port() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |base| Settings { dir: folder.path().to_owned(), base_port: Some(base) };
    for attempt in 0.. {
        let base = 41_000 + attempt * 10;
        match start(settings(base)).await {
            Ok(emulators) => {
                assert_eq!(emulators.control_url(), format!("http://127.0.0.1:{base}"));
                let urls = urls(&emulators);
                let count = u16::try_from(urls.len()).unwrap();
                let want: Vec<_> = (1..=count).map(|n| format!("https://127.0.0.1:{}", base + n)).collect();
                assert_eq!(urls, want);
                emulators.stop().await;
                start(settings(base)).await.expect("the ports are free again").stop().await;
                return;
            }
            Err(StartError::Port { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn refusals_name_what_and_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let text = |base, dir: &std::path::Path| {
        let settings = Settings { dir: dir.to_owned(), base_port: base };
        async { start(settings).await.unwrap_err().to_string() }
    };
    let error = text(Some(port), folder.path()).await;
    assert!(error.contains(&port.to_string()) && error.contains("free the port"), "{error}");
    let highest = 65_535 - urls(&Rig::start().await.emulators).len();
    assert!(text(Some(65_535), folder.path()).await.contains(&format!("at most {highest}")));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(text(None, &file).await.contains("choose a folder"));
}

#[tokio::test]
async fn stopping_closes_everything() {
    let rig = Rig::start().await;
    let client = rig.apns("production").await;
    client.call(rig.push("ok-1")).await.unwrap();
    let port = rig.port("apns", "production");
    rig.emulators.stop().await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert!(tokio::time::timeout(crate::support::PATIENCE, client.driver).await.is_ok());
}
