//! The listener: TLS and client certificates over real connections, and callers who say nothing, or too much.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, Version};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::authority::{Authority, Identity, secure};
use crate::cli::{pushmux, text};
use crate::support::{Rig, simple, target};

/// A caller that trusts an authority, speaks that protocol, and may have a certificate.
fn caller(trusted: &Authority, alpn: &str, identity: Option<&Identity>) -> reqwest::Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { certificate, key }) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
    };
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config).build().unwrap()
}

fn url(rig: &Rig, path: &str) -> String {
    format!("{}{path}", rig.url.replace("http://", "https://"))
}

fn address(rig: &Rig) -> String {
    rig.url.replace("http://", "")
}

async fn answer(rig: &Rig, client: &reqwest::Client) -> Option<StatusCode> {
    client.get(url(rig, "/readyz")).send().await.ok().map(|response| response.status())
}

/// How long a connection stays open; it is told what to say at first.
async fn open_for(rig: &Rig, words: &str) -> Duration {
    let mut stream = TcpStream::connect(address(rig)).await.unwrap();
    let begun = Instant::now();
    stream.write_all(words.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    // A connection that is reset is over, too.
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await.expect("it is closed in time");
    begun.elapsed()
}

#[tokio::test]
async fn commands_trust_the_authority_that_they_are_told() {
    let authority = Authority::new();
    let rig = secure(&authority.sign(), None, "").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for command in [&["health"][..], &["send", "--vendor", "mi", "--token", "regid-1"]] {
        let mut asked = Vec::new();
        for trusted in [&authority, &Authority::new()] {
            std::fs::write(&file, trusted.pem()).unwrap();
            let (url, file) = (url(&rig, ""), file.clone());
            let ask = move || pushmux().args(command).args(["--url", &url, "--ca-file"]).arg(file).output().unwrap();
            asked.push(tokio::task::spawn_blocking(ask).await.unwrap());
        }
        let codes: Vec<_> = asked.iter().map(|output| output.status.code()).collect();
        assert_eq!(codes, [Some(0), Some(2)], "{} {}", text(&asked[0].stderr), text(&asked[1].stderr));
    }
    rig.stop().await;
}

#[tokio::test]
async fn both_protocols_are_spoken_over_tls() {
    let authority = Authority::new();
    let rig = secure(&authority.sign(), None, "").await;
    for (alpn, version) in [("h2", Version::HTTP_2), ("http/1.1", Version::HTTP_11)] {
        let push = simple("demo", &[target("mi", "regid-1")]).to_string();
        let request = caller(&authority, alpn, None).post(url(&rig, "/v1/pushes"));
        let response = request.header("content-type", "application/json").body(push).send().await.unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, version));
        assert!(response.text().await.unwrap().contains("\"accepted\""));
    }
    assert_eq!(answer(&rig, &caller(&Authority::new(), "h2", None)).await, None, "a stranger's certificate");
    let plain = channel::HttpClients::for_service(&rig.url).unwrap();
    assert!(plain.get(format!("{}/healthz", rig.url)).send().await.is_err(), "nothing is told without TLS");
    rig.stop().await;
}

