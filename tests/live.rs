//! Live checks over HTTP: how often vendors are asked, and about which certificate.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::check::Form;
use crate::cli::{pushmux, text};
use crate::support::{Rig, hex_token};

/// The good signing key of the emulators under any name, with what a check needs to know beside it.
async fn check_key(rig: &Rig, file: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let known = std::fs::read_to_string(rig.emulators.dir().join("emulators.json")).unwrap();
    let known: Value = serde_json::from_str(&known).unwrap();
    let word = |name: &str| known["credentials"]["apns"][name].as_str().unwrap().to_owned();
    let (key, team_id) = (word("key"), word("team_id"));
    let key_id = key.trim_start_matches("AuthKey_").trim_end_matches(".p8").to_owned();
    let bytes = std::fs::read(rig.emulators.dir().join(&key)).unwrap();
    let texts = [("live", "true"), ("app", "demo"), ("team_id", &team_id), ("key_id", &key_id)];
    let mut texts = texts.to_vec();
    if more.iter().all(|(name, _)| *name != "topic") {
        texts.push(("topic", "com.example.app"));
    }
    texts.extend(more);
    let (status, answer) = rig.submit("check", &Form::new(&texts, &[(file, &bytes)]), &[]).await;
    (status, serde_json::from_slice(&answer).unwrap())
}

#[tokio::test]
async fn one_credential_is_asked_about_once_whatever_its_file_is_called() {
    let rig = Rig::start().await;
    let names: Vec<String> = (0..8).map(|number| format!("{number}.p8")).collect();
    let answers = join_all(names.iter().map(|name| check_key(&rig, name, &[]))).await;
    for (status, answer) in answers {
        assert_eq!((status, &answer["live"][0]["state"]), (200, &json!("works")), "{answer}");
    }
    assert_eq!(rig.received("apns").len(), 2, "once in each environment");
    rig.stop().await;
}

#[tokio::test]
async fn different_questions_about_one_credential_are_few() {
    let rig = Rig::start().await;
    let environment = ("environment", "sandbox");
    for number in 0..5 {
        let topic = format!("com.example.app{number}");
        let (status, answer) = check_key(&rig, "a.p8", &[("topic", &topic), environment]).await;
        assert_eq!((status, &answer["live"][0]["state"]), (200, &json!("app_not_allowed")), "{answer}");
    }
    let (status, problem) = check_key(&rig, "a.p8", &[environment]).await;
    assert_eq!((status, &problem["type"]), (429, &json!("urn:pushmux:problem:too_many_checks")), "{problem}");
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_proves_nothing() {
    let rig = Rig::start_with(|config| config.replace("token_format = \"any\"", "")).await;
    let (status, problem) = check_key(&rig, "a.p8", &[("token", "hello")]).await;
    assert_eq!((status, &problem["type"]), (422, &json!("urn:pushmux:problem:not_sendable")), "{problem}");
    assert!(rig.received("apns").is_empty());
    rig.stop().await;
}

#[tokio::test]
async fn an_app_without_the_vendor_does_not_say_where_to_ask() {
    let rig = Rig::start().await;
    let account = std::fs::read(rig.emulators.dir().join("fcm-service-account.json")).unwrap();
    let form = Form::new(&[("live", "true"), ("app", "demo-cert")], &[("account.json", &account)]);
    let (status, problem) = rig.submit("check", &form, &[]).await;
    let problem: Value = serde_json::from_slice(&problem).unwrap();
    assert_eq!((status, &problem["type"]), (422, &json!("urn:pushmux:problem:no_channel")), "{problem}");
    rig.stop().await;
}

/// An app whose certificate and key files hold these of the emulators', in this order.
async fn start_with_files(certificates: &[&str], keys: &[&str]) -> Rig {
    Rig::start_in(|config, folder| {
        let joined = |names: &[&str]| {
            names.iter().map(|name| std::fs::read_to_string(folder.join(name)).unwrap()).collect::<String>()
        };
        std::fs::write(folder.join("certificates.pem"), joined(certificates)).unwrap();
        std::fs::write(folder.join("keys.pem"), joined(keys)).unwrap();
        config.replace("apns-cert.pem", "certificates.pem").replace("apns-cert.key", "keys.pem")
    })
    .await
}

/// A file may hold an old certificate before the new one: the one that is judged is the one that is shown.
#[tokio::test]
async fn the_certificate_that_was_judged_is_the_one_that_is_sent() {
    let certificates = ["ca.pem", "apns-expired.pem", "apns-cert.pem"];
    let rig = start_with_files(&certificates, &["apns-expired.key", "apns-cert.key"]).await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(result["outcome"], "accepted", "{result}");
    rig.stop().await;
}

/// Two different certificates with their keys in one file: nobody can tell which is meant, so none is sent.
#[tokio::test]
async fn a_file_that_could_mean_two_certificates_closes_the_channel() {
    let certificates = ["apns-cert.pem", "apns-revoked.pem"];
    let rig = start_with_files(&certificates, &["apns-cert.key", "apns-revoked.key"]).await;
    let result = rig.push_to("demo-cert", "apns", &hex_token(1)).await;
    assert_eq!(result["code"], "several_candidates", "{result}");
    rig.stop().await;
}

/// Nobody asked for the sandbox, and the certificate is not for it.
#[test]
fn a_certificate_for_production_alone_is_no_fault_of_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/certs/kinds/old-production-ios.p12");
    std::fs::write(folder.path().join("password"), "test").unwrap();
    let out = format!("{}/", folder.path().display());
    let mut convert = pushmux();
    convert.args(["convert", corpus, "--out", &out, "--password-file"]).arg(folder.path().join("password"));
    assert!(convert.status().unwrap().success());
    let section = "[apps.a.apns]\nauth = \"certificate\"\ncertificate = { file = \"certificate.pem\" }\n\
                   key = { file = \"key.pem\" }\ntopic = \"com.example.shop\"\n";
    let config = folder.path().join("pushmux.toml");
    for (more, code, channels) in [("", 0, 1), ("environments = [\"production\", \"sandbox\"]\n", 1, 2)] {
        std::fs::write(&config, format!("{section}{more}")).unwrap();
        let output = pushmux().args(["config", "check"]).arg(&config).output().unwrap();
        let told = text(&output.stdout);
        assert_eq!((output.status.code(), told.matches("a/apns/").count()), (Some(code), channels), "{told}");
    }
}

/// A file that takes long does not keep the service from stopping, nor others from being checked.
#[tokio::test]
async fn a_costly_upload_is_bounded() {
    let rig = Rig::start().await;
    let costly = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/certs/p12/two-million-iterations.p12"));
    let costly = costly.unwrap();
    let many: Vec<(&str, &[u8])> = (0..12).map(|_| ("a.p12", &costly[..])).collect();
    let begun = std::time::Instant::now();
    let (status, problem) = rig.submit("check", &Form::new(&[("password", "test")], &many), &[]).await;
    assert_eq!(status, 422, "{}", text(&problem));
    assert!(begun.elapsed() < Duration::from_secs(2));
    rig.stop().await;
}
