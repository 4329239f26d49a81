//! How one part of a file was encrypted: an `AlgorithmIdentifier`, understood.

use md5::Md5;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::cipher::Cipher;
use super::derivation::{Derivation, WHAT, positive, unsupported};
use super::password::Candidate;
use crate::Unreadable;
use crate::ber::{Element, malformed};
use crate::der::{OCTET_STRING, OID, SEQUENCE};
use crate::hash::{self, Hash, Purpose};
use crate::oid;

/// Cipher and derivation of its key.
pub(super) enum Scheme<'a> {
    /// PKCS#12's own ciphers, RFC 7292 appendix C: key and vector both come from the password.
    Pkcs12 { name: &'static str, cipher: Cipher, salt: &'a [u8], iterations: u64 },
    /// The oldest ciphers of PKCS#5: single DES.
    Pbes1 { name: &'static str, md5: bool, salt: &'a [u8], iterations: u64 },
    /// PBES2 of RFC 8018: the parts are chosen freely.
    Pbes2 { cipher: Cipher, iv: &'a [u8], derivation: Derivation<'a> },
    /// PEM's own, before PKCS#8: one round of MD5.
    DekInfo { cipher: Cipher, iv: &'a [u8] },
}

// === impl Scheme ===

impl<'a> Scheme<'a> {
    /// Reads an `AlgorithmIdentifier`.
    pub(super) fn read(algorithm: &Element<'a>) -> Result<Self, Unreadable> {
        let mut parts = algorithm.children_of(SEQUENCE)?;
        let id = parts.next()?.primitive(OID)?;
        if let Some((name, cipher)) = pkcs12_cipher(id) {
            let (salt, iterations) = salt_and_iterations(&parts.next()?)?;
            return Ok(Scheme::Pkcs12 { name, cipher, salt, iterations });
        }
        match id {
            oid::PBE_MD5_DES | oid::PBE_SHA1_DES => {
                let (salt, iterations) = salt_and_iterations(&parts.next()?)?;
                let md5 = id == oid::PBE_MD5_DES;
                let name = if md5 { "pbeWithMD5AndDES-CBC" } else { "pbeWithSHA1AndDES-CBC" };
                Ok(Scheme::Pbes1 { name, md5, salt, iterations })
            }
            oid::PBES2 => {
                let mut parts = parts.next()?.children_of(SEQUENCE)?;
                let derivation = Derivation::read(&parts.next()?)?;
                let (cipher, iv) = pbes2_cipher(&parts.next()?)?;
                if let Derivation::Pbkdf2 { key_bytes: Some(bytes), .. } = derivation
                    && usize::try_from(bytes).ok() != Some(cipher.key_bytes())
                {
                    return Err(malformed(WHAT, format!("a key of {bytes} bytes for {}", cipher.name())));
                }
                Ok(Scheme::Pbes2 { cipher, iv, derivation })
            }
            other => Err(unsupported(other)),
        }
    }

    /// The scheme as reports name it.
    pub(super) fn describe(&self) -> crate::Cipher {
        let (name, iterations) = match self {
            Scheme::Pkcs12 { name, iterations, .. } | Scheme::Pbes1 { name, iterations, .. } => {
                ((*name).to_owned(), *iterations)
            }
            Scheme::Pbes2 { cipher, derivation, .. } => {
                (format!("PBES2, {}, {}", derivation.name(), cipher.name()), derivation.cost())
            }
            Scheme::DekInfo { cipher, .. } => (format!("DEK-Info, MD5, {}", cipher.name()), 1),
        };
        crate::Cipher { name, iterations, legacy: self.cipher().legacy() }
    }

