//! The hashes of key files, and the key derivations that are built on them.

use hmac::digest::block_api::BlockSizeUser;
use hmac::digest::typenum::Unsigned;
use hmac::digest::{Digest, Output};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use zeroize::{Zeroize, Zeroizing};

use crate::oid;

/// A hash, by itself or under HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512T224,
    Sha512T256,
}

/// What a derived block is for: the `ID` of RFC 7292, appendix B.3.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// Runs an expression with `$D` bound to the hash's type.
macro_rules! with_hash {
    ($hash:expr, $D:ident => $run:expr) => {
        with_hash!(@each $hash, $D => $run; Sha1 = Sha1, Sha224 = Sha224, Sha256 = Sha256, Sha384 = Sha384,
            Sha512 = Sha512, Sha512T224 = Sha512_224, Sha512T256 = Sha512_256)
    };
    (@each $hash:expr, $D:ident => $run:expr; $($variant:ident = $digest:ty),+) => {
        match $hash {
            $(Hash::$variant => {
                type $D = $digest;
                $run
            })+
        }
    };
}

/// PBKDF1 of RFC 8018 with MD5 or SHA-1, as the two oldest ciphers of PKCS#5 use it: eight bytes of key, eight of
/// vector.
pub(crate) fn pbkdf1<D: Digest>(password: &[u8], salt: &[u8], iterations: u64) -> Zeroizing<[u8; 16]> {
    let mut block: Output<D> = D::new().chain_update(password).chain_update(salt).finalize();
    for _ in 1..iterations {
        block = D::digest(&block);
    }
    let mut out = Zeroizing::new([0; 16]);
    out.copy_from_slice(&block[..16]);
    block.as_mut_slice().zeroize();
    out
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one iteration, as PEM files with `DEK-Info` use it.
pub(crate) fn bytes_to_key(password: &[u8], salt: &[u8], out: &mut [u8]) {
    let mut last: Zeroizing<Vec<u8>> = Zeroizing::default();
    for piece in out.chunks_mut(16) {
        let block = Md5::new().chain_update(&*last).chain_update(password).chain_update(salt).finalize();
        piece.copy_from_slice(&block[..piece.len()]);
        last = Zeroizing::new(block.to_vec());
    }
}

// === impl Hash ===

impl Hash {
    /// From its own identifier.
    pub(crate) fn plain(id: &[u8]) -> Option<Self> {
        match id {
            oid::SHA1 => Some(Hash::Sha1),
            oid::SHA224 => Some(Hash::Sha224),
            oid::SHA256 => Some(Hash::Sha256),
            oid::SHA384 => Some(Hash::Sha384),
            oid::SHA512 => Some(Hash::Sha512),
            oid::SHA512_224 => Some(Hash::Sha512T224),
            oid::SHA512_256 => Some(Hash::Sha512T256),
            _ => None,
        }
    }

    /// From the identifier of HMAC with it.
    pub(crate) fn keyed(id: &[u8]) -> Option<Self> {
        match id {
            oid::HMAC_SHA1 => Some(Hash::Sha1),
            oid::HMAC_SHA224 => Some(Hash::Sha224),
            oid::HMAC_SHA256 => Some(Hash::Sha256),
            oid::HMAC_SHA384 => Some(Hash::Sha384),
            oid::HMAC_SHA512 => Some(Hash::Sha512),
            oid::HMAC_SHA512_224 => Some(Hash::Sha512T224),
            oid::HMAC_SHA512_256 => Some(Hash::Sha512T256),
            _ => None,
        }
    }

    /// `HMAC-SHA256`
    pub(crate) fn hmac_name(self) -> &'static str {
        match self {
            Hash::Sha1 => "HMAC-SHA1",
            Hash::Sha224 => "HMAC-SHA224",
            Hash::Sha256 => "HMAC-SHA256",
            Hash::Sha384 => "HMAC-SHA384",
            Hash::Sha512 => "HMAC-SHA512",
            Hash::Sha512T224 => "HMAC-SHA512/224",
            Hash::Sha512T256 => "HMAC-SHA512/256",
        }
    }

    /// Bytes of its output.
    pub(crate) fn size(self) -> usize {
        with_hash!(self, D => <D as Digest>::output_size())
    }

    /// How long a compression takes, SHA-256's being 1.
    pub(crate) fn weight(self) -> u64 {
        match self {
            Hash::Sha1 | Hash::Sha224 | Hash::Sha256 => 1,
            Hash::Sha384 | Hash::Sha512 | Hash::Sha512T224 | Hash::Sha512T256 => 2,
        }
    }

    /// The key derivation of RFC 7292, appendix B.2.
    pub(crate) fn pkcs12(self, purpose: Purpose, password: &[u8], salt: &[u8], iterations: u64, out: &mut [u8]) {
        with_hash!(self, D => pkcs12::<D>(purpose, password, salt, iterations, out));
    }

    /// PBKDF2 of RFC 8018 under HMAC.
    pub(crate) fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: u32, out: &mut [u8]) {
        with_hash!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, out));
    }

    /// The HMAC of `data`.
    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        with_hash!(self, D => {
            let mac = <Hmac<D> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.chain_update(data).finalize().into_bytes().to_vec()
        })
    }

    /// Whether `tag` is the HMAC of `data`; compared in constant time.
    pub(crate) fn verifies(self, key: &[u8], data: &[u8], tag: &[u8]) -> bool {
        with_hash!(self, D => {
            <Hmac<D> as KeyInit>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(data).verify_slice(tag).is_ok())
        })
    }
}

