//! A certificate's issuers within a file.
//!
//! A signature is verified only where the names fit, and only so many in all: a file may hold many certificates of the same
//! name, and each may be large.

use x509_parser::prelude::X509Certificate;

use crate::choice::Read;

/// Issuers, nearest first, each with a signature that was verified.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Their places among the file's certificates.
    pub(crate) issuers: Vec<usize>,
    /// Whether the last one signed itself.
    pub(crate) complete: bool,
}

/// Issuers of one certificate; Apple's have two.
const MAX_ISSUERS: usize = 8;
/// Signatures that are verified for one chain.
const MAX_VERIFICATIONS: usize = 8;

// === impl Chain ===

impl Chain {
    /// Follows the issuers from `leaf` on. `parsed` holds the certificates of `all`, in the same order.
    pub(crate) fn of(all: &[Read<'_>], parsed: &[X509Certificate<'_>], leaf: usize) -> Self {
        let mut verifications_left = MAX_VERIFICATIONS;
        let mut signed = |issuer: usize, subject: usize| {
            if !all[subject].facts.names_as_issuer(&all[issuer].facts) || verifications_left == 0 {
                return false;
            }
            verifications_left -= 1;
            parsed[subject].verify_signature(Some(parsed[issuer].public_key())).is_ok()
        };
        let (mut issuers, mut last) = (Vec::new(), leaf);
        loop {
            if signed(last, last) {
                return Self { issuers, complete: true };
            }
            let is_new = |at: &usize| *at != leaf && !issuers.contains(at);
            let next = (0..all.len()).filter(is_new).find(|at| signed(*at, last));
            let Some(issuer) = next.filter(|_| issuers.len() < MAX_ISSUERS) else {
                return Self { issuers, complete: false };
            };
            issuers.push(issuer);
            last = issuer;
        }
    }

    /// Whether the leaf signed itself.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.complete && self.issuers.is_empty()
    }
}
