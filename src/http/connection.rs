//! One caller's connection: TLS if that is spoken, then HTTP/1.1 or HTTP/2, within bounds of time and size.
//!
//! Who says nothing is not waited for: a handshake has its time, the first request has its time whatever the protocol, each
//! further head on HTTP/1.1 too, and a peer on HTTP/2 that is gone is noticed by pings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use config::Server;
use http::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::tls::{Terms, Tls};

/// How connections are served.
#[derive(Clone)]
pub(super) struct Connections {
    builder: Builder<TokioExecutor>,
    router: Router,
    tls: Option<Tls>,
    first_request: Duration,
}

/// The router, and whether it was asked anything yet.
struct Watched {
    router: TowerToHyperService<Router>,
    was_called: Arc<AtomicBool>,
}

/// For the answer to a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

// === impl Connections ===

impl Connections {
    pub(super) fn new(router: Router, server: &Server, tls: Option<Tls>) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(server.header_timeout)
            .max_buf_size(server.max_header_bytes as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(server.ping_interval)
            .keep_alive_timeout(PING_TIMEOUT)
            .max_concurrent_streams(server.max_streams_per_connection)
            .max_header_list_size(server.max_header_bytes);
        Self { builder, router, tls, first_request: server.header_timeout }
    }

    /// Serves a connection to its end; told by the watcher to stop, it finishes what is under way.
    pub(super) async fn serve(self, stream: TcpStream, watcher: Watcher) {
        // What is written is meant to be read at once.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.speak(stream, watcher).await };
        let Terms { config, handshake_timeout } = tls.current();
        match timeout(handshake_timeout, TlsAcceptor::from(config).accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "A caller's TLS handshake failed"),
            Err(_) => tracing::debug!("A caller's TLS handshake took too long"),
        }
    }

    async fn speak(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
        let was_called = Arc::<AtomicBool>::default();
        let router = TowerToHyperService::new(self.router.clone());
        let service = Watched { router, was_called: was_called.clone() };
        let serving = watcher.watch(self.builder.serve_connection(TokioIo::new(stream), service));
        let mut serving = std::pin::pin!(serving);
        let result = match timeout(self.first_request, serving.as_mut()).await {
            Ok(result) => result,
            Err(_) if was_called.load(Ordering::Relaxed) => serving.await,
            Err(_) => return tracing::debug!("A caller connected and asked nothing"),
        };
        if let Err(error) = result {
            tracing::debug!(%error, "A caller's connection broke");
        }
    }
}

// === impl Watched ===

impl Service<Request<Incoming>> for Watched {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = TowerToHyperServiceFuture<Router, Request<Incoming>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.was_called.store(true, Ordering::Relaxed);
        self.router.call(request)
    }
}
