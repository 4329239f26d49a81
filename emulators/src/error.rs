//! Why the emulators could not start. Each text names the file or port, the cause, and what to do about it; so no error
//! has a `source`, which a printed chain would say a second time.

use std::io;
use std::path::PathBuf;

/// Why [`start`](crate::start) failed. Nothing is left running after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder or a file in it cannot be written.
    #[error("cannot write {}: {cause}; choose a folder that this user may write to", path.display())]
    File {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A port cannot be bound. Port 0 means that a free one was asked for.
    #[error("cannot listen on 127.0.0.1:{port}: {cause}; free the port, or choose another base port or none")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        cause: io::Error,
    },
    /// The fixed ports would run past 65535.
    #[error("base port {base} is too high: {needed} ports in a row are needed; choose at most {}", u16::MAX - (needed - 1))]
    BasePort {
        /// The base port that was asked for.
        base: u16,
        /// How many ports the emulators take.
        needed: u16,
    },
    /// A certificate or key cannot be made.
    #[error("cannot make {what}: {cause}; this is a fault of the emulators, please report it")]
    Certificate {
        /// Which one.
        what: &'static str,
        /// What the certificate library said.
        cause: rcgen::Error,
    },
    /// A key cannot be made.
    #[error("cannot make {what}: {detail}; this is a fault of the emulators, please report it")]
    Key {
        /// Which one.
        what: &'static str,
        /// What the cryptography library said.
        detail: String,
    },
    /// The TLS library refuses what was made.
    #[error("cannot set up TLS: {detail}; this is a fault of the emulators, please report it")]
    Tls {
        /// What the TLS library said.
        detail: String,
    },
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_printed_chain_says_the_cause_once() {
        let cause = || io::Error::from(io::ErrorKind::AddrInUse);
        for error in [
            StartError::File { path: "x".into(), cause: cause() },
            StartError::Port { port: 1, cause: cause() },
            StartError::Certificate { what: "a key", cause: rcgen::Error::CouldNotParseKeyPair },
        ] {
            assert!(error.source().is_none() && !error.to_string().is_empty(), "{error}");
        }
    }
}
