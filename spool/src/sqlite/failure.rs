//! What a failure means: for this call, for the disk's room, or for the whole file.

use rusqlite::ErrorCode;

use crate::SpoolFault;

/// Why a transaction did not go through.
#[derive(Debug)]
pub(super) enum Failure {
    /// The file is in doubt.
    Fatal(String),
    /// One call's own fault; nothing else is touched.
    Refused(SpoolFault),
}

// === impl Failure ===

impl Failure {
    /// The file holds what was never written to it.
    pub(super) fn damaged(what: &str) -> Self {
        Self::Fatal(format!("the file is damaged: {what}"))
    }
}

impl From<SpoolFault> for Failure {
    fn from(fault: SpoolFault) -> Self {
        Self::Refused(fault)
    }
}

impl From<rusqlite::Error> for Failure {
    /// What SQLite rolls back cleanly is refused. All else is fatal, also what has no name yet.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Refused(SpoolFault::Full),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Refused(SpoolFault::Busy),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::OutOfMemory) => {
                Self::Refused(SpoolFault::Internal { detail: error.to_string().into() })
            }
            _ => Self::Fatal(error.to_string()),
        }
    }
}
