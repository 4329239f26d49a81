//! Xiaomi Mi Push, server API V3 by regid, as the vendor's documents of 2026-11 describe it.
//!
//! One listener, production (the vendor's sandbox is for iOS only), HTTP/1.1 and HTTP/2 by ALPN. Sources:
//! dev.mi.com/xiaomihyperos/documentation pId=1559 (server API), 1560 (codes), 1656 (limits), 1854 (TTL), 2314
//! (templates), read 2026-11-22. Errors are HTTP 200 with a code other than 0. What the pages leave open is decided
//! in `docs/emulators.md`.

mod answer;
mod codes;
mod form;
mod judge;
mod message;
mod prefixes;
mod service;
mod template;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use uuid::Uuid;

use crate::authority::{Authority, ClientAuth};
use crate::emulators::Endpoint;
use crate::error::StartError;
use crate::folder::Folder;
use crate::form::Form;
use crate::listen::Connection;
use crate::prefix::Prefix;
use crate::record::{Entry, decode_body};
use crate::service::serve;
use crate::vendor::{Decoded, Serving, Site, Vendor};

/// The row of the registry.
pub(crate) static VENDOR: Mi = Mi;

/// The one package of the emulated app.
const PACKAGE: &str = "com.example.app";
const SECRET_FILE: &str = "mi.secret";
/// Another app's secret; no section uses it.
const WRONG_SECRET_FILE: &str = "mi-wrong.secret";
/// The quota may be asked for once in so long.
const QUOTA_INTERVAL_MS: u64 = 1000;

/// A notification class that the console has issued.
struct AppChannel {
    id: &'static str,
    /// Public classes are cached for a day, private ones for ten (since 2024-09-03).
    ttl_max_ms: u64,
}

static APP_CHANNELS: &[AppChannel] =
    &[AppChannel { id: "high", ttl_max_ms: 864_000_000 }, AppChannel { id: "news", ttl_max_ms: 86_400_000 }];

/// Mi before it runs.
pub(crate) struct Mi;

/// Mi with its secret made.
struct MiSite {
    tls: Arc<ServerConfig>,
    secret: String,
    /// Accepted so far, for `day_acked`.
    acked: AtomicU64,
    /// When the quota was last told.
    quota_told_ms: AtomicU64,
}

// === impl Mi ===

impl Vendor for Mi {
    fn name(&self) -> &'static str {
        "mi"
    }

    fn environments(&self) -> &'static [&'static str] {
        &["production"]
    }

    fn prefixes(&self) -> Vec<Prefix> {
        prefixes::documented()
    }

    fn prepare(&self, authority: &Authority, folder: &Folder) -> Result<Arc<dyn Site>, StartError> {
        let tls = authority.server_config(&["h2", "http/1.1"], ClientAuth::None)?;
        let secret = new_secret();
        folder.write_secret(SECRET_FILE, &format!("{secret}\n"))?;
        folder.write_secret(WRONG_SECRET_FILE, &format!("{}\n", new_secret()))?;
        Ok(Arc::new(MiSite { tls, secret, acked: AtomicU64::new(0), quota_told_ms: AtomicU64::new(0) }))
    }

    fn decode(&self, entry: &Entry) -> Decoded {
        match Form::parse(&entry.body) {
            Some(form) if entry.method == http::Method::POST => {
                let tokens = form::targets(&form).into_iter().map(str::to_owned).collect();
                Decoded { tokens, body: form.to_json(|_, value| Value::from(value)) }
            }
            _ => Decoded { tokens: Vec::new(), body: decode_body(&entry.body) },
        }
    }

    fn mask(&self, authorization: &str) -> String {
        match authorization.split_once('=') {
            Some((scheme, _)) => format!("{scheme}=***"),
            None => "***".to_owned(),
        }
    }
}

// === impl MiSite ===

impl MiSite {
    /// Whether the quota may be told again, which counts as telling it.
    fn may_tell_quota(&self, now_ms: u64) -> bool {
        let due = |told: u64| (now_ms.abs_diff(told) >= QUOTA_INTERVAL_MS).then_some(now_ms);
        self.quota_told_ms.fetch_update(Relaxed, Relaxed, due).is_ok()
    }
}

impl Site for MiSite {
    fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    fn serve(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: Connection) -> Serving {
        Box::pin(serve(self, stream, connection))
    }

    fn sections(&self, endpoints: &[Endpoint]) -> String {
        let url = endpoints.first().map_or("", |endpoint| endpoint.url.as_str());
        let endpoint = Value::from(url).to_string();
        let channel = APP_CHANNELS[0].id;
        format!(
            r#"[apps.demo.mi]
app_secret = {{ file = "{SECRET_FILE}" }}
package = "{PACKAGE}"
channel_id = "{channel}"
endpoint = {endpoint}
ca_file = "ca.pem"
"#
        )
    }

    fn credentials(&self) -> Value {
        json!({ "secret": SECRET_FILE, "wrong_secret": WRONG_SECRET_FILE })
    }
}

fn new_secret() -> String {
    Uuid::new_v4().simple().to_string()
}
