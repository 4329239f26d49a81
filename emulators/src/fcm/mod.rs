//! Firebase Cloud Messaging, HTTP v1, as its documents and recorded answers of 2026 show it.
//!
//! One listener for both environments (the sandbox is a request with `validate_only`), HTTP/2 and HTTP/1.1 by ALPN, for
//! `POST /v1/projects/{project}/messages:send` and for the OAuth2 token endpoint `POST /token`. Sources:
//! firebase.google.com/docs/reference/fcm/rest/v1/projects.messages and /ErrorCode, docs/cloud-messaging/error-codes
//! and /scale-fcm, developers.google.com/identity/protocols/oauth2/service-account, and public recordings of answers.
//! What they leave open is decided in `docs/emulators.md`.

mod account;
mod assertion;
mod case;
mod condition;
mod exchange;
mod judge;
mod message;
mod prefixes;
mod reader;
mod refusal;
mod scalar;
mod schema;
mod service;
mod size;
mod tokens;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use serde_json::{Value, json};
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
use crate::service::serve;
use crate::vendor::{Decoded, Serving, Site, Vendor};

use account::Account;
use tokens::Tokens;

/// The row of the registry.
pub(crate) static VENDOR: Fcm = Fcm;

/// The one package of the emulated app.
const PACKAGE: &str = "com.example.app";
const PRODUCTION: &str = "production";
/// Requests with `validate_only`.
const SANDBOX: &str = "sandbox";
/// The path of the token endpoint.
const TOKEN_PATH: &str = "/token";

/// FCM before it runs.
pub(crate) struct Fcm;

/// FCM with its credentials made.
struct FcmSite {
    tls: Arc<ServerConfig>,
    account: Account,
    /// The URL of the token endpoint, which every assertion must name; known once the ports are.
    token_uri: OnceLock<String>,
    tokens: Tokens,
    met: Met,
}

// === impl Fcm ===

impl Vendor for Fcm {
    fn name(&self) -> &'static str {
        "fcm"
    }

    fn environments(&self) -> &'static [&'static str] {
        &[PRODUCTION, SANDBOX]
    }

    fn shares_listener(&self) -> bool {
        true
    }

    fn prefixes(&self) -> Vec<Prefix> {
        prefixes::documented()
    }

    fn prepare(&self, authority: &Authority, _: &Folder) -> Result<Arc<dyn Site>, StartError> {
        let tls = authority.server_config(&["h2", "http/1.1"], ClientAuth::None)?;
        let account = Account::new()?;
        let (token_uri, tokens, met) = (OnceLock::new(), Tokens::default(), Met::default());
        Ok(Arc::new(FcmSite { tls, account, token_uri, tokens, met }))
    }

    fn decode(&self, entry: &Entry) -> Decoded {
        if entry.path.split('?').next() == Some(TOKEN_PATH) {
            return Decoded { tokens: Vec::new(), body: exchange::readable(&entry.body) };
        }
        let body = decode_body(&entry.body);
        Decoded { tokens: judge::target(&body).into_iter().map(str::to_owned).collect(), body }
    }

    fn mask(&self, authorization: &str) -> String {
        match authorization.split_once(' ') {
            Some((scheme, _)) => format!("{scheme} ***"),
            None => "***".to_owned(),
        }
    }
}

// === impl FcmSite ===

impl Site for FcmSite {
    fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    fn serve(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: Connection) -> Serving {
        Box::pin(serve(self, stream, connection))
    }

    fn publish(&self, folder: &Folder, endpoints: &[Endpoint]) -> Result<(), StartError> {
        let url = endpoints.first().map_or("", |endpoint| endpoint.url.as_str());
        let token_uri = self.token_uri.get_or_init(|| format!("{url}{TOKEN_PATH}"));
        self.account.write(folder, token_uri)
    }

    fn sections(&self, endpoints: &[Endpoint]) -> String {
        let url = endpoints.first().map_or("", |endpoint| endpoint.url.as_str());
        let endpoint = Value::from(url);
        let token_endpoint = Value::from(format!("{url}{TOKEN_PATH}"));
        format!(
            r#"[apps.demo.fcm]
service_account = {{ file = "{}" }}
package = "{PACKAGE}"
endpoint = {endpoint}
token_endpoint = {token_endpoint}
ca_file = "ca.pem"
"#,
            account::FILE
        )
    }

    fn credentials(&self) -> Value {
        json!({
            "project_id": self.account.project_id,
            "service_account": account::FILE,
            "wrong_service_account": account::WRONG_FILE,
        })
    }
}
