//! Meizu (Flyme) push by pushId, as the vendor's public server API document of 2025-04-09 describes it.
//!
//! One listener, production (there is no sandbox), HTTP/1.1 and HTTP/2. It answers for both hosts of the vendor: pushes
//! (`server-api-push`) and the switch of a pushId (`api-push`). Errors are HTTP 200 with a code, a string, other than
//! `"200"`; partial failures lie in `value` under `"200"`. Sources: github.com/MEIZUPUSH/PushAPI, state 2025-04-09;
//! MEIZUPUSH/JavaSdk 1.2.13, state 2025-04-22; read 2026-11-22. What the pages leave open is decided in
//! `docs/emulators.md`.

mod answer;
mod codes;
mod form;
mod judge;
mod limits;
mod message;
mod prefixes;
mod section;
mod service;
mod sign;
mod text;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use uuid::Uuid;

use crate::authority::{Authority, ClientAuth};
use crate::emulators::Endpoint;
use crate::error::StartError;
use crate::folder::Folder;
use crate::listen::Connection;
use crate::prefix::Prefix;
use crate::record::{Entry, decode_body};
use crate::service::serve;
use crate::vendor::{Decoded, Serving, Site, Vendor};

use answer::Ids;
use limits::Limits;

/// The row of the registry.
pub(crate) static VENDOR: Meizu = Meizu;

/// The one app of the emulated console.
const APP_ID: &str = "123456";
const PACKAGE: &str = "com.example.app";
const SECRET_FILE: &str = "meizu.secret";
/// Another app's secret; no section uses it.
const WRONG_SECRET_FILE: &str = "meizu-wrong.secret";

/// Meizu before it runs.
pub(crate) struct Meizu;

/// Meizu with its secret made.
struct MeizuSite {
    tls: Arc<ServerConfig>,
    app_secret: String,
    ids: Ids,
    limits: Limits,
}

// === impl Meizu ===

impl Vendor for Meizu {
    fn name(&self) -> &'static str {
        "meizu"
    }

    fn environments(&self) -> &'static [&'static str] {
        &["production"]
    }

    fn prefixes(&self) -> Vec<Prefix> {
        prefixes::documented()
    }

    fn prepare(&self, authority: &Authority, folder: &Folder) -> Result<Arc<dyn Site>, StartError> {
        let tls = authority.server_config(&["h2", "http/1.1"], ClientAuth::None)?;
        let app_secret = new_secret();
        folder.write_secret(SECRET_FILE, &format!("{app_secret}\n"))?;
        folder.write_secret(WRONG_SECRET_FILE, &format!("{}\n", new_secret()))?;
        Ok(Arc::new(MeizuSite { tls, app_secret, ids: Ids::default(), limits: Limits::default() }))
    }

    fn decode(&self, entry: &Entry) -> Decoded {
        let query = entry.path.split_once('?').map(|(_, query)| query);
        let Some(form) = form::read(&entry.method, query, &entry.body) else {
            return Decoded { tokens: Vec::new(), body: decode_body(&entry.body) };
        };
        let tokens = form::targets(&form).into_iter().map(str::to_owned).collect();
        let body = if entry.body.is_empty() { Value::Null } else { form.to_json(form::shown) };
        Decoded { tokens, body }
    }

    /// Meizu knows no such header.
    fn mask(&self, _: &str) -> String {
        "***".to_owned()
    }
}

// === impl MeizuSite ===

impl Site for MeizuSite {
    fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    fn serve(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: Connection) -> Serving {
        Box::pin(serve(self, stream, connection))
    }

    fn sections(&self, endpoints: &[Endpoint]) -> String {
        let url = endpoints.first().map_or("", |endpoint| endpoint.url.as_str());
        let endpoint = Value::from(url).to_string();
        format!(
            r#"[apps.demo.meizu]
app_id = "{APP_ID}"
app_secret = {{ file = "{SECRET_FILE}" }}
package = "{PACKAGE}"
endpoint = {endpoint}
ca_file = "ca.pem"
"#
        )
    }

    fn credentials(&self) -> Value {
        json!({ "app_id": APP_ID, "secret": SECRET_FILE, "wrong_secret": WRONG_SECRET_FILE })
    }
}

fn new_secret() -> String {
    Uuid::new_v4().simple().to_string()
}
