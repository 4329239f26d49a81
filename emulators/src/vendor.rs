//! The contract of a vendor's emulator: everything the rest of this crate knows about a vendor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rustls::ServerConfig;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::authority::Authority;
use crate::emulators::Endpoint;
use crate::error::StartError;
use crate::folder::Folder;
use crate::listen::Connection;
use crate::prefix::Prefix;
use crate::record::Entry;

/// A vendor, before anything of it runs.
pub(crate) trait Vendor: Send + Sync {
    /// The name everywhere: `apns`, `mi`.
    fn name(&self) -> &'static str;

    /// One listener per environment, in the order in which fixed ports are given out.
    fn environments(&self) -> &'static [&'static str];

    /// One listener serves every environment instead: which one is meant, a request says.
    fn shares_listener(&self) -> bool {
        false
    }

    /// The device-token prefixes with a fixed outcome, in the order of the documentation.
    fn prefixes(&self) -> Vec<Prefix>;

    /// Makes credentials, writes them into the folder, and answers with what serves connections.
    fn prepare(&self, authority: &Authority, folder: &Folder) -> Result<Arc<dyn Site>, StartError>;

    /// What was received, for a reader: device tokens, decoded body. Asked for late and rarely.
    fn decode(&self, entry: &Entry) -> Decoded;

    /// The value of an authorization header without what makes it usable.
    fn mask(&self, authorization: &str) -> String;
}

/// A vendor with its credentials made, serving connections.
pub(crate) trait Site: Send + Sync {
    /// TLS of this vendor's listeners.
    fn tls(&self) -> Arc<ServerConfig>;

    /// Serves one connection to its end. Cancel safe: dropping it drops the connection.
    fn serve(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: Connection) -> Serving;

    /// Writes what names the vendor's own endpoints; called once, before [`Site::sections`] and any connection.
    fn publish(&self, _folder: &Folder, _endpoints: &[Endpoint]) -> Result<(), StartError> {
        Ok(())
    }

    /// The sections of `pushmux.toml` that reach this vendor, given its own endpoints.
    fn sections(&self, endpoints: &[Endpoint]) -> String;

    /// The vendor's part of `emulators.json`: names of files and public ids, each under what it is good for.
    fn credentials(&self) -> Value;
}

/// The future of one connection.
pub(crate) type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The readable form of one request.
pub(crate) struct Decoded {
    pub(crate) tokens: Vec<String>,
    pub(crate) body: Value,
}
