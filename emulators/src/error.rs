//! Why the emulators could not start. Each text names the file or port and what to do about it.

use std::io;
use std::path::PathBuf;

/// Why [`start`](crate::start) failed. Nothing is left running after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder or a file in it cannot be written.
    #[error("cannot write {}: {source}; choose a folder that this user may write to", path.display())]
    File {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A port cannot be bound. Port 0 means that a free one was asked for.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; free the port, or choose another base port or none")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
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
    #[error("cannot make {what}: {source}; this is a fault of the emulators, please report it")]
    Certificate {
        /// Which one.
        what: &'static str,
        /// What the certificate library said.
        source: rcgen::Error,
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
