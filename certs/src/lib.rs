//! Credential files of push vendors: read, described, converted.
//!
//! [`read()`] takes the bytes of any file, [`read_all`] those of several that belong together, and gives their [`Contents`]:
//! certificates, private keys, service accounts, and the names of things that are none of these. It is pure: no disk, no
//! clock, no network; and safe with hostile files: the size, the depth and the work of key derivation are bounded, and every
//! refusal is an [`Unreadable`] with a stable code.
//!
//! Passwords and keys are wiped from memory on drop and never printed.

mod apple;
mod ber;
mod chain;
mod choice;
mod contents;
pub mod convert;
mod der;
mod hash;
mod oid;
mod plain;
mod read;
pub mod report;
mod unreadable;
mod x509;

pub use contents::{
    Certificate, Cipher, Contents, Foreign, Format, KeyKind, Mac, PasswordUse, PrivateKey, Protection, ServiceAccount,
    ServiceAccountKind,
};
pub use plain::harmless;
pub use read::{LIMIT_BYTES, read, read_all};
pub use report::{Expectation, Report};
pub use unreadable::Unreadable;
