//! A password in the forms that files want, and its use on one file.

use zeroize::Zeroizing;

use super::budget::Budget;
use super::derivation::Derivation;
use super::scheme::Scheme;
use crate::ber::malformed;
use crate::der::bmp_password;
use crate::hash::{Hash, Purpose};
use crate::{Mac, PasswordUse, Protection, Unreadable};

/// One way to read what the user gave.
pub(super) struct Candidate {
    pub(super) used: PasswordUse,
    /// For PKCS#12's own derivation: UTF-16 with two zero bytes at the end, or nothing at all.
    pub(super) bmp: Zeroizing<Vec<u8>>,
    /// For all others.
    pub(super) utf8: Zeroizing<Vec<u8>>,
}

/// Opens what is encrypted in one file: knows the password's forms, which of them fits, and what work is still allowed.
pub(super) struct Opener {
    /// The likeliest first.
    candidates: Vec<Candidate>,
    given: bool,
    budget: Budget,
    protection: Protection,
}

/// How the integrity check of a PKCS#12 file makes its key.
pub(super) enum MacKey<'a> {
    /// RFC 7292, appendix B.
    Pkcs12 { salt: &'a [u8], iterations: u64 },
    /// PBMAC1 of RFC 9579.
    Pbmac1 { derivation: Derivation<'a>, key_bytes: usize },
}

// === impl Opener ===

impl Opener {
    /// For one file, with what the files before it left of the budget.
    pub(super) fn new(password: Option<&str>, budget: Budget) -> Self {
        let given = password.filter(|password| !password.is_empty());
        let candidates = match given {
            Some(password) => vec![Candidate {
                used: PasswordUse::Given,
                bmp: bmp_password(password),
                utf8: Zeroizing::new(password.as_bytes().to_vec()),
            }],
            None => vec![
                Candidate { used: PasswordUse::Empty, bmp: bmp_password(""), utf8: Zeroizing::default() },
                Candidate { used: PasswordUse::Null, bmp: Zeroizing::default(), utf8: Zeroizing::default() },
            ],
        };
        Opener { candidates, given: given.is_some(), budget, protection: Protection::default() }
    }

    /// What was met and used, and what is left of the budget.
    pub(super) fn finish(self) -> (Protection, Budget) {
        (self.protection, self.budget)
    }

    /// Checks the integrity of `data`, and thereby the password.
    pub(super) fn verify(&mut self, hash: Hash, key: &MacKey<'_>, data: &[u8], tag: &[u8]) -> Result<(), Unreadable> {
        self.protection.mac = Some(key.describe(hash));
        for at in 0..self.distinct(key.takes_utf8()) {
            let secret = key.derive(hash, &self.candidates[at], &mut self.budget)?;
            if hash.verifies(&secret, data, tag) {
                self.proven(at);
                return Ok(());
            }
        }
        Err(self.refusal())
    }

    /// Decrypts `data`. The right password is known by padding and by `sound`, which looks at the structure.
    pub(super) fn decrypt(
        &mut self,
        what: &'static str,
        scheme: &Scheme<'_>,
        data: &[u8],
        sound: fn(&[u8]) -> bool,
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        let cipher = scheme.describe();
        if !self.protection.ciphers.contains(&cipher) {
            self.protection.ciphers.push(cipher);
        }
        for at in 0..self.distinct(!matches!(scheme, Scheme::Pkcs12 { .. })) {
            let secret = scheme.secret(&self.candidates[at]);
            if let Some(text) = scheme.decrypt(secret, data, &mut self.budget)?
                && sound(&text)
            {
                self.proven(at);
                return Ok(text);
            }
        }
        if self.protection.password == PasswordUse::NotNeeded {
            return Err(self.refusal());
        }
        Err(malformed(
            what,
            "the password that opens the file does not decrypt it: it is damaged, or has its own password",
        ))
    }

    /// How many candidates differ in the form that is asked for: both empty passwords are the same as UTF-8.
    fn distinct(&self, utf8: bool) -> usize {
        if utf8 { 1 } else { self.candidates.len() }
    }

    /// The first proof names the password; later ones, of writers that mix both empty forms, do not change that.
    fn proven(&mut self, at: usize) {
        if self.protection.password == PasswordUse::NotNeeded {
            self.protection.password = self.candidates[at].used;
            self.candidates.swap(0, at);
        }
    }

    fn refusal(&self) -> Unreadable {
        if self.given { Unreadable::WrongPassword } else { Unreadable::PasswordNeeded }
    }
}

// === impl MacKey ===

impl MacKey<'_> {
    fn takes_utf8(&self) -> bool {
        matches!(self, MacKey::Pbmac1 { .. })
    }

    fn describe(&self, hash: Hash) -> Mac {
        match self {
            MacKey::Pkcs12 { iterations, .. } => Mac { name: hash.hmac_name().to_owned(), iterations: *iterations },
            MacKey::Pbmac1 { derivation, .. } => Mac {
                name: format!("PBMAC1, {}, {}", derivation.name(), hash.hmac_name()),
                iterations: derivation.cost(),
            },
        }
    }

    fn derive(&self, hash: Hash, candidate: &Candidate, budget: &mut Budget) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        match self {
            MacKey::Pkcs12 { salt, iterations } => {
                let mut key = Zeroizing::new(vec![0; hash.size()]);
                budget.pkcs12(hash, *iterations, candidate.bmp.len() + salt.len(), key.len())?;
                hash.pkcs12(Purpose::Mac, &candidate.bmp, salt, *iterations, &mut key);
                Ok(key)
            }
            MacKey::Pbmac1 { derivation, key_bytes } => {
                let mut key = Zeroizing::new(vec![0; *key_bytes]);
                derivation.derive(&candidate.utf8, &mut key, budget)?;
                Ok(key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_a_password_only_where_none_was_given() {
        assert_eq!(Opener::new(None, Budget::default()).refusal(), Unreadable::PasswordNeeded);
        assert_eq!(Opener::new(Some(""), Budget::default()).refusal(), Unreadable::PasswordNeeded);
        assert_eq!(Opener::new(Some("x"), Budget::default()).refusal(), Unreadable::WrongPassword);
    }
}
