//! Listening, and stopping without losing what is under way.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::connection::Connections;
use super::{Front, router};
use crate::service::Service;

/// Why the service cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}; choose another address with server.listen or --listen")]
pub struct ServeFault {
    address: SocketAddr,
    cause: std::io::Error,
}

/// Until it is tried again when the system gives no more connections, for want of file descriptors mostly.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Binds an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeFault> {
    TcpListener::bind(address).await.map_err(|cause| ServeFault { address, cause })
}

/// Serves until `stop`, then lets what is under way finish, to the last byte of its answer; `false` if the configured grace
/// was too short.
///
/// HTTP/1.1 and HTTP/2 on the same port; over TLS if it is configured, else HTTP/2 with prior knowledge.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    front: Front,
    stop: impl Future<Output = ()> + Send + 'static,
) -> bool {
    let router = router(service.clone(), &front);
    let Front { server, tls, .. } = front;
    let connections = Connections::new(router, &server, tls);
    let (stopped, stopping) = tokio::sync::oneshot::channel();
    let draining = async move {
        stop.await;
        tracing::info!("Stopping: no new pushes are taken, what is under way goes on");
        let _ = stopped.send(Instant::now() + server.grace);
        service.drain().await;
    };
    let served = accept_until(draining, listener, connections, server.max_connections);
    let deadline = async move {
        match stopping.await {
            Ok(deadline) => tokio::time::sleep_until(deadline).await,
            // Never told to stop.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        // Ends when every push is settled and every answer is written.
        () = served => true,
        () = deadline => false,
    }
}

/// Serves whoever connects until `end`; then lets the connections finish.
async fn accept_until(
    end: impl Future<Output = ()>,
    listener: TcpListener,
    connections: Connections,
    max_connections: usize,
) {
    let (graceful, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(max_connections)));
    let mut end = std::pin::pin!(end);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut end => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let (connections, watcher) = (connections.clone(), graceful.watcher());
        tokio::spawn(async move {
            connections.serve(stream, watcher).await;
            drop(place);
        });
    }
    // Who connects now is refused instead of waiting.
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, as soon as there is room for it. Until then callers wait in the system's queue.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = match room.clone().try_acquire_owned() {
        Ok(place) => place,
        Err(_) => {
            tracing::warn!("As many connections are open as server.max_connections allows; others wait");
            room.clone().acquire_owned().await.expect("it is never closed")
        }
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            // The caller's affair: it went away before it was taken.
            Err(error) if is_callers(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "No connection can be taken; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

const fn is_callers(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