fn pkcs12<D: Digest + BlockSizeUser>(purpose: Purpose, password: &[u8], salt: &[u8], iterations: u64, out: &mut [u8]) {
    let size = <D as BlockSizeUser>::BlockSize::USIZE;
    let filled = |bytes: &[u8]| bytes.len().div_ceil(size) * size;
    let repeated = |bytes: &[u8]| bytes.iter().copied().cycle().take(filled(bytes)).collect::<Vec<u8>>();
    let diversifier = vec![purpose as u8; size];
    let mut input = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
    input.extend(repeated(salt));
    input.extend(&*Zeroizing::new(repeated(password)));

    for piece in out.chunks_mut(<D as Digest>::output_size()) {
        let mut block = D::new().chain_update(&diversifier).chain_update(&*input).finalize();
        for _ in 1..iterations {
            block = D::digest(&block);
        }
        piece.copy_from_slice(&block[..piece.len()]);
        // Every block of the input becomes itself + the repeated output + 1, as big numbers.
        for part in input.chunks_mut(size) {
            let mut carry = 1_u16;
            for (at, byte) in part.iter_mut().enumerate().rev() {
                carry += u16::from(*byte) + u16::from(block[at % block.len()]);
                *byte = carry.to_be_bytes()[1];
                carry >>= 8;
            }
        }
        block.as_mut_slice().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "smeg" as PKCS#12 spells it: the vectors that go round with PKCS#12 implementations since 1999.
    const SMEG: [u8; 10] = [0, 0x73, 0, 0x6d, 0, 0x65, 0, 0x67, 0, 0];

    #[test]
    fn derives_the_well_known_vectors_of_pkcs12() {
        let mut key = [0; 24];
        let salt = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        Hash::Sha1.pkcs12(Purpose::Key, &SMEG, &salt, 1, &mut key);
        assert_eq!(hex(&key), "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
        let mut iv = [0; 8];
        Hash::Sha1.pkcs12(Purpose::Iv, &SMEG, &salt, 1, &mut iv);
        assert_eq!(hex(&iv), "79993dfe048d3b76");
    }

    #[test]
    fn derives_the_vector_of_rfc_6070() {
        let mut key = [0; 20];
        Hash::Sha1.pbkdf2(b"password", b"salt", 4096, &mut key);
        assert_eq!(hex(&key), "4b007901b765489abead49d926f721d065a429c1");
    }

    #[test]
    fn takes_no_password_and_no_salt() {
        let mut key = [0; 24];
        Hash::Sha512.pkcs12(Purpose::Mac, &[], &[], 2, &mut key);
        assert_ne!(key, [0; 24]);
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
