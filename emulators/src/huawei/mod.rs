//! Huawei Push Kit: v1 and v2 for EMUI and HarmonyOS up to 4, v3 for HarmonyOS NEXT, and their token endpoint.
//!
//! One listener for all of it, HTTP/1.1 and HTTP/2 by ALPN; the sandbox is a flag of the message (`target_user_type`,
//! `testMessage`). Sources: developer.huawei.com/consumer/cn/doc, pages https-send-api-0000001050986197,
//! server-error-codes-0000001062371380, oauth2-0000001212610981, push-jwt-token, push-scenariozed-api-*, read 2026-11.
//! What the pages leave open is decided in `docs/emulators.md`. Revocation, topics and receipts are not emulated.

mod answer;
mod call;
mod codes;
mod credentials;
mod judge;
mod jwt;
mod message;
mod next;
mod notification;
mod oauth;
mod prefixes;
mod quota;
mod rules;
mod service;
mod shapes;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::authority::{Authority, ClientAuth};
use crate::emulators::Endpoint;
use crate::error::StartError;
use crate::folder::Folder;
use crate::listen::Connection;
use crate::prefix::Prefix;
use crate::record::{Entry, decode_body};
use crate::service::serve;
use crate::vendor::{Decoded, Serving, Site, Vendor};

use call::{Call, Dialect, Sent, call};
use credentials::{ACCOUNT_FILE, CLIENT_ID, Credentials, SECRET_FILE, WRONG_ACCOUNT_FILE, WRONG_SECRET_FILE};
use judge::Push;
use quota::DayQuota;

/// The row of the registry.
pub(crate) static VENDOR: Huawei = Huawei;

const PRODUCTION: &str = "production";
const SANDBOX: &str = "sandbox";
/// The one package of the emulated app.
const PACKAGE: &str = "com.example.app";
/// Device tokens in one call.
const TARGETS_MAX: usize = 1000;
/// v1 and v2: test messages per app and day, one for each device token.
const TEST_MESSAGES_A_DAY: u64 = 500;
/// v3: test requests per project and day.
const TEST_REQUESTS_A_DAY: u64 = 1000;

/// Huawei before it runs.
pub(crate) struct Huawei;

/// Huawei with its credentials made.
struct HuaweiSite {
    tls: Arc<ServerConfig>,
    credentials: Credentials,
    test_messages: DayQuota,
    test_requests: DayQuota,
}

// === impl Huawei ===

impl Vendor for Huawei {
    fn name(&self) -> &'static str {
        "huawei"
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

    fn prepare(&self, authority: &Authority, folder: &Folder) -> Result<Arc<dyn Site>, StartError> {
        let tls = authority.server_config(&["h2", "http/1.1"], ClientAuth::None)?;
        let credentials = Credentials::make()?;
        credentials.write(folder)?;
        let (test_messages, test_requests) = (DayQuota::new(TEST_MESSAGES_A_DAY), DayQuota::new(TEST_REQUESTS_A_DAY));
        Ok(Arc::new(HuaweiSite { tls, credentials, test_messages, test_requests }))
    }

    fn decode(&self, entry: &Entry) -> Decoded {
        let path = entry.path.split('?').next().unwrap_or_default();
        if call(&entry.method, path) == Call::Token {
            return Decoded { tokens: Vec::new(), body: oauth::masked_form(&entry.body) };
        }
        let tokens = Sent::read(&entry.body).tokens().into_iter().map(str::to_owned).collect();
        Decoded { tokens, body: decode_body(&entry.body) }
    }

    fn mask(&self, authorization: &str) -> String {
        jwt::summary(authorization)
    }
}

// === impl HuaweiSite ===

impl HuaweiSite {
    /// What test messages are counted against, and how much this many tokens count.
    fn test_quota(&self, dialect: Dialect, tokens: u64) -> (&DayQuota, u64) {
        match dialect {
            Dialect::V1 | Dialect::V2 => (&self.test_messages, tokens),
            Dialect::V3 => (&self.test_requests, 1),
        }
    }

    /// Notes a push as taken; how many of its tokens were accepted.
    fn accepted(&self, push: &Push<'_>, dialect: Dialect, bad: usize, now: u64) -> u64 {
        if push.dry {
            return 0;
        }
        let accepted = (push.tokens.len() - bad) as u64;
        if push.test {
            let (quota, count) = self.test_quota(dialect, accepted);
            quota.spend(now, count);
        }
        accepted
    }
}

impl Site for HuaweiSite {
    fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    fn serve(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: Connection) -> Serving {
        Box::pin(serve(self, stream, connection))
    }

    fn sections(&self, endpoints: &[Endpoint]) -> String {
        let url = endpoints.first().map_or("", |endpoint| endpoint.url.as_str());
        let endpoint = Value::from(url);
        let token_endpoint = Value::from(format!("{url}/oauth2/v3/token"));
        let project_id = &self.credentials.project_id;
        format!(
            r#"[apps.demo.huawei]
client_id = "{CLIENT_ID}"
client_secret = {{ file = "{SECRET_FILE}" }}
project_id = "{project_id}"
service_account = {{ file = "{ACCOUNT_FILE}" }}
package = "{PACKAGE}"
category = "IM"
endpoint = {endpoint}
token_endpoint = {token_endpoint}
ca_file = "ca.pem"
"#
        )
    }

    fn credentials(&self) -> Value {
        json!({
            "client_id": CLIENT_ID,
            "project_id": self.credentials.project_id,
            "secret": SECRET_FILE,
            "wrong_secret": WRONG_SECRET_FILE,
            "service_account": ACCOUNT_FILE,
            "wrong_service_account": WRONG_ACCOUNT_FILE,
        })
    }
}
