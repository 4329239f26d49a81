//! Making one connection: address, proxy, TLS, HTTP/2, and the task that drives it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tower::ServiceExt;

use super::connection::Connection;
use super::tap::{Overheard, Tap};
use super::{Bounds, TransportFault};
use crate::spec::{ChannelSpec, OpenFault};
use crate::transport::{HttpClients, tls};

/// Time for a connection from its first packet to its first frame.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Where and how to connect.
pub(super) struct Dialer {
    endpoint: Uri,
    host: String,
    port: u16,
    server_name: ServerName<'static>,
    tls: TlsConnector,
    proxy: Option<Uri>,
}

// === impl Dialer ===

impl Dialer {
    pub(super) fn new(spec: &ChannelSpec, clients: &HttpClients) -> Result<Self, OpenFault> {
        let endpoint = spec.adapter.endpoint().clone();
        let host = endpoint.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let server_name = ServerName::try_from(host.clone())
            .map_err(|_| OpenFault::Identity { field: "endpoint", detail: format!("{host} is no host name") })?;
        let tls = TlsConnector::from(tls_config(spec, clients)?);
        let port = endpoint.port_u16().unwrap_or(443);
        Ok(Self { endpoint, host, port, server_name, tls, proxy: spec.proxy.clone() })
    }

    pub(super) fn endpoint(&self) -> &Uri {
        &self.endpoint
    }

    /// A connection whose driver runs, or why there is none.
    pub(super) async fn dial(&self, bounds: Bounds) -> Result<Arc<Connection>, TransportFault> {
        timeout(DIAL_TIMEOUT, self.connect(bounds))
            .await
            .unwrap_or_else(|_| Err(TransportFault::connect("no connection within 10 seconds")))
    }

    async fn connect(&self, bounds: Bounds) -> Result<Arc<Connection>, TransportFault> {
        let failed = |error: &dyn std::fmt::Display| TransportFault::connect(format!("{}: {error}", self.endpoint));
        let tcp = match &self.proxy {
            None => TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|error| failed(&error))?,
            Some(proxy) => self.tunnel(proxy).await?,
        };
        tcp.set_nodelay(true).map_err(|error| failed(&error))?;
        let tls = self.tls.connect(self.server_name.clone(), tcp).await.map_err(|error| {
            let remedy = if distrusts(&error) { "; does ca_file hold the authority of this endpoint?" } else { "" };
            failed(&format_args!("{error}{remedy}"))
        })?;
        let overheard = Arc::new(Overheard::default());
        let (sender, driver) = handshake(Tap::new(tls, overheard.clone())).await.map_err(|error| failed(&error))?;
        let connection = Arc::new(Connection::new(sender, bounds, expiry(bounds.max_age), overheard));
        drive(driver, &connection, bounds);
        Ok(connection)
    }

    async fn tunnel(&self, proxy: &Uri) -> Result<TcpStream, TransportFault> {
        let destination = Uri::builder()
            .scheme("https")
            .authority(format!("{}:{}", self.endpoint.host().unwrap_or_default(), self.port))
            .path_and_query("/")
            .build()
            .map_err(|error| TransportFault::connect(error.to_string()))?;
        let through = Tunnel::new(proxy.clone(), HttpConnector::new());
        let stream = through.oneshot(destination).await;
        stream.map(TokioIo::into_inner).map_err(|error| TransportFault::connect(format!("proxy {proxy}: {error}")))
    }
}

/// Whether we do not trust the vendor's certificate.
fn distrusts(error: &std::io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

fn tls_config(spec: &ChannelSpec, clients: &HttpClients) -> Result<Arc<ClientConfig>, OpenFault> {
    match &spec.identity {
        None => clients.tls_of(&spec.roots),
        Some(identity) => tls::config(&spec.roots, Some(identity), &[b"h2"]).map(Arc::new),
    }
}

type Driver<T> = client::Connection<T, Bytes>;

async fn handshake<T>(io: T) -> Result<(SendRequest<Bytes>, Driver<T>), h2::Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    client::Builder::new()
        // The library would assume 100 until the vendor tells; APNs answers that with REFUSED_STREAM.
        .initial_max_send_streams(1)
        .enable_push(false)
        // Answers are small and read at once; a window of a megabyte never makes a vendor wait.
        .initial_window_size(1 << 18)
        .initial_connection_window_size(1 << 20)
        .max_header_list_size(16 * 1024)
        .handshake(io)
        .await
}

/// The connection ends by its driver; the driver, when nobody holds the connection or a PING stays unanswered.
fn drive<T>(mut driver: Driver<T>, connection: &Arc<Connection>, bounds: Bounds)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let ping = driver.ping_pong();
    let weak = Arc::downgrade(connection);
    tokio::spawn(async move {
        let keep_alive = async {
            match ping {
                Some(ping) => keep_alive(ping, bounds).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = driver => tracing::debug!(error = ?result.err(), "A connection to a vendor has ended"),
            () = keep_alive => tracing::warn!("A vendor left a PING unanswered; its connection is replaced"),
        }
        if let Some(connection) = weak.upgrade() {
            connection.set_ended();
        }
    });
}

/// Ends when a PING stays unanswered.
async fn keep_alive(mut ping: h2::PingPong, bounds: Bounds) {
    loop {
        tokio::time::sleep(bounds.ping_interval).await;
        match timeout(bounds.ping_timeout, ping.ping(h2::Ping::opaque())).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// A tenth of the age at random, so that connections made together do not end together.
fn expiry(max_age: Duration) -> Instant {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0u8) % 1000;
    let jitter = max_age / 10 * u32::try_from(random).unwrap_or(0) / 1000;
    Instant::now() + max_age.saturating_sub(jitter)
}
