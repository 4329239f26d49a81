//! Names resolved to public addresses only.
//!
//! The client connects to what this resolves and to nothing else, so a name cannot mean one address while it is checked
//! and another while it is connected to. Addresses in the URL itself never come here: `Webhook::open` looks at them.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// The machine's resolver, without the addresses that are not public.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicOnly;

/// A name that has no public address.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the host has no public address; allow_private_addresses = true allows others")]
pub(super) struct NotPublic;

// === impl PublicOnly ===

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(public(addresses)?)
        })
    }
}

fn public(addresses: impl Iterator<Item = SocketAddr>) -> Result<Addrs, NotPublic> {
    let public: Vec<SocketAddr> = addresses.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() { Err(NotPublic) } else { Ok(Box::new(public.into_iter())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_remain() {
        let addresses = ["10.0.0.1:0", "8.8.8.8:0", "[::1]:0", "[2606:4700::1111]:0"];
        let kept = public(addresses.iter().map(|text| text.parse().unwrap())).unwrap();
        assert_eq!(kept.map(|address| address.to_string()).collect::<Vec<_>>(), ["8.8.8.8:0", "[2606:4700::1111]:0"]);
        assert!(public(["127.0.0.1:0".parse().unwrap()].into_iter()).is_err());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused() {
        let resolved = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.err().unwrap().is::<NotPublic>());
    }
}
