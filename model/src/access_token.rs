//! What a vendor asks us to show with each request.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;

/// An access token: ours towards a vendor, as the header value that bears it.
///
/// `Debug` shows its times only.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The value of the vendor's header, marked sensitive.
    header: HeaderValue,
    /// When it was made.
    pub issued_at: SystemTime,
    /// From when on it is to be replaced, while still in use.
    pub refresh_at: SystemTime,
    /// From when on it must not be used.
    pub expires_at: SystemTime,
}

/// How a request gets its access token.
#[derive(Debug)]
pub enum Authorisation {
    /// The vendor needs none, or the credential goes with every request as it is.
    NotNeeded,
    /// Made here, without asking the vendor.
    Ready(AccessToken),
    /// To be asked for with this request; the answer goes to [`BoundAdapter::access_token`].
    ///
    /// [`BoundAdapter::access_token`]: crate::BoundAdapter::access_token
    Exchange(http::Request<Bytes>),
}

// === impl AccessToken ===

impl AccessToken {
    /// An access token with its times: `issued_at <= refresh_at <= expires_at`.
    pub fn new(mut header: HeaderValue, issued_at: SystemTime, refresh_at: SystemTime, expires_at: SystemTime) -> Self {
        header.set_sensitive(true);
        Self { header, issued_at, refresh_at, expires_at }
    }

    /// The header's value.
    pub fn header(&self) -> &HeaderValue {
        &self.header
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
