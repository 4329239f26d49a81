//! How PBES2 of RFC 8018 and PBMAC1 of RFC 9579 make a key of a password: PBKDF2, or scrypt of RFC 7914.

use super::budget::Budget;
use crate::Unreadable;
use crate::ber::{Element, malformed};
use crate::der::{INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::hash::Hash;
use crate::oid;

/// What errors about ciphers and derivations speak of.
pub(super) const WHAT: &str = "encryption";

/// A derivation with its parameters; the letters of scrypt are those of its RFC.
pub(super) enum Derivation<'a> {
    Pbkdf2 { hash: Hash, salt: &'a [u8], iterations: u64, key_bytes: Option<u64> },
    Scrypt { salt: &'a [u8], n: u64, r: u64, p: u64 },
}

// === impl Derivation ===

impl<'a> Derivation<'a> {
    /// Reads the `AlgorithmIdentifier` of a key derivation.
    pub(super) fn read(algorithm: &Element<'a>) -> Result<Self, Unreadable> {
        let mut parts = algorithm.children_of(SEQUENCE)?;
        let id = parts.next()?.primitive(OID)?;
        match id {
            oid::PBKDF2 => {
                let mut parts = parts.next()?.children_of(SEQUENCE)?;
                let salt = parts.next()?.primitive(OCTET_STRING)?;
                let iterations = positive(&parts.next()?)?;
                let key_bytes = parts.tagged(INTEGER)?.map(|element| element.number()).transpose()?;
                let hash = match parts.tagged(SEQUENCE)? {
                    None => Hash::Sha1,
                    Some(prf) => {
                        let id = prf.children().next()?.primitive(OID)?;
                        Hash::keyed(id).ok_or_else(|| unsupported(id))?
                    }
                };
                Ok(Derivation::Pbkdf2 { hash, salt, iterations, key_bytes })
            }
            oid::SCRYPT => {
                let mut parts = parts.next()?.children_of(SEQUENCE)?;
                let salt = parts.next()?.primitive(OCTET_STRING)?;
                let (n, r, p) = (positive(&parts.next()?)?, positive(&parts.next()?)?, positive(&parts.next()?)?);
                Ok(Derivation::Scrypt { salt, n, r, p })
            }
            other => Err(unsupported(other)),
        }
    }

    /// `PBKDF2-HMAC-SHA256`
    pub(super) fn name(&self) -> String {
        match self {
            Derivation::Pbkdf2 { hash, .. } => format!("PBKDF2-{}", hash.hmac_name()),
            Derivation::Scrypt { .. } => "scrypt".to_owned(),
        }
    }

    /// Iterations, or the N of scrypt.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Derivation::Pbkdf2 { iterations, .. } => *iterations,
            Derivation::Scrypt { n, .. } => *n,
        }
    }

    /// Fills `key`, within the budget.
    pub(super) fn derive(&self, secret: &[u8], key: &mut [u8], budget: &mut Budget) -> Result<(), Unreadable> {
        match self {
            Derivation::Pbkdf2 { hash, salt, iterations, .. } => {
                budget.pbkdf2(*hash, *iterations, secret.len() + salt.len(), key.len())?;
                // The budget let it through, so it fits.
                let rounds = u32::try_from(*iterations).unwrap_or(u32::MAX);
                hash.pbkdf2(secret, salt, rounds, key);
                Ok(())
            }
            Derivation::Scrypt { salt, n, r, p } => {
                budget.scrypt([*n, *r, *p], secret.len() + salt.len(), key.len())?;
                let bad = || malformed(WHAT, format!("scrypt cannot have N={n}, r={r}, p={p}"));
                if !n.is_power_of_two() || *n < 2 {
                    return Err(bad());
                }
                let log_n = u8::try_from(n.ilog2()).map_err(|_| bad())?;
                let (r, p) = (u32::try_from(*r).map_err(|_| bad())?, u32::try_from(*p).map_err(|_| bad())?);
                let params = scrypt::Params::new(log_n, r, p).map_err(|_| bad())?;
                scrypt::scrypt(secret, salt, &params, key).map_err(|_| bad())
            }
        }
    }
}

/// A cost, which is never 0.
pub(super) fn positive(element: &Element<'_>) -> Result<u64, Unreadable> {
    match element.number()? {
        0 => Err(malformed(WHAT, "a cost of 0")),
        number => Ok(number),
    }
}

/// An algorithm that is not known here. Names what is met now and then; the rest is told by its identifier.
pub(super) fn unsupported(id: &[u8]) -> Unreadable {
    let dotted = oid::dotted(id);
    let name = match id {
        oid::RC2_CBC => "RC2-CBC within PBES2".to_owned(),
        oid::PBMAC1 => "PBMAC1 as a cipher".to_owned(),
        _ => match dotted.as_str() {
            "2.16.840.1.101.3.4.1.6" => "AES-128-GCM".to_owned(),
            "2.16.840.1.101.3.4.1.26" => "AES-192-GCM".to_owned(),
            "2.16.840.1.101.3.4.1.46" => "AES-256-GCM".to_owned(),
            "1.2.840.113549.1.5.1" => "pbeWithMD2AndDES-CBC".to_owned(),
            "1.2.840.113549.1.5.6" => "pbeWithMD5AndRC2-CBC".to_owned(),
            "1.2.840.113549.1.5.11" => "pbeWithSHA1AndRC2-CBC".to_owned(),
            "1.2.392.200011.61.1.1.1.4" => "Camellia-256-CBC".to_owned(),
            "1.2.156.10197.1.104.2" => "SM4-CBC".to_owned(),
            _ => dotted,
        },
    };
    Unreadable::Unsupported { what: WHAT, algorithm: name }
}
