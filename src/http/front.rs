//! How the service is reached.

use std::net::SocketAddr;

use config::{NEEDS_KEYS, Server};

use super::Tls;
use crate::access::Keys;

/// Address and bounds, and who may call.
#[derive(Clone, Debug)]
pub struct Front {
    /// `[server]`
    pub server: Server,
    /// `[keys]`
    pub keys: Keys,
    /// `[server.tls]`
    pub tls: Option<Tls>,
    /// Whether calls have spans.
    pub is_traced: bool,
}

/// An address that is not for a service without keys.
#[derive(Debug, thiserror::Error)]
#[error("--listen: {address} {NEEDS_KEYS}")]
pub struct Exposed {
    address: SocketAddr,
}

// === impl Front ===

impl Front {
    /// As a configuration says.
    pub fn new(server: Server, keys: Keys, tls: Option<Tls>, is_traced: bool) -> Self {
        if !server.listen.ip().is_loopback() {
            keys.need();
        }
        Self { server, keys, tls, is_traced }
    }

    /// Lets in whom `next` does, and shows the same certificate. The rest is changed by a restart only.
    pub(crate) fn succeed(&self, next: &Self) {
        self.keys.replace(&next.keys);
        match (&self.tls, &next.tls) {
            (Some(tls), Some(next)) => tls.replace(next),
            (None, None) => {}
            _ => tracing::warn!(
                field = "server.tls",
                "Whether TLS is spoken is changed by a restart only; it stays as it is until then"
            ),
        }
    }

    /// Listens elsewhere than the configuration says.
    pub fn listen_on(&mut self, address: SocketAddr) -> Result<(), Exposed> {
        if self.keys.is_empty() && !address.ip().is_loopback() {
            return Err(Exposed { address });
        }
        if !address.ip().is_loopback() {
            self.keys.need();
        }
        self.server.listen = address;
        Ok(())
    }
}
