//! The floor: a bare `h2` client that sends the requests that the service would send. It knows every device and every byte
//! beforehand, keeps no order, looks at nothing but the status, and has nobody to answer to.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use h2::client::SendRequest;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::latency::Clocked;
use super::pace::{Due, paced};
use super::{Done, Meter};
use crate::identity::Identity;
use crate::workload::Devices;

/// What to send, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bare {
    /// `https://127.0.0.1:port`
    pub(crate) endpoint: String,
    pub(crate) ca_file: PathBuf,
    /// Sent with every request.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) devices: Devices,
    pub(crate) requests: u64,
    pub(crate) connections: usize,
    /// Over all connections.
    pub(crate) at_once: usize,
    /// So many a second, whatever becomes of those before; else as fast as answers come.
    pub(crate) rate: Option<f64>,
}

const APNS_ID: HeaderName = HeaderName::from_static("apns-id");
/// Of the device tokens of the first requests, which are not counted: no other begins so high.
const WARM_UP: u64 = u64::MAX / 2;

pub(super) async fn run(bare: &Bare) -> anyhow::Result<Done> {
    let tls = tls(bare)?;
    let headers = Arc::new(headers(bare)?);
    let mut senders = Vec::new();
    for nth in 0..bare.connections {
        let sender = connect(bare, tls.clone()).await?;
        // Until a first token was good, one request at a time is allowed.
        post(&sender, bare, &headers, &bare.devices.token(WARM_UP + nth as u64)).await?;
        senders.push(sender);
    }
    let meter = Meter::begin()?;
    let mut dues = paced(bare.requests, bare.rate, 1).pop().context("there is one lane")?;
    let (mut sent, mut clocked) = (Identity::default(), Clocked::new()?);
    let mut under_way = FuturesUnordered::new();
    let mut next_sender = 0;
    loop {
        tokio::select! {
            biased;
            Some(answered) = under_way.next(), if !under_way.is_empty() => note(&mut clocked, answered?),
            due = dues.recv(), if under_way.len() < bare.at_once => {
                let Some(due) = due else { break };
                let token = bare.devices.token(due.number);
                sent.add(&token);
                let sender = &senders[next_sender];
                next_sender = (next_sender + 1) % senders.len();
                let (bare, headers) = (bare, &headers);
                under_way.push(async move { post(sender, bare, headers, &token).await.map(|()| due) });
            }
        }
    }
    while let Some(answered) = under_way.next().await {
        note(&mut clocked, answered?);
    }
    meter.end(sent, clocked.quantiles())
}

fn note(clocked: &mut Clocked, answered: Due) {
    if answered.counts {
        clocked.record(answered.moment.elapsed());
    }
}

async fn post(sender: &SendRequest<Bytes>, bare: &Bare, headers: &HeaderMap, token: &str) -> anyhow::Result<()> {
    let mut sender = sender.clone().ready().await?;
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = format!("{}/3/device/{token}", bare.endpoint).try_into()?;
    *request.headers_mut() = headers.clone();
    request.headers_mut().insert(APNS_ID, id(token)?);
    let (response, mut stream) = sender.send_request(request, false)?;
    stream.send_data(Bytes::copy_from_slice(bare.body.as_bytes()), true)?;
    let (head, mut body) = response.await?.into_parts();
    while let Some(chunk) = body.data().await {
        body.flow_control().release_capacity(chunk?.len())?;
    }
    ensure!(head.status.is_success(), "the emulator answered {}", head.status);
    Ok(())
}

/// A UUID, as every push has its own; made of the device token, which is random enough.
fn id(token: &str) -> anyhow::Result<HeaderValue> {
    let part = |from, to| token.get(from..to).context("a device token is shorter than Apple's");
    let id = format!("{}-{}-4{}-8{}-{}", part(0, 8)?, part(8, 12)?, part(12, 15)?, part(15, 18)?, part(18, 30)?);
    Ok(HeaderValue::from_str(&id)?)
}

fn headers(bare: &Bare) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in &bare.headers {
        headers.insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    Ok(headers)
}

fn tls(bare: &Bare) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&bare.ca_file)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn connect(bare: &Bare, tls: TlsConnector) -> anyhow::Result<SendRequest<Bytes>> {
    let address = bare.endpoint.strip_prefix("https://").context("the endpoint is no https URL")?;
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let stream = tls.connect(ServerName::try_from("127.0.0.1")?, tcp).await?;
    let (sender, connection) = h2::client::Builder::new()
        .initial_max_send_streams(1)
        .enable_push(false)
        .initial_window_size(1 << 18)
        .initial_connection_window_size(1 << 20)
        .handshake(stream)
        .await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

// === impl Bare ===

impl Bare {
    /// What is sent before anything is measured.
    pub(crate) fn warm_up(&self) -> Identity {
        let mut sent = Identity::default();
        (0..self.connections).for_each(|nth| sent.add(&self.devices.token(WARM_UP + nth as u64)));
        sent
    }
}
