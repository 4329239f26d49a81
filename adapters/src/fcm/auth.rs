//! The request for an access token: an assertion signed by the service account.
//!
//! Source: "Using OAuth 2.0 for server to server applications" (read 2026-11-22).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Uri};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::service_account::Identity;

/// Signs the assertions of one service account.
pub(super) struct Signer {
    key: EncodingKey,
    header: Header,
    client_email: String,
    scope: String,
    /// The key file's `token_uri` to the letter, wherever the request really goes; Google compares it.
    audience: String,
    token_url: Uri,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The longest life of an assertion that Google takes.
const LIFE: Duration = Duration::from_hours(1);

// === impl Signer ===

impl Signer {
    pub(super) fn new(identity: Identity, scope: String, audience: String, token_url: Uri) -> Self {
        let Identity { client_email, key, key_id } = identity;
        let header = Header { kid: key_id, ..Header::new(Algorithm::RS256) };
        Self { key, header, client_email, scope, audience, token_url }
    }

    /// Who signs.
    pub(super) fn client_email(&self) -> &str {
        &self.client_email
    }

    /// Asks for an access token.
    pub(super) fn request(&self, now: SystemTime) -> Request<Bytes> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", GRANT_TYPE).append_pair("assertion", &self.assertion(now));
        let mut request = Request::new(Bytes::from(form.finish()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.token_url.clone();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        request
    }

    fn assertion(&self, now: SystemTime) -> String {
        let iat = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims =
            Claims { iss: &self.client_email, scope: &self.scope, aud: &self.audience, iat, exp: iat + LIFE.as_secs() };
        jsonwebtoken::encode(&self.header, &claims, &self.key).expect("this key has signed before")
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("client_email", &self.client_email)
            .field("key_id", &self.header.kid)
            .field("token_url", &self.token_url)
            .finish_non_exhaustive()
    }
}
