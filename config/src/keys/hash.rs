//! The hash of a key.
//!
//! SHA-256 is enough here, and slow password hashes would be wrong: a key holds 256 random bits, which nobody finds by trying,
//! however fast a try is; and it is hashed for every request.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 of a key. Compared in constant time. `Debug` and `Display` show it: it is no secret, but nothing for logs.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

/// Why a text is no hash. Never says what the text is: it may be the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyHashFault {
    /// The key itself stands there.
    #[error("is a key, where its hash belongs; make a new key with pushmux key new, this one has been written down")]
    Key,
    /// Something else.
    #[error("must be sha256: and 64 hexadecimal digits, as pushmux key new prints it")]
    Form,
}

const PREFIX: &str = "sha256:";

// === impl KeyHash ===

impl KeyHash {
    /// What every key begins with, so that people and scanners for secrets know one when they see it.
    pub const KEY_PREFIX: &str = "pmx_";

    /// The hash of a key.
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Reads the form that [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Result<Self, KeyHashFault> {
        if text.starts_with(Self::KEY_PREFIX) {
            return Err(KeyHashFault::Key);
        }
        let digits = text.strip_prefix(PREFIX).ok_or(KeyHashFault::Form)?;
        let mut bytes = [0; 32];
        let is_hex = digits.len() == 2 * bytes.len() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_hex {
            return Err(KeyHashFault::Form);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = str::from_utf8(pair).map_err(|_| KeyHashFault::Form)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| KeyHashFault::Form)?;
        }
        Ok(Self(bytes))
    }
}

impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyHash {}

impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = KeyHash::of(b"abc");
        let written = hash.to_string();
        assert_eq!(written, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(KeyHash::parse(&written), Ok(hash));
        assert_ne!(KeyHash::of(b"abd"), hash);
    }

    #[test]
    fn what_is_no_hash_is_not_repeated() {
        assert_eq!(KeyHash::parse("pmx_0123"), Err(KeyHashFault::Key));
        for bad in ["", "sha256:", "sha256:zz", "ba7816bf", &format!("sha256:{}", "é".repeat(32))] {
            assert_eq!(KeyHash::parse(bad), Err(KeyHashFault::Form), "{bad}");
        }
    }
}
