//! Keeps two services from one file.
//!
//! SQLite's own locks let two processes write in turns, which would give two dispatchers the same parts. A lock on a
//! file beside the database ends with the process that holds it, however that ends.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::OpenFault;

/// The lock; held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

// === impl Lock ===

impl Lock {
    pub(super) fn take(path: &Path) -> Result<Self, OpenFault> {
        let beside = beside(path, ".lock");
        let file = private().open(&beside).map_err(|error| refused(&beside, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenFault::InUse { path: path.into() }),
            Err(TryLockError::Error(error)) => Err(refused(&beside, error)),
        }
    }
}

/// Makes a file that only its owner can read, or opens the one that is there; changes nothing in it.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file of that name with something appended.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// What the system's refusal means.
pub(super) fn refused(path: &Path, source: io::Error) -> OpenFault {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let path = path.to_path_buf();
    match source.kind() {
        PermissionDenied | ReadOnlyFilesystem => OpenFault::NotWritable { path, source },
        StorageFull | QuotaExceeded => OpenFault::Full { path },
        _ => OpenFault::Other { path, detail: source.to_string() },
    }
}
