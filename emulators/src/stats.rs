//! Counts per vendor since the start. They stay exact whatever the record forgets.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::registry::ALL;

/// At most so many distinct access tokens are told apart; more are counted as one.
const ACCESS_TOKENS_MAX: usize = 100_000;

/// The counts of every vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Stats {
    vendors: BTreeMap<&'static str, VendorStats>,
}

/// The counts of one vendor over all its environments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VendorStats {
    /// HTTP requests that arrived whole, whatever became of them.
    pub requests: u64,
    /// Device tokens in them.
    pub targets: u64,
    /// Which device tokens those were: the sum, modulo 2^64, of their FNV-1a hashes of 64 bits, so that a sender can tell without
    /// any list whether exactly its own arrived.
    pub target_hashes: u64,
    /// Device tokens that were accepted.
    pub accepted: u64,
    /// Device tokens of dry runs (`validate_only` and the like) that were found good; not among the accepted.
    pub validated: u64,
    /// Requests to the token endpoint, whatever became of them; among `requests`, too.
    pub token_requests: u64,
    /// Connections that got through the TLS handshake.
    pub connections_opened: u64,
    /// Those of them that are open now.
    pub connections_open: u64,
    /// Streams opened above the announced limit, each refused with REFUSED_STREAM.
    pub stream_limit_violations: u64,
    /// Distinct values of `authorization` that were accepted.
    pub access_tokens: u64,
}

/// One vendor's counters, while it runs.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    targets: AtomicU64,
    target_hashes: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) validated: AtomicU64,
    pub(crate) token_requests: AtomicU64,
    pub(crate) connections_opened: AtomicU64,
    pub(crate) connections_closed: AtomicU64,
    pub(crate) stream_limit_violations: AtomicU64,
    access_tokens: Mutex<HashSet<u64>>,
}

// === impl Stats ===

impl Stats {
    /// The counts of one vendor; zeroes for one that is not emulated.
    #[must_use]
    pub fn vendor(&self, name: &str) -> VendorStats {
        self.vendors.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn read(counters: &[Counters]) -> Self {
        let vendors = ALL.iter().zip(counters).map(|(vendor, counters)| (vendor.name(), counters.read())).collect();
        Self { vendors }
    }
}

// === impl Counters ===

impl Counters {
    /// Notes the device tokens of a request.
    pub(crate) fn targets(&self, tokens: &[&str]) {
        let hashes = tokens.iter().fold(0u64, |sum, token| sum.wrapping_add(fnv1a(token.as_bytes())));
        self.targets.fetch_add(tokens.len() as u64, Relaxed);
        self.target_hashes.fetch_add(hashes, Relaxed);
    }

    /// Notes an access token that was accepted.
    pub(crate) fn access_token(&self, authorization: &[u8]) {
        let mut hasher = DefaultHasher::new();
        authorization.hash(&mut hasher);
        let mut seen = self.access_tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < ACCESS_TOKENS_MAX {
            seen.insert(hasher.finish());
        }
    }

    fn read(&self) -> VendorStats {
        let closed = self.connections_closed.load(Relaxed);
        let opened = self.connections_opened.load(Relaxed);
        VendorStats {
            requests: self.requests.load(Relaxed),
            targets: self.targets.load(Relaxed),
            target_hashes: self.target_hashes.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            validated: self.validated.load(Relaxed),
            token_requests: self.token_requests.load(Relaxed),
            connections_opened: opened,
            connections_open: opened.saturating_sub(closed),
            stream_limit_violations: self.stream_limit_violations.load(Relaxed),
            access_tokens: self.access_tokens.lock().unwrap_or_else(PoisonError::into_inner).len() as u64,
        }
    }
}

/// FNV-1a of 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_tokens_came_is_told_whatever_their_order() {
        // The algorithm's own test vectors.
        assert_eq!((fnv1a(b""), fnv1a(b"a")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c));
        let read = |calls: &[&[&str]]| {
            let counters = Counters::default();
            calls.iter().for_each(|tokens| counters.targets(tokens));
            let VendorStats { targets, target_hashes, .. } = counters.read();
            (targets, target_hashes)
        };
        assert_eq!(read(&[&["a", "b"], &["c"]]), read(&[&["c"], &["b"], &["a"]]));
        assert_ne!(read(&[&["a", "b"]]), read(&[&["a", "c"]]));
    }
}