    /// Which bytes of a password it goes by.
    pub(super) fn secret<'p>(&self, candidate: &'p Candidate) -> &'p [u8] {
        match self {
            Scheme::Pkcs12 { .. } => &candidate.bmp,
            Scheme::Pbes1 { .. } | Scheme::Pbes2 { .. } | Scheme::DekInfo { .. } => &candidate.utf8,
        }
    }

    /// The plain text under such a secret; `None` if it cannot be the right one.
    pub(super) fn decrypt(
        &self,
        secret: &[u8],
        data: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Unreadable> {
        let cipher = self.cipher();
        let mut key = Zeroizing::new(vec![0; cipher.key_bytes()]);
        match self {
            Scheme::Pkcs12 { salt, iterations, .. } => {
                let mut iv = Zeroizing::new(vec![0; cipher.iv_bytes()]);
                for bytes in [key.len(), iv.len()] {
                    budget.pkcs12(Hash::Sha1, *iterations, secret.len() + salt.len(), bytes)?;
                }
                Hash::Sha1.pkcs12(Purpose::Key, secret, salt, *iterations, &mut key);
                Hash::Sha1.pkcs12(Purpose::Iv, secret, salt, *iterations, &mut iv);
                Ok(cipher.decrypt(&key, &iv, data))
            }
            Scheme::Pbes1 { md5, salt, iterations, .. } => {
                budget.chained(*iterations, secret.len() + salt.len(), 1)?;
                let block = if *md5 {
                    hash::pbkdf1::<Md5>(secret, salt, *iterations)
                } else {
                    hash::pbkdf1::<Sha1>(secret, salt, *iterations)
                };
                Ok(cipher.decrypt(&block[..8], &block[8..], data))
            }
            Scheme::Pbes2 { iv, derivation, .. } => {
                derivation.derive(secret, &mut key, budget)?;
                Ok(cipher.decrypt(&key, iv, data))
            }
            Scheme::DekInfo { iv, .. } => {
                budget.chained(1, secret.len(), 2)?;
                // Only the first eight bytes of the vector are the salt, also for AES.
                hash::bytes_to_key(secret, iv.get(..8).unwrap_or(iv), &mut key);
                Ok(cipher.decrypt(&key, iv, data))
            }
        }
    }

    fn cipher(&self) -> Cipher {
        match self {
            Scheme::Pkcs12 { cipher, .. } | Scheme::Pbes2 { cipher, .. } | Scheme::DekInfo { cipher, .. } => *cipher,
            Scheme::Pbes1 { .. } => Cipher::DesCbc,
        }
    }
}

fn pkcs12_cipher(id: &[u8]) -> Option<(&'static str, Cipher)> {
    let [prefix @ .., last] = id else { return None };
    if prefix != oid::PKCS12_PBE {
        return None;
    }
    match last {
        1 => Some(("pbeWithSHA1And128BitRC4", Cipher::Rc4 { key_bytes: 16 })),
        2 => Some(("pbeWithSHA1And40BitRC4", Cipher::Rc4 { key_bytes: 5 })),
        3 => Some(("pbeWithSHA1And3-KeyTripleDES-CBC", Cipher::DesEde3Cbc)),
        4 => Some(("pbeWithSHA1And2-KeyTripleDES-CBC", Cipher::DesEde2Cbc)),
        5 => Some(("pbeWithSHA1And128BitRC2-CBC", Cipher::Rc2Cbc { key_bytes: 16, effective_bits: 128 })),
        6 => Some(("pbeWithSHA1And40BitRC2-CBC", Cipher::Rc2Cbc { key_bytes: 5, effective_bits: 40 })),
        _ => None,
    }
}

fn pbes2_cipher<'a>(algorithm: &Element<'a>) -> Result<(Cipher, &'a [u8]), Unreadable> {
    let mut parts = algorithm.children_of(SEQUENCE)?;
    let id = parts.next()?.primitive(OID)?;
    let cipher = match id {
        oid::DES_CBC => Cipher::DesCbc,
        oid::DES_EDE3_CBC => Cipher::DesEde3Cbc,
        oid::AES_128_CBC => Cipher::Aes128Cbc,
        oid::AES_192_CBC => Cipher::Aes192Cbc,
        oid::AES_256_CBC => Cipher::Aes256Cbc,
        other => return Err(unsupported(other)),
    };
    let iv = parts.next()?.primitive(OCTET_STRING)?;
    if iv.len() != cipher.iv_bytes() {
        return Err(malformed(WHAT, format!("an initialisation vector of {} bytes for {}", iv.len(), cipher.name())));
    }
    Ok((cipher, iv))
}

fn salt_and_iterations<'a>(parameters: &Element<'a>) -> Result<(&'a [u8], u64), Unreadable> {
    let mut parts = parameters.children_of(SEQUENCE)?;
    Ok((parts.next()?.primitive(OCTET_STRING)?, positive(&parts.next()?)?))
}