#[tokio::test]
async fn who_has_no_certificate_of_the_authority_is_not_let_in() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let rig = secure(&authority.sign(), Some(&clients), "").await;
    for alpn in ["h2", "http/1.1"] {
        assert_eq!(answer(&rig, &caller(&authority, alpn, Some(&clients.sign()))).await, Some(StatusCode::OK));
        assert_eq!(answer(&rig, &caller(&authority, alpn, None)).await, None, "no certificate");
        assert_eq!(answer(&rig, &caller(&authority, alpn, Some(&authority.sign()))).await, None, "another authority's");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_new_certificate_is_shown_from_the_next_connection_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let mut rig = secure(&old.sign(), None, "").await;
    let open = caller(&old, "h2", None);
    assert_eq!(answer(&rig, &open).await, Some(StatusCode::OK));
    let Identity { certificate, key } = new.sign();
    rig.write("server.pem", &certificate);
    let bad = rig.try_reload().await.unwrap_err();
    assert!(bad.to_string().contains("server.tls.key: is not the certificate's key"), "{bad}");
    assert_eq!(answer(&rig, &caller(&old, "h2", None)).await, Some(StatusCode::OK), "a bad one changes nothing");
    rig.write("server.key", &key);
    rig.try_reload().await.unwrap();
    assert_eq!(answer(&rig, &caller(&new, "h2", None)).await, Some(StatusCode::OK));
    assert_eq!(answer(&rig, &caller(&old, "h2", None)).await, None);
    assert_eq!(answer(&rig, &open).await, Some(StatusCode::OK), "an open connection goes on");
    rig.stop().await;
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let quick = "header_timeout_seconds = 1\n";
    let rig = Rig::start_with(|config| config.replace("[server]", &format!("[server]\n{quick}"))).await;
    let head = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n";
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    // Nothing; what could become either protocol; half a head; a request and no other; HTTP/2 without a request.
    for words in ["", "P", head, &format!("{head}\r\n"), preface] {
        let open = open_for(&rig, words).await;
        let is_prompt = (Duration::from_millis(800)..Duration::from_secs(8)).contains(&open);
        assert!(is_prompt, "{words:?}: {open:?}");
    }
    // A head that comes drop by drop does not help.
    let mut stream = TcpStream::connect(address(&rig)).await.unwrap();
    let dripping = async {
        for byte in head.bytes().cycle() {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(10), dripping).await.expect("it is closed");
    assert_eq!(rig.get("/healthz").await.0, StatusCode::OK, "the others are served");
    rig.stop().await;
}

#[tokio::test]
async fn a_handshake_has_its_time() {
    let authority = Authority::new();
    let tls = secure(&authority.sign(), None, "").await;
    let mut rig = tls;
    rig.reload(|config| format!("{config}handshake_timeout_seconds = 1\n")).await;
    for words in ["", "\u{16}\u{3}\u{1}\u{2}", "GET / HTTP/1.1\r\n\r\n"] {
        assert!(open_for(&rig, words).await < Duration::from_secs(8), "{words:?}");
    }
    assert_eq!(answer(&rig, &caller(&authority, "h2", None)).await, Some(StatusCode::OK));
    rig.stop().await;
}

#[tokio::test]
async fn a_head_has_its_length() {
    let rig = Rig::start_with(|config| config.replace("[server]", "[server]\nmax_header_bytes = 8192")).await;
    let long = "x".repeat(20_000);
    let mut stream = TcpStream::connect(address(&rig)).await.unwrap();
    stream
        .write_all(format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {long}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
    let h2 = reqwest::Client::builder().no_proxy().http2_prior_knowledge().tls_backend_preconfigured(trusting_nobody());
    let request = h2.build().unwrap().get(format!("{}/healthz", rig.url)).header("x-long", long);
    let refused = request.send().await.map(|response| response.status());
    assert!(matches!(&refused, Ok(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) | Err(_)), "{refused:?}");
    assert_eq!(rig.get("/healthz").await.0, StatusCode::OK);
    rig.stop().await;
}

fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

#[tokio::test]
async fn connections_are_bounded_and_make_room() {
    let rig = Rig::start_with(|config| config.replace("[server]", "[server]\nmax_connections = 2")).await;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address(&rig)).await.unwrap();
        stream.write_all(ask).await.unwrap();
        open.push(stream);
    }
    let mut answer = [0; 15];
    for stream in &mut open[..2] {
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
    assert!(timeout(Duration::from_millis(500), open[2].read_exact(&mut answer)).await.is_err(), "it waits");
    drop(open.remove(0));
    timeout(Duration::from_secs(10), open[1].read_exact(&mut answer)).await.expect("there is room").unwrap();
    drop(open);
    rig.stop().await;
}

#[test]
fn config_check_names_what_is_wrong_with_tls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    let Identity { certificate, key } = Authority::new().sign();
    let other = Authority::new().sign();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("good.pem", &certificate);
    write("good.key", &key);
    write("other.key", &other.key);
    write("none.pem", "nothing");
    let checked = |tls: &str| {
        write("pushmux.toml", &format!("[server.tls]\n{tls}\n"));
        let output = pushmux().args(["config", "check"]).arg(&file).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let pair = |certificate: &str, key: &str| {
        format!("certificate = {{ file = \"{certificate}\" }}\nkey = {{ file = \"{key}\" }}")
    };
    assert_eq!(checked(&pair("good.pem", "good.key")).0, Some(0));
    for (tls, wanted) in [
        (pair("good.pem", "other.key"), "server.tls.key: is not the certificate's key"),
        (pair("none.pem", "good.key"), "server.tls.certificate: holds no PEM certificate"),
        (pair("good.pem", "good.pem"), "server.tls.key: holds no unencrypted PEM private key"),
        (pair("good.pem", "missing.key"), "server.tls.key: "),
        (
            pair("good.pem", "good.key") + "\nclient_ca_file = \"none.pem\"",
            "server.tls.client_ca_file: none.pem holds no",
        ),
        (
            pair("good.pem", "good.key") + "\nhandshake_timeout_seconds = 0",
            "handshake_timeout_seconds: must be 1 to 120",
        ),
        ("key = 5".to_owned(), "server.tls.certificate: is required"),
    ] {
        let (code, said) = checked(&tls);
        assert_eq!(code, Some(64), "{tls}: {said}");
        assert!(said.contains(wanted) && !said.contains("PRIVATE"), "{wanted}: {said}");
    }
}
