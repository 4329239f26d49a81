//! The HTTP clients of webhooks.

use std::collections::HashMap;

use channel::{HttpClients, OpenFault, Roots};
use config::{Authorities, WebhookConfig};
use reqwest::Client;

use super::resolver::PublicOnly;

/// One client for all webhooks that trust and may reach the same: a thousand apps need not read the system's
/// certificate authorities a thousand times.
#[derive(Debug, Default)]
pub(super) struct Clients(HashMap<ClientKey, Client>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct ClientKey {
    /// `None` where no TLS is spoken.
    roots: Option<Roots>,
    is_private_allowed: bool,
}

// === impl Clients ===

impl Clients {
    /// The client for a webhook. Requests bring their own timeout.
    pub(super) fn of(&mut self, config: &WebhookConfig, is_secure: bool) -> Result<Client, OpenFault> {
        let roots = is_secure.then(|| roots(config.authorities.as_ref()));
        let key = ClientKey { roots, is_private_allowed: config.allow_private_addresses };
        if let Some(client) = self.0.get(&key) {
            return Ok(client.clone());
        }
        let client = key.build()?;
        self.0.insert(key, client.clone());
        Ok(client)
    }
}

// === impl ClientKey ===

impl ClientKey {
    fn build(&self) -> Result<Client, OpenFault> {
        let builder = HttpClients::builder(self.roots.as_ref())?
            .https_only(self.roots.is_some())
            .pool_max_idle_per_host(1)
            .user_agent(concat!("pushmux/", env!("CARGO_PKG_VERSION")));
        let builder = if self.is_private_allowed { builder } else { builder.dns_resolver(PublicOnly) };
        builder.build().map_err(|error| OpenFault::Platform(error.to_string()))
    }
}

fn roots(authorities: Option<&Authorities>) -> Roots {
    authorities
        .map_or(Roots::Platform, |Authorities { file, text }| Roots::Pem { file: file.clone(), text: text.clone() })
}
