//! One app's webhook, ready to post.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use channel::OpenFault;
use config::{WebhookConfig, WebhookSecret};
use model::{AppId, EventKind, Fault};
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};

use super::address::is_public;
use super::backoff::Backoff;
use super::clients::Clients;
use super::counters::WebhookCounters;
use super::resolver::NotPublic;

/// A webhook with its HTTP client. Connects to nothing before there is something to post.
#[derive(Clone)]
pub struct Webhook {
    pub(super) app: AppId,
    pub(super) url: Url,
    pub(super) secret: WebhookSecret,
    pub(super) client: Client,
    pub(super) timeout: Duration,
    pub(super) backoff: Backoff,
    pub(super) counters: Arc<WebhookCounters>,
    kinds: Vec<EventKind>,
    fingerprint: [u8; 32],
}

// === impl Webhook ===

impl Webhook {
    /// The webhook of a configuration, or what is wrong with it.
    pub(super) fn open(config: &WebhookConfig, clients: &mut Clients) -> Result<Self, Fault> {
        let fault = |field: &str, detail: String| Fault::new(config.path.at(field), detail);
        // As the client will read it: `http://0x7f.1/` is 127.0.0.1 here.
        let url = Url::parse(&config.url).map_err(|error| fault("url", format!("is no URL: {error}")))?;
        let is_refused = !config.allow_private_addresses && literal(&url).is_some_and(|address| !is_public(address));
        if is_refused {
            return Err(fault("url", NotPublic.to_string()));
        }
        let client = clients.of(config, url.scheme() == "https").map_err(|error| match error {
            OpenFault::Roots { file, detail } => fault("ca_file", format!("{file} {detail}")),
            other => fault("ca_file", other.to_string()),
        })?;
        Ok(Self {
            app: config.app.clone(),
            url,
            secret: config.secret.clone(),
            client,
            timeout: config.timeout,
            backoff: Backoff::DEFAULT,
            counters: Arc::default(),
            kinds: config.events.clone(),
            fingerprint: fingerprint(config),
        })
    }

    /// The same with other waits after failures: `first` after the first, doubling up to `most`. For tests, which
    /// cannot wait as long as receivers like to be left alone.
    #[must_use]
    pub fn with_waits(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = Backoff::new(first, most);
        self
    }

    /// Whose it is.
    pub fn app(&self) -> &AppId {
        &self.app
    }

    /// Two with the same are configured alike.
    pub(super) const fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// Whether it is told of these.
    pub(super) fn wants(&self, kind: EventKind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Neither the secret nor the URL, whose path may be one.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("app", &self.app).field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// Everything that the configuration says of it, as a digest.
fn fingerprint(config: &WebhookConfig) -> [u8; 32] {
    let WebhookConfig { app: _, path: _, url, secret, events, allow_private_addresses, timeout, authorities } = config;
    let mut digest = Sha256::new();
    digest.update(format!("{url}\n{events:?}\n{allow_private_addresses}\n{timeout:?}\n{authorities:?}\n"));
    if let Some(authorities) = authorities {
        digest.update(Sha256::digest(&authorities.text));
    }
    digest.update(secret.reveal());
    digest.finalize().into()
}

/// The address that a URL names itself: the client takes it without asking any resolver.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}
