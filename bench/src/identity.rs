//! Which device tokens were sent, in the form in which the emulators tell which they received.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How many device tokens, and the sum of their hashes: equal at both ends only if the same arrived, each as often as it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) targets: u64,
    pub(crate) target_hashes: u64,
}

// === impl Identity ===

impl Identity {
    pub(crate) fn add(&mut self, token: &str) {
        self.targets += 1;
        self.target_hashes = self.target_hashes.wrapping_add(fnv1a(token.as_bytes()));
    }

    /// What came since an earlier moment.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            targets: self.targets.wrapping_sub(before.targets),
            target_hashes: self.target_hashes.wrapping_sub(before.target_hashes),
        }
    }
}

impl AddAssign for Identity {
    fn add_assign(&mut self, other: Self) {
        self.targets += other.targets;
        self.target_hashes = self.target_hashes.wrapping_add(other.target_hashes);
    }
}

/// FNV-1a of 64 bits, as the emulators have it.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
