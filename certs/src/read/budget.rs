//! How much work one upload may cause.
//!
//! Key derivation is slow on purpose, and how slow the file decides. One [`Budget`] therefore stands for all files that are
//! read together: every derivation, also the second try with the other empty password, is charged to it *before* it is done.
//!
//! An iteration is no measure by itself: a long key takes several blocks, each with all iterations, and SHA-512 takes twice
//! as long as SHA-256. What is counted is what is computed: compressions of a hash, weighted.

use crate::Unreadable;
use crate::hash::Hash;

/// Iterations of one derivation. OpenSSL and Java write up to 10,000 by default, hardened exports up to 600,000.
const ITERATIONS_EACH: u64 = 1_000_000;
/// Compressions in one iteration of PBKDF2: HMAC hashes twice.
const COMPRESSIONS_PER_ITERATION: u64 = 2;
/// Compressions of all derivations together: as many as SHA-256 does in a second on a slow core, and enough for a file whose
/// check, certificates and key each take 600,000 iterations of PBKDF2 with SHA-256.
const COMPRESSIONS_ALL: u64 = 2_000_000 * COMPRESSIONS_PER_ITERATION;
/// What [`COMPRESSIONS_ALL`] is in terms that people know.
const ALL_UNIT: &str = "iterations in all, counted as PBKDF2 with SHA-256";
/// Memory of one scrypt derivation, in bytes.
const SCRYPT_MEMORY: u64 = 64 << 20;
/// Bytes that scrypt fills and reads again in the time of one compression, so that 128 MiB take all there is: seven
/// derivations with OpenSSL's default of 16 MiB, what they hash counted in.
const SCRYPT_BYTES: u64 = 32;
/// Bytes of a block of SHA-1 and SHA-256. Those of SHA-512 are longer, so this counts too much rather than too little.
const BLOCK_BYTES: u64 = 64;

/// What has been spent.
#[derive(Debug, Default)]
pub(super) struct Budget {
    compressions: u64,
}

// === impl Budget ===

impl Budget {
    /// Charges PBKDF2: for every block of the key all iterations, and the salt once more.
    pub(super) fn pbkdf2(
        &mut self,
        hash: Hash,
        iterations: u64,
        secret_and_salt: usize,
        key_bytes: usize,
    ) -> Result<(), Unreadable> {
        let rounds = iterations.saturating_mul(COMPRESSIONS_PER_ITERATION);
        self.blocks(hash, iterations, rounds, secret_and_salt, key_bytes)
    }

    /// Charges one key, vector or MAC key of PKCS#12's own derivation.
    pub(super) fn pkcs12(
        &mut self,
        hash: Hash,
        iterations: u64,
        secret_and_salt: usize,
        key_bytes: usize,
    ) -> Result<(), Unreadable> {
        self.blocks(hash, iterations, iterations, secret_and_salt, key_bytes)
    }

    /// Charges a derivation that hashes a block over and over, with MD5 or SHA-1: PBKDF1, and that of PEM.
    pub(super) fn chained(&mut self, iterations: u64, secret_and_salt: usize, blocks: usize) -> Result<(), Unreadable> {
        let hash = Hash::Sha1;
        self.blocks(hash, iterations, iterations, secret_and_salt, blocks.saturating_mul(hash.size()))
    }

    /// Charges one scrypt derivation; the letters are those of RFC 7914.
    pub(super) fn scrypt(
        &mut self,
        [n, r, p]: [u64; 3],
        salt_bytes: usize,
        key_bytes: usize,
    ) -> Result<(), Unreadable> {
        let memory = 128_u64.saturating_mul(n).saturating_mul(r);
        let lanes = 128_u64.saturating_mul(r).saturating_mul(p);
        bounded(memory.saturating_add(lanes), SCRYPT_MEMORY, "bytes of memory")?;
        self.spend(memory.saturating_mul(p) / SCRYPT_BYTES)?;
        // PBKDF2 with one iteration makes the lanes, and the key with the lanes for a salt.
        let lanes = usize::try_from(lanes).unwrap_or(usize::MAX);
        self.pbkdf2(Hash::Sha256, 1, salt_bytes, lanes)?;
        self.pbkdf2(Hash::Sha256, 1, lanes, key_bytes)
    }

    fn blocks(
        &mut self,
        hash: Hash,
        iterations: u64,
        rounds: u64,
        secret_and_salt: usize,
        key_bytes: usize,
    ) -> Result<(), Unreadable> {
        bounded(iterations, ITERATIONS_EACH, "iterations")?;
        let blocks = count(key_bytes.div_ceil(hash.size()));
        let input = count(secret_and_salt) / BLOCK_BYTES;
        self.spend(rounds.saturating_add(input).saturating_mul(blocks).saturating_mul(hash.weight()))
    }

    fn spend(&mut self, asked: u64) -> Result<(), Unreadable> {
        let all = self.compressions.saturating_add(asked);
        let told = |compressions: u64| compressions.div_ceil(COMPRESSIONS_PER_ITERATION);
        if all > COMPRESSIONS_ALL {
            return Err(Unreadable::TooExpensive { asked: told(all), limit: told(COMPRESSIONS_ALL), unit: ALL_UNIT });
        }
        self.compressions = all;
        Ok(())
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
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
        assert!(budget.pkcs12(Hash::Sha1, 1_000_001, 8, 20).is_err());
        for _ in 0..4 {
            budget.pkcs12(Hash::Sha1, 1_000_000, 8, 20).unwrap();
        }
        let refused = budget.pkcs12(Hash::Sha1, 2, 8, 20).unwrap_err();
        assert_eq!(refused, Unreadable::TooExpensive { asked: 2_000_001, limit: 2_000_000, unit: ALL_UNIT });
    }

    #[test]
    fn a_hardened_file_opens() {
        let mut budget = Budget::default();
        for _ in 0..3 {
            budget.pbkdf2(Hash::Sha256, 600_000, 100, 32).unwrap();
        }
    }

    #[test]
    fn a_long_key_and_a_slow_hash_count_for_what_they_take() {
        let iterations_left = |hash, key_bytes| {
            let mut budget = Budget::default();
            (0..10_000).take_while(|_| budget.pbkdf2(hash, 1000, 8, key_bytes).is_ok()).count()
        };
        assert_eq!(iterations_left(Hash::Sha256, 32), 2000);
        assert_eq!(iterations_left(Hash::Sha256, 33), 1000);
        assert_eq!(iterations_left(Hash::Sha512T224, 64), 333);
    }

    #[test]
    fn long_salts_and_passwords_are_work_too() {
        let mut budget = Budget::default();
        assert!((0..1000).any(|_| budget.chained(1, 1 << 20, 3).is_err()));
    }

    #[test]
    fn bounds_the_memory_of_scrypt() {
        let mut budget = Budget::default();
        budget.scrypt([16_384, 8, 1], 16, 32).unwrap();
        assert!(budget.scrypt([1 << 20, 8, 1], 16, 32).is_err());
        assert!(budget.scrypt([2, 8, u64::MAX], 16, 32).is_err());
        assert!(budget.scrypt([u64::MAX; 3], 16, 32).is_err());
        // Little memory, but all the work in the hashing before and after.
        assert!(budget.scrypt([2, 1 << 17, 1], 16, 32).is_ok());
        assert!(budget.scrypt([2, 1, 1000], 1 << 19, 32).is_err());
        let mut budget = Budget::default();
        assert_eq!((0..100).take_while(|_| budget.scrypt([16_384, 8, 1], 16, 32).is_ok()).count(), 7);
    }
}
