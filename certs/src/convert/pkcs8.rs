//! Encrypted PKCS#8 (RFC 5958), by PBES2: PBKDF2 with HMAC-SHA256, AES-256-CBC (RFC 8018).

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Lock;
use crate::der::{Der, NULL, OCTET_STRING, OID, SEQUENCE, element, integer};
use crate::oid;

/// Iterations of every key derivation written here: what a guesser must do for each guess, 50 ms of ours.
pub(super) const ITERATIONS: u32 = 100_000;

/// Salt, then initialisation vector.
pub(super) type Randomness = [u8; 32];

/// `EncryptedPrivateKeyInfo` of a PKCS#8 key.
pub(super) fn encrypted(pkcs8: &[u8], lock: &Lock<'_>) -> Der {
    let (algorithm, data) = encrypt(pkcs8, lock.password, &lock.randomness(0));
    element(SEQUENCE, &[&algorithm, &element(OCTET_STRING, &[&data])])
}

/// The algorithm identifier and the ciphertext.
pub(super) fn encrypt(plain: &[u8], password: &str, randomness: &Randomness) -> (Der, Vec<u8>) {
    let (salt, iv) = randomness.split_at(16);
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, ITERATIONS, &mut *key);
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(&*key, iv).expect("the lengths are AES-256's");
    let data = cipher.encrypt_padded_vec::<Pkcs7>(plain);
    let prf = element(SEQUENCE, &[&element(OID, &[oid::HMAC_SHA256]), NULL]);
    let derivation = element(SEQUENCE, &[&element(OCTET_STRING, &[salt]), &integer(ITERATIONS), &prf]);
    let derivation = element(SEQUENCE, &[&element(OID, &[oid::PBKDF2]), &derivation]);
    let scheme = element(SEQUENCE, &[&element(OID, &[oid::AES_256_CBC]), &element(OCTET_STRING, &[iv])]);
    let algorithm = element(SEQUENCE, &[&element(OID, &[oid::PBES2]), &element(SEQUENCE, &[&derivation, &scheme])]);
    (algorithm, data)
}

// === impl Lock ===

impl Lock<'_> {
    /// The n-th piece of randomness: 0 and 1 are for ciphers, [`Lock::mac_salt`] is apart.
    pub(super) fn randomness(&self, piece: usize) -> Randomness {
        let mut randomness = [0; 32];
        randomness.copy_from_slice(&self.entropy[piece * 32..][..32]);
        randomness
    }

    /// The salt of an integrity check.
    pub(super) fn mac_salt(&self) -> &[u8] {
        &self.entropy[64..]
    }
}
