//! Listening, and stopping without losing what is under way.

use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use super::router;
use crate::service::Service;

/// Why the service cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}; choose another address with server.listen or --listen")]
pub struct ServeFault {
    address: SocketAddr,
    source: std::io::Error,
}

/// Binds an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeFault> {
    TcpListener::bind(address).await.map_err(|source| ServeFault { address, source })
}

/// Serves until `stop`, then lets what is under way finish; `false` if `grace` was too short for that.
///
/// HTTP/1.1 and HTTP/2 (with prior knowledge) on the same port.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    max_body_bytes: usize,
    grace: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> bool {
    let router = router(service.clone(), max_body_bytes);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (drained, draining) = tokio::sync::oneshot::channel();
    let stopping = async move {
        stop.await;
        tracing::info!("Stopping: no new pushes are taken, what is under way goes on");
        let drained_in_time = service.drain(grace).await;
        let _ = drained.send(drained_in_time);
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopping);
    let served = serving.into_future();
    tokio::pin!(served);
    tokio::select! {
        result = &mut served => {
            if let Err(error) = result {
                tracing::error!(%error, "The listener failed");
            }
            true
        }
        drained = draining => {
            // Answers are on their way; connections that idle or hang are not waited for.
            let _ = tokio::time::timeout(Duration::from_secs(1), served).await;
            drained.unwrap_or(true)
        }
    }
}
