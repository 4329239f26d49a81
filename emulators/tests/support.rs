//! An independent client: rustls, `h2` and hyper by hand, tokens signed with ring.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use emulators::{Emulators, Prefix, Settings, start};
use h2::client::SendRequest;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) const BODY: &str = r#"{"aps":{"alert":"hello"}}"#;
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Running emulators with their folder.
pub(crate) struct Rig {
    pub(crate) emulators: Emulators,
    pub(crate) folder: TempDir,
    bearer: OnceLock<String>,
}

/// An HTTP/2 connection.
pub(crate) struct Client {
    pub(crate) send: SendRequest<Bytes>,
    pub(crate) driver: JoinHandle<Result<(), h2::Error>>,
}

/// An answer in full.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer of a vendor that speaks both protocols: JSON, or the text.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A stream that hears nothing for a while, so that its client acts before it has read any SETTINGS.
pub(crate) struct Deaf<S> {
    inner: S,
    silence: Pin<Box<tokio::time::Sleep>>,
}

impl<S> Deaf<S> {
    pub(crate) fn new(inner: S, silence: Duration) -> Self {
        Self { inner, silence: Box::pin(tokio::time::sleep(silence)) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deaf<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if !self.silence.is_elapsed() {
            std::task::ready!(self.silence.as_mut().poll(cx));
        }
        Pin::new(&mut self.inner).poll_read(cx, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deaf<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { dir: folder.path().to_owned(), base_port: None };
        Self { emulators: start(settings).await.unwrap(), folder, bearer: OnceLock::new() }
    }

    pub(crate) fn port(&self, vendor: &str, environment: &str) -> u16 {
        let found = self.emulators.endpoints().iter().find(|at| (at.vendor, at.environment) == (vendor, environment));
        port(&found.unwrap().url)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What `pushmux.toml` says behind a name, the first time.
    pub(crate) fn configured(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path().join("pushmux.toml")).unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    }

    /// The well-known prefixes of a vendor.
    pub(crate) fn prefixes(&self, vendor: &str) -> Vec<Prefix> {
        let all = self.emulators.control().prefixes();
        all.into_iter().find(|(name, _)| *name == vendor).unwrap().1
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap()
    }

    /// An authorization header with a token of the right key; always the same one, as renewals are counted.
    pub(crate) fn bearer(&self) -> String {
        let sign = || self.bearer_with(&format!("AuthKey_{}.p8", self.configured("key_id")), 0);
        self.bearer.get_or_init(sign).clone()
    }

    /// A part of `emulators.json`, by vendor and name.
    pub(crate) fn credential(&self, vendor: &str, name: &str) -> String {
        let manifest: Value = serde_json::from_str(&self.read("emulators.json")).unwrap();
        let found = &manifest["credentials"][vendor][name];
        found.as_str().unwrap_or_else(|| panic!("no {vendor} {name}: {found}")).to_owned()
    }

    /// An authorization header with a token of the key that `emulators.json` calls so, under the key's own id.
    pub(crate) fn bearer_of(&self, name: &str) -> String {
        let file = self.credential("apns", name);
        let key_id = file.strip_prefix("AuthKey_").and_then(|rest| rest.strip_suffix(".p8")).unwrap();
        self.signed_bearer(&file, key_id, 0)
    }

    /// An authorization header with a token of a file's key, under the id of the right one.
    pub(crate) fn bearer_with(&self, file: &str, offset_secs: i64) -> String {
        self.signed_bearer(file, &self.configured("key_id"), offset_secs)
    }

    fn signed_bearer(&self, file: &str, key_id: &str, offset_secs: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + offset_secs;
        let key = PrivatePkcs8KeyDer::from_pem_file(self.path().join(file)).unwrap();
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_pkcs8_der(), &random).unwrap();
        let header = format!(r#"{{"alg":"ES256","kid":"{key_id}"}}"#);
        let claims = format!(r#"{{"iss":"{}","iat":{now}}}"#, self.configured("team_id"));
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = key.sign(&random, signed.as_bytes()).unwrap();
        format!("bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) async fn tls(
        &self,
        port: u16,
        alpn: &str,
        identity: Option<&str>,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path().join("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(name) => {
                let certificate = CertificateDer::from_pem_file(self.path().join(format!("{name}.pem"))).unwrap();
                let key = PrivateKeyDer::from_pem_file(self.path().join(format!("{name}.key"))).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        };
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), tcp).await
    }

    pub(crate) async fn h2(&self, port: u16, identity: Option<&str>) -> Client {
        let tls = self.tls(port, "h2", identity).await.unwrap();
        let (send, connection) = h2::client::handshake(tls).await.unwrap();
        Client { send, driver: tokio::spawn(connection) }
    }

    /// An HTTP/2 connection to APNs; the environment may be followed by a client certificate's name.
    pub(crate) async fn apns(&self, environment: &str) -> Client {
        self.h2(self.port("apns", environment), None).await
    }

    /// A good push to a device token.
    pub(crate) fn push(&self, token: &str) -> Request<&'static str> {
        push(token, Some(&self.bearer()))
    }

    /// One request on a connection of its own, by the protocol that ALPN names.
    pub(crate) async fn http(&self, vendor: &str, alpn: &str, request: Request<String>) -> Result<Heard, hyper::Error> {
        let io = TokioIo::new(self.tls(self.port(vendor, "production"), alpn, None).await.unwrap());
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let response = if alpn == "h2" {
            let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            send.send_request(request).await?
        } else {
            let (mut send, connection) = hyper::client::conn::http1::handshake(io).await?;
            tokio::spawn(connection);
            send.send_request(request).await?
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| text());
        Ok(Heard { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// One call of the control API.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut tcp = TcpStream::connect(("127.0.0.1", port(self.emulators.control_url()))).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    pub(crate) async fn faults(&self, rules: Value) {
        let (status, text) = self.control("PUT", "/faults", &rules.to_string()).await;
        assert_eq!(status, 204, "{text}");
    }
}

impl Client {
    pub(crate) async fn call(&self, request: Request<&'static str>) -> Result<Answer, h2::Error> {
        tokio::time::timeout(PATIENCE, call(self.send.clone(), request)).await.expect("no answer in time")
    }

    /// The stream limit, once it is what is wanted.
    pub(crate) async fn wait_for_limit(&self, wanted: usize) {
        let reached = async {
            while self.send.current_max_send_streams() != wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let result = tokio::time::timeout(PATIENCE, reached).await;
        assert!(result.is_ok(), "the limit is {}, not {wanted}", self.send.current_max_send_streams());
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn reason(&self) -> String {
        self.json()["reason"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) async fn call(send: SendRequest<Bytes>, request: Request<&'static str>) -> Result<Answer, h2::Error> {
    let mut send = send.ready().await?;
    let (parts, body) = request.into_parts();
    let (response, mut stream) = send.send_request(Request::from_parts(parts, ()), body.is_empty())?;
    if !body.is_empty() {
        stream.send_data(Bytes::from_static(body.as_bytes()), true)?;
    }
    let (parts, mut stream) = response.await?.into_parts();
    let mut body = Vec::new();
    while let Some(chunk) = stream.data().await {
        body.extend_from_slice(&chunk?);
    }
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.into() })
}

pub(crate) fn push(token: &str, authorization: Option<&str>) -> Request<&'static str> {
    let mut request = Request::post(format!("https://localhost/3/device/{token}"))
        .header("apns-topic", "com.example.app")
        .header("apns-push-type", "alert");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(BODY).unwrap()
}

fn port(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}
