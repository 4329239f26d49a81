//! Listeners: TCP and TLS up to the point where a vendor takes the connection over.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::control::{Control, Core};
use crate::error::StartError;
use crate::fault::Verdict;
use crate::record::{Arrival, Entry};
use crate::registry::ALL;
use crate::stats::Counters;
use crate::vendor::Site;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept, which is nearly always a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// A fatal TLS alert, handshake_failure (RFC 8446 section 6; record version as in every alert before a handshake).
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// One vendor's listener of one environment.
pub(crate) struct Listener {
    pub(crate) tcp: TcpListener,
    pub(crate) site: Arc<dyn Site>,
    pub(crate) place: Place,
    pub(crate) control: Control,
}

/// Whose listener, and which.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Row in [`ALL`].
    pub(crate) vendor: usize,
    pub(crate) environment: &'static str,
}

/// One connection as its vendor sees it.
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) place: Place,
    control: Control,
}

// === impl Listener ===

impl Listener {
    /// Accepts until `stop` is told or gone, then drops all its connections.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let acceptor = TlsAcceptor::from(self.site.tls());
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = self.tcp.accept() => match accepted {
                    Ok((tcp, _)) => self.accepted(tcp, &acceptor, &mut connections),
                    Err(error) => {
                        debug!(%error, "accept failed");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.tcp);
        connections.shutdown().await;
    }

    fn accepted(&self, tcp: TcpStream, acceptor: &TlsAcceptor, connections: &mut JoinSet<()>) {
        let Place { vendor, environment } = self.place;
        if self.control.core.faults.breaks_tls(ALL[vendor].name(), environment) {
            connections.spawn(refuse_tls(tcp));
            return;
        }
        let connection = self.control.clone();
        let (acceptor, site, place) = (acceptor.clone(), Arc::clone(&self.site), self.place);
        connections.spawn(async move {
            let _ = tcp.set_nodelay(true);
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(tcp)).await {
                Ok(Ok(tls)) => site.serve(tls, Connection::new(place, connection)).await,
                Ok(Err(error)) => debug!(vendor = ALL[place.vendor].name(), %error, "TLS handshake failed"),
                Err(_) => debug!(vendor = ALL[place.vendor].name(), "TLS handshake timed out"),
            }
        });
    }
}

// === impl Connection ===

impl Connection {
    fn new(place: Place, control: Control) -> Self {
        let id = control.core.next_connection();
        let connection = Self { id, place, control };
        connection.counters().connections_opened.fetch_add(1, Relaxed);
        connection
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.core().counters[self.place.vendor]
    }

    /// What the scripted faults say about a request.
    pub(crate) fn verdict<'t>(&self, path: &str, tokens: impl Fn() -> Vec<&'t str>) -> Verdict {
        self.verdict_in(self.place.environment, path, tokens)
    }

    /// The same on a shared listener, where the request says for which environment it is.
    pub(crate) fn verdict_in<'t>(
        &self,
        environment: &'static str,
        path: &str,
        tokens: impl Fn() -> Vec<&'t str>,
    ) -> Verdict {
        self.core().faults.verdict(ALL[self.place.vendor].name(), environment, path, tokens)
    }

    /// How long the access token lives that this token request gets, if a scripted fault says so.
    pub(crate) fn token_life(&self, path: &str) -> Option<Duration> {
        self.core().faults.token_life(ALL[self.place.vendor].name(), self.place.environment, path)
    }

    /// Records a request, and counts it. `path` is shown as it is.
    pub(crate) fn arrived(&self, parts: &Parts, path: String, body: Bytes) -> Arc<Entry> {
        self.arrived_in(self.place.environment, parts, path, body)
    }

    /// The same on a shared listener, where the request says for which environment it is.
    pub(crate) fn arrived_in(&self, environment: &'static str, parts: &Parts, path: String, body: Bytes) -> Arc<Entry> {
        self.counters().requests.fetch_add(1, Relaxed);
        self.core().recorder.arrived(Arrival {
            vendor: ALL[self.place.vendor],
            environment,
            connection: self.id,
            method: parts.method.clone(),
            path,
            headers: &parts.headers,
            body,
        })
    }

    fn core(&self) -> &Core {
        &self.control.core
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.counters().connections_closed.fetch_add(1, Relaxed);
    }
}

/// Binds a port on 127.0.0.1; 0 is a free one.
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, u16), StartError> {
    let fault = |cause| StartError::Port { port, cause };
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(fault)?;
    let port = tcp.local_addr().map_err(fault)?.port();
    Ok((tcp, port))
}

/// Answers the client's first bytes with an alert, as a server does that dislikes what it reads.
async fn refuse_tls(mut tcp: TcpStream) {
    let mut hello = [0; 4096];
    let _ = tokio::time::timeout(HANDSHAKE_TIMEOUT, tcp.read(&mut hello)).await;
    let _ = tcp.write_all(&HANDSHAKE_FAILURE).await;
    let _ = tcp.shutdown().await;
}
