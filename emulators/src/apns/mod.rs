//! Apple Push Notification service, as its documents of 2026-11 and public observations of it describe.
//!
//! Two listeners, production and sandbox, HTTP/2 only. Apple's pages: "Sending notification requests to APNs",
//! "Handling notification responses from APNs", "Establishing a token-based connection to APNs", "Establishing a
//! certificate-based connection to APNs" (developer.apple.com/documentation/usernotifications, read 2026-11-22).
//! Where Apple's pages are silent, what clients have reported decides, and `docs/emulators.md` says so.

mod certificate;
mod connection;
mod credentials;
mod der;
mod judge;
mod keys;
mod prefixes;
mod provider_token;
mod push_type;
mod reason;
mod request;
mod session;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::ServerConfig;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::authority::{Authority, ClientAuth};
use crate::emulators::Endpoint;
use crate::error::StartError;
use crate::folder::Folder;
use crate::listen::Connection;
use crate::met::Met;
use crate::prefix::Prefix;
use crate::record::{Entry, decode_body};
use crate::vendor::{Decoded, Serving, Site, Vendor};

use credentials::Account;

/// The row of the registry.
pub(crate) static VENDOR: Apns = Apns;

const PRODUCTION: &str = "production";
const SANDBOX: &str = "sandbox";
/// The bundle id that the credentials are for.
const BUNDLE_ID: &str = "com.example.app";

/// APNs before it runs.
pub(crate) struct Apns;

/// APNs with its credentials made.
struct ApnsSite {
    tls: Arc<ServerConfig>,
    account: Account,
    met: Met,
}

// === impl Apns ===

impl Vendor for Apns {
    fn name(&self) -> &'static str {
        "apns"
    }

    fn environments(&self) -> &'static [&'static str] {
        &[PRODUCTION, SANDBOX]
    }

    fn prefixes(&self) -> Vec<Prefix> {
        prefixes::documented()
    }

    fn prepare(&self, authority: &Authority, folder: &Folder) -> Result<Arc<dyn Site>, StartError> {
        let tls = authority.server_config(&["h2"], ClientAuth::Optional)?;
        let account = credentials::make(authority, folder)?;
        Ok(Arc::new(ApnsSite { tls, account, met: Met::default() }))
    }

    fn decode(&self, entry: &Entry) -> Decoded {
        let token = request::device_token(&entry.path).filter(|token| !token.is_empty());
        Decoded { tokens: token.map(str::to_owned).into_iter().collect(), body: decode_body(&entry.body) }
    }

    fn mask(&self, authorization: &str) -> String {
        provider_token::summary(authorization)
    }
}

// === impl ApnsSite ===

impl Site for ApnsSite {
    fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    fn serve(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: Connection) -> Serving {
        Box::pin(connection::serve(self, stream, connection))
    }

    fn sections(&self, endpoints: &[Endpoint]) -> String {
        let url = |environment: &str| {
            let endpoint = endpoints.iter().find(|endpoint| endpoint.environment == environment);
            Value::String(endpoint.map_or_else(String::new, |endpoint| endpoint.url.clone())).to_string()
        };
        credentials::sections(&self.account, &url(PRODUCTION), &url(SANDBOX))
    }

    fn credentials(&self) -> Value {
        credentials::manifest(&self.account)
    }
}
