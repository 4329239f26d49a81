//! The RSA keys of emulated service accounts.
//!
//! A vendor's pair is made once per process, both at a time: they take a moment even in a release build. Everything else
//! of an account is fresh at every start, so a key file of an earlier start is refused all the same.

use std::sync::OnceLock;
use std::{panic, thread};

use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rsa::rand_core::OsRng;

use crate::error::StartError;

/// As the vendors make them.
const BITS: usize = 2048;

/// One vendor's keys, made when they are first asked for.
pub(crate) struct LazyKeys(OnceLock<Result<Keys, String>>);

/// The key that the account has, and one that it never had.
pub(crate) struct Keys {
    pub(crate) registered: Key,
    pub(crate) wrong: Key,
}

/// One key.
pub(crate) struct Key {
    /// PKCS#8.
    pub(crate) private_pem: String,
    /// PKCS#1, as `ring` takes it.
    pub(crate) public_der: Vec<u8>,
}

// === impl LazyKeys ===

impl LazyKeys {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The keys of this process.
    pub(crate) fn get(&self) -> Result<&Keys, StartError> {
        let fault = |detail: &String| StartError::Key { what: "a service account's key", detail: detail.clone() };
        self.0.get_or_init(Keys::make).as_ref().map_err(fault)
    }
}

// === impl Keys ===

impl Keys {
    fn make() -> Result<Self, String> {
        let (registered, wrong) = thread::scope(|scope| {
            let other = scope.spawn(Key::make);
            (Key::make(), other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
        });
        Ok(Self { registered: registered?, wrong: wrong? })
    }
}

// === impl Key ===

impl Key {
    fn make() -> Result<Self, String> {
        let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| error.to_string())?;
        let private_pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| error.to_string())?.to_string();
        let public = key.to_public_key().to_pkcs1_der().map_err(|error| error.to_string())?;
        Ok(Self { private_pem, public_der: public.as_bytes().to_vec() })
    }
}
