//! The ciphers of key files: CBC with padding, and RC4.

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, StreamCipher};
use rc2::Rc2;
use rc4::Rc4;
use zeroize::Zeroizing;

/// A cipher with its size of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    DesCbc,
    /// Triple DES with three keys.
    DesEde3Cbc,
    /// Triple DES with two keys.
    DesEde2Cbc,
    /// RC2; key bytes, and the bits of it that count.
    Rc2Cbc {
        key_bytes: usize,
        effective_bits: usize,
    },
    Rc4 {
        key_bytes: usize,
    },
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
}

// === impl Cipher ===

impl Cipher {
    /// Bytes of its key.
    pub(super) fn key_bytes(self) -> usize {
        match self {
            Cipher::DesCbc => 8,
            Cipher::DesEde3Cbc | Cipher::Aes192Cbc => 24,
            Cipher::DesEde2Cbc | Cipher::Aes128Cbc => 16,
            Cipher::Rc2Cbc { key_bytes, .. } | Cipher::Rc4 { key_bytes } => key_bytes,
            Cipher::Aes256Cbc => 32,
        }
    }

    /// Bytes of its initialisation vector.
    pub(super) fn iv_bytes(self) -> usize {
        match self {
            Cipher::DesCbc | Cipher::DesEde3Cbc | Cipher::DesEde2Cbc | Cipher::Rc2Cbc { .. } => 8,
            Cipher::Rc4 { .. } => 0,
            Cipher::Aes128Cbc | Cipher::Aes192Cbc | Cipher::Aes256Cbc => 16,
        }
    }

    /// `AES-256-CBC`
    pub(super) fn name(self) -> &'static str {
        match self {
            Cipher::DesCbc => "DES-CBC",
            Cipher::DesEde3Cbc => "DES-EDE3-CBC",
            Cipher::DesEde2Cbc => "DES-EDE-CBC",
            Cipher::Rc2Cbc { .. } => "RC2-CBC",
            Cipher::Rc4 { .. } => "RC4",
            Cipher::Aes128Cbc => "AES-128-CBC",
            Cipher::Aes192Cbc => "AES-192-CBC",
            Cipher::Aes256Cbc => "AES-256-CBC",
        }
    }

    /// Whether it is broken, or refused by OpenSSL 3 without its legacy provider.
    pub(super) fn legacy(self) -> bool {
        matches!(self, Cipher::DesCbc | Cipher::Rc2Cbc { .. } | Cipher::Rc4 { .. })
    }

    /// The plain text; `None` if length or padding are not what this cipher leaves behind, or key and vector do not
    /// fit.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(data.to_vec());
        let length = match self {
            Cipher::DesCbc => cbc(des::Des::new_from_slice(key).ok()?, iv, &mut buffer),
            Cipher::DesEde3Cbc => cbc(des::TdesEde3::new_from_slice(key).ok()?, iv, &mut buffer),
            Cipher::DesEde2Cbc => cbc(des::TdesEde2::new_from_slice(key).ok()?, iv, &mut buffer),
            Cipher::Rc2Cbc { key_bytes, effective_bits } => {
                if key.len() != key_bytes {
                    return None;
                }
                cbc(Rc2::new_with_eff_key_len(key, effective_bits), iv, &mut buffer)
            }
            Cipher::Rc4 { .. } => {
                Rc4::new_from_slice(key).ok()?.apply_keystream(&mut buffer);
                Some(buffer.len())
            }
            Cipher::Aes128Cbc => cbc(aes::Aes128::new_from_slice(key).ok()?, iv, &mut buffer),
            Cipher::Aes192Cbc => cbc(aes::Aes192::new_from_slice(key).ok()?, iv, &mut buffer),
            Cipher::Aes256Cbc => cbc(aes::Aes256::new_from_slice(key).ok()?, iv, &mut buffer),
        };
        buffer.truncate(length?);
        Some(buffer)
    }
}

/// Decrypts in place and tells how much of it is text.
fn cbc<C: BlockCipherDecrypt>(cipher: C, iv: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let decryptor = Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
    decryptor.decrypt_padded::<Pkcs7>(buffer).ok().map(<[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_nothing_for_odd_lengths_keys_and_vectors() {
        for cipher in [Cipher::DesCbc, Cipher::Rc2Cbc { key_bytes: 5, effective_bits: 40 }, Cipher::Aes256Cbc] {
            let (key, iv) = (vec![1; cipher.key_bytes()], vec![2; cipher.iv_bytes()]);
            assert_eq!(cipher.decrypt(&key, &iv, &[0; 15]), None);
            assert_eq!(cipher.decrypt(&key, &iv, &[]), None);
            assert_eq!(cipher.decrypt(&key[1..], &iv, &[0; 16]), None);
            assert_eq!(cipher.decrypt(&key, &iv[1..], &[0; 16]), None);
        }
    }

    #[test]
    fn decrypts_the_first_vector_of_rfc_6229() {
        let key = [1, 2, 3, 4, 5];
        let stream = Cipher::Rc4 { key_bytes: 5 }.decrypt(&key, &[], &[0; 4]).unwrap();
        assert_eq!(stream[..], [0xb2, 0x39, 0x63, 0x05]);
    }
}
