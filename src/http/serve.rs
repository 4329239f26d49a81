//! Listening, and stopping without losing what is under way.

use std::net::SocketAddr;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{Front, router};
use crate::service::Service;

/// Why the service cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}; choose another address with server.listen or --listen")]
pub struct ServeFault {
    address: SocketAddr,
    cause: std::io::Error,
}

/// Binds an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeFault> {
    TcpListener::bind(address).await.map_err(|cause| ServeFault { address, cause })
}

/// Serves until `stop`, then lets what is under way finish, to the last byte of its answer; `false` if `grace` was too short.
///
/// HTTP/1.1 and HTTP/2 (with prior knowledge) on the same port.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    front: Front,
    stop: impl Future<Output = ()> + Send + 'static,
) -> bool {
    let Front { server, keys } = front;
    let grace = server.grace;
    let router = router(service.clone(), keys, server.max_body_bytes);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (stopped, stopping) = tokio::sync::oneshot::channel();
    let draining = async move {
        stop.await;
        tracing::info!("Stopping: no new pushes are taken, what is under way goes on");
        let _ = stopped.send(Instant::now() + grace);
        service.drain().await;
    };
    let served = axum::serve(listener, router).with_graceful_shutdown(draining).into_future();
    let deadline = async move {
        match stopping.await {
            Ok(deadline) => tokio::time::sleep_until(deadline).await,
            // Never told to stop.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        // Ends when every push is settled and every answer is written.
        result = served => {
            if let Err(error) = result {
                tracing::error!(%error, "The listener failed");
            }
            true
        }
        () = deadline => false,
    }
}
