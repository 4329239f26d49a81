//! The RSA keys of the emulated service accounts.
//!
//! Made once per process, both at a time: a debug build takes seconds for one. Everything else of an account is fresh
//! at every start, so a key file of an earlier start is refused all the same.

use std::sync::OnceLock;
use std::{panic, thread};

use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rsa::rand_core::OsRng;

use crate::error::StartError;

/// As Google makes them.
const BITS: usize = 2048;

/// The key that the account has, and one that it never had.
pub(super) struct Keys {
    pub(super) registered: Key,
    pub(super) wrong: Key,
}

/// One key.
pub(super) struct Key {
    /// PKCS#8.
    pub(super) private_pem: String,
    /// PKCS#1, as `ring` takes it.
    pub(super) public_der: Vec<u8>,
}

static KEYS: OnceLock<Result<Keys, String>> = OnceLock::new();

/// The keys of this process.
pub(super) fn keys() -> Result<&'static Keys, StartError> {
    let fault = |detail: &String| StartError::Key { what: "a service account's key", detail: detail.clone() };
    KEYS.get_or_init(make).as_ref().map_err(fault)
}

fn make() -> Result<Keys, String> {
    let (registered, wrong) = thread::scope(|scope| {
        let other = scope.spawn(Key::new);
        (Key::new(), other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
    });
    Ok(Keys { registered: registered?, wrong: wrong? })
}

// === impl Key ===

impl Key {
    fn new() -> Result<Self, String> {
        let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| error.to_string())?;
        let private_pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| error.to_string())?.to_string();
        let public = key.to_public_key().to_pkcs1_der().map_err(|error| error.to_string())?;
        Ok(Self { private_pem, public_der: public.as_bytes().to_vec() })
    }
}
