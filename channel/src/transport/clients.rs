//! Ordinary HTTP clients, one for all channels with the same trust and proxy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use model::{Answer, TransportKind};
use rustls::ClientConfig;

use super::batch::BatchClient;
use super::{TransportFault, tls};
use crate::spec::{ChannelSpec, OpenFault, Roots};

/// The HTTP clients and TLS configurations of a process, shared by its channels: a thousand apps need not read the
/// system's certificate authorities a thousand times.
#[derive(Clone, Debug, Default)]
pub struct HttpClients(Arc<Mutex<Shared>>);

/// What tells one client from another.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ClientKey {
    roots: Roots,
    proxy: Option<Uri>,
    idle_connections: usize,
    idle: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    clients: HashMap<ClientKey, reqwest::Client>,
    tls: HashMap<Roots, Arc<ClientConfig>>,
}

/// PING on a connection with no frames for this long, also an idle one, and the time for its answer: a connection that died
/// silently carries no request for longer.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Time to make a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

// === impl HttpClients ===

impl HttpClients {
    /// No clients yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client for a pushmux service (or anything else of ours) at a URL. Over `http` nothing has to be trusted, so that it
    /// works on a machine without certificate authorities.
    pub fn for_service(url: &str) -> Result<reqwest::Client, OpenFault> {
        let roots = url.starts_with("https://").then_some(&Roots::Platform);
        Self::builder(roots)?.build().map_err(|error| OpenFault::Proxy(error.to_string()))
    }

    /// A client to be, for anything that is no vendor: our TLS with these authorities (none where no TLS is spoken), no
    /// proxy, also none of the environment, and no redirects.
    pub fn builder(roots: Option<&Roots>) -> Result<reqwest::ClientBuilder, OpenFault> {
        let tls = match roots {
            Some(roots) => tls::config(roots, None, &[b"h2", b"http/1.1"])?,
            None => tls::trusting_nobody(),
        };
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Ok(builder.tls_backend_preconfigured(tls))
    }

    /// Lets go of what no channel is opened with any more. Those that use it keep it.
    pub fn retain(&self, is_wanted: impl Fn(&Roots) -> bool) {
        let mut shared = self.0.lock().expect("no one panics while holding it");
        shared.clients.retain(|key, _| is_wanted(&key.roots));
        shared.tls.retain(|roots, _| is_wanted(roots));
    }

    /// The client for a channel's batches and access tokens.
    pub(crate) fn of(&self, spec: &ChannelSpec) -> Result<reqwest::Client, OpenFault> {
        let key = ClientKey::of(spec);
        let mut shared = self.0.lock().expect("no one panics while holding it");
        if let Some(client) = shared.clients.get(&key) {
            return Ok(client.clone());
        }
        let client = key.build()?;
        shared.clients.insert(key, client.clone());
        Ok(client)
    }

    /// The TLS configuration for HTTP/2 connections without a client certificate.
    pub(crate) fn tls_of(&self, roots: &Roots) -> Result<Arc<ClientConfig>, OpenFault> {
        let mut shared = self.0.lock().expect("no one panics while holding it");
        if let Some(config) = shared.tls.get(roots) {
            return Ok(config.clone());
        }
        let config = Arc::new(tls::config(roots, None, &[b"h2"])?);
        shared.tls.insert(roots.clone(), config.clone());
        Ok(config)
    }
}

/// Asks a vendor for an access token; once more, if the request was surely not processed.
pub(crate) async fn exchange(
    client: &reqwest::Client,
    request: Request<Bytes>,
    timeout: Duration,
) -> Result<Answer, TransportFault> {
    let client = BatchClient::new(client.clone());
    let receiving = async {
        match client.send(request.clone()).await {
            Err(TransportFault::Refused | TransportFault::GoneAway { .. }) => client.send(request).await,
            other => other,
        }
    };
    let received = tokio::time::timeout(timeout, receiving).await.map_err(|_| TransportFault::TimedOut)?;
    received.map(|received| received.answer)
}

// === impl ClientKey ===

impl ClientKey {
    fn of(spec: &ChannelSpec) -> Self {
        let (idle_connections, idle) = match spec.limits.transport {
            TransportKind::Batch { connections, idle } => (connections, idle),
            // Its access tokens only.
            TransportKind::Pool { .. } => (1, Duration::from_secs(60)),
        };
        Self { roots: spec.roots.clone(), proxy: spec.proxy.clone(), idle_connections, idle }
    }

    fn build(&self) -> Result<reqwest::Client, OpenFault> {
        let tls = tls::config(&self.roots, None, &[b"h2", b"http/1.1"])?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            // Its own would send what a vendor refused twice more, beside our resend and uncounted.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(self.idle_connections)
            .pool_idle_timeout(self.idle)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .http2_keep_alive_while_idle(true)
            .user_agent(concat!("pushmux/", env!("CARGO_PKG_VERSION")));
        let unusable = |error: reqwest::Error| OpenFault::Proxy(error.to_string());
        let builder = match &self.proxy {
            // Only what is configured counts, not the environment's HTTP_PROXY.
            None => builder.no_proxy(),
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.to_string()).map_err(unusable)?),
        };
        builder.build().map_err(unusable)
    }
}
