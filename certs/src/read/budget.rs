//! How much work one file may cause.
//!
//! Key derivation is slow on purpose, and how slow the file decides. One [`Budget`] therefore stands for the whole
//! file: every derivation, also the second try with the other empty password, is charged to it *before* it is done.

use crate::Unreadable;

/// Iterations of one derivation. OpenSSL and Java write up to 10,000 by default, hardened exports up to 600,000.
const ITERATIONS_EACH: u64 = 1_000_000;
/// Iterations of all derivations of a file together.
const ITERATIONS_ALL: u64 = 2_500_000;
/// Memory of one scrypt derivation, in bytes.
const SCRYPT_MEMORY: u64 = 64 << 20;
/// What all scrypt derivations of a file may write together, in bytes.
const SCRYPT_ALL: u64 = 512 << 20;

/// What has been spent.
#[derive(Debug, Default)]
pub(super) struct Budget {
    iterations: u64,
    scrypt_bytes: u64,
}

// === impl Budget ===

impl Budget {
    /// Charges one derivation of so many iterations, key and initialisation vector together.
    pub(super) fn iterations(&mut self, asked: u64) -> Result<(), Unreadable> {
        bounded(asked, ITERATIONS_EACH, "iterations")?;
        let all = self.iterations.saturating_add(asked);
        bounded(all, ITERATIONS_ALL, "iterations")?;
        self.iterations = all;
        Ok(())
    }

    /// Charges one scrypt derivation; the letters are those of RFC 7914.
    pub(super) fn scrypt(&mut self, n: u64, r: u64, p: u64) -> Result<(), Unreadable> {
        let memory = 128_u64.saturating_mul(n).saturating_mul(r);
        bounded(memory.saturating_add(128_u64.saturating_mul(r).saturating_mul(p)), SCRYPT_MEMORY, "bytes of memory")?;
        let all = self.scrypt_bytes.saturating_add(memory.saturating_mul(p));
        bounded(all, SCRYPT_ALL, "bytes of memory")?;
        self.scrypt_bytes = all;
        Ok(())
    }
}

fn bounded(asked: u64, limit: u64, unit: &'static str) -> Result<(), Unreadable> {
    if asked > limit { Err(Unreadable::TooExpensive { asked, limit, unit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_one_derivation_and_all_together() {
        let mut budget = Budget::default();
        assert!(budget.iterations(1_000_001).is_err());
        budget.iterations(1_000_000).unwrap();
        budget.iterations(1_000_000).unwrap();
        let refused = budget.iterations(500_001).unwrap_err();
        assert_eq!(refused, Unreadable::TooExpensive { asked: 2_500_001, limit: 2_500_000, unit: "iterations" });
        budget.iterations(500_000).unwrap();
    }

    #[test]
    fn bounds_the_memory_of_scrypt() {
        let mut budget = Budget::default();
        budget.scrypt(16_384, 8, 1).unwrap();
        assert!(budget.scrypt(1 << 20, 8, 1).is_err());
        assert!(budget.scrypt(2, 8, u64::MAX).is_err());
        assert!(budget.scrypt(u64::MAX, u64::MAX, u64::MAX).is_err());
        assert!((0..100).any(|_| budget.scrypt(16_384, 8, 4).is_err()));
    }
}
