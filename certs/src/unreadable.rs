//! Why a file cannot be read.

/// Why there are no [`Contents`](crate::Contents). Each has a stable [code](Unreadable::code) that `docs/credentials.md`
/// explains.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// More bytes than any credential has.
    #[error("the file has {size_bytes} bytes; a credential has at most {limit_bytes}")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
        /// The bound.
        limit_bytes: usize,
    },
    /// It needs a password and none was given; the empty one was tried.
    #[error("the file is encrypted and the empty password does not open it: give its password")]
    PasswordNeeded,
    /// The password given does not open it.
    #[error("the password does not open the file")]
    WrongPassword,
    /// It ends before its structure does.
    #[error(
        "the file is cut short: its {what} should go on for {missing_bytes} more byte(s); download or export it again"
    )]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// How much is missing at least.
        missing_bytes: usize,
    },
    /// It is of a known form, but damaged.
    #[error("the {what} is damaged: {detail}")]
    Malformed {
        /// What was being read.
        what: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// Opening it would take too long: a key derivation is set to too many iterations, or too much memory.
    #[error(
        "opening the file is set to take {asked} {unit}; at most {limit} are done: export it again with default settings"
    )]
    TooExpensive {
        /// What the file asks for, as far as it was counted.
        asked: u64,
        /// The bound.
        limit: u64,
        /// What is counted: `iterations`, or `bytes of memory`.
        unit: &'static str,
    },
    /// It is encrypted in a way that is not known here.
    #[error("the {what} uses {algorithm}, which is not supported: export it again with a common tool")]
    Unsupported {
        /// What was being read.
        what: &'static str,
        /// The algorithm's name or object identifier.
        algorithm: String,
    },
    /// It is nothing that is known here.
    #[error("the file is no certificate, key or service account that is known here")]
    UnknownFormat,
}

// === impl Unreadable ===

impl Unreadable {
    /// Every code.
    pub const CODES: &[&str] = &[
        "empty_file",
        "file_too_large",
        "password_needed",
        "wrong_password",
        "truncated",
        "malformed",
        "too_expensive",
        "unsupported_encryption",
        "unknown_format",
    ];

    /// The stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Unreadable::Empty => "empty_file",
            Unreadable::TooLarge { .. } => "file_too_large",
            Unreadable::PasswordNeeded => "password_needed",
            Unreadable::WrongPassword => "wrong_password",
            Unreadable::Truncated { .. } => "truncated",
            Unreadable::Malformed { .. } => "malformed",
            Unreadable::TooExpensive { .. } => "too_expensive",
            Unreadable::Unsupported { .. } => "unsupported_encryption",
            Unreadable::UnknownFormat => "unknown_format",
        }
    }
}
