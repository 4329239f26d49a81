//! How the service is reached.

use std::net::SocketAddr;

use config::{NEEDS_KEYS, Server};

use crate::access::Keys;

/// Address and bounds, and who may call.
#[derive(Clone, Debug)]
pub struct Front {
    /// `[server]`
    pub server: Server,
    /// `[keys]`
    pub keys: Keys,
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
    pub fn new(server: Server, keys: Keys) -> Self {
        if !server.listen.ip().is_loopback() {
            keys.need();
        }
        Self { server, keys }
    }

    /// Lets in whom `next` does. The rest is changed by a restart only.
    pub(crate) fn succeed(&self, next: &Self) {
        self.keys.replace(&next.keys);
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
