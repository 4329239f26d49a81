//! What a channel is made of.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::Uri;
use model::{AppId, BoundAdapter, ClientIdentity, Environment, Limits, Vendor};

use crate::Clock;

/// The name of a channel: vendor x app x environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId {
    /// Whose.
    pub app: AppId,
    /// Through whom.
    pub vendor: Vendor,
    /// To which devices.
    pub environment: Environment,
}

/// All that is needed to open a channel.
#[derive(Clone, Debug)]
pub struct ChannelSpec {
    /// Its name.
    pub id: ChannelId,
    /// How its vendor is spoken.
    pub adapter: Arc<dyn BoundAdapter>,
    /// The certificate to show in the TLS handshake: the adapter's own, or that in order (the leaf first, then its issuers,
    /// and the leaf's key).
    pub identity: Option<ClientIdentity>,
    /// The adapter's limits, with the configuration's changes.
    pub limits: Limits,
    /// Whom to trust as the vendor.
    pub roots: Roots,
    /// An HTTP proxy to go through.
    pub proxy: Option<Uri>,
    /// The time of day.
    pub clock: Clock,
}

/// Which certificate authorities are trusted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Roots {
    /// The machine's.
    Platform,
    /// Those of a PEM file, and no others.
    Pem {
        /// Its path, for messages.
        file: PathBuf,
        /// Its text.
        text: Bytes,
    },
}

/// Why a channel cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The certificate authorities cannot be used.
    #[error("ca_file {file}: {detail}")]
    Roots {
        /// Which file.
        file: String,
        /// What is wrong, and the remedy.
        detail: String,
    },
    /// The machine has no certificate authorities.
    #[error("the system's certificate authorities cannot be read ({0}): install ca-certificates, or set ca_file")]
    Platform(String),
    /// The client certificate or its key cannot be used.
    #[error("{field}: {detail}")]
    Identity {
        /// `certificate` or `key`.
        field: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The proxy cannot be used.
    #[error("proxy: {0}")]
    Proxy(String),
}

// === impl ChannelId ===

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.app, self.vendor, self.environment)
    }
}

// === impl Roots ===

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Roots::Platform => f.write_str("Platform"),
            Roots::Pem { file, .. } => write!(f, "Pem({})", file.display()),
        }
    }
}
