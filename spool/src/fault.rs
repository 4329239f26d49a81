//! Why the spool would not open, and why it would not do as asked.

use std::path::PathBuf;
use std::sync::Arc;

/// Why a call was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpoolFault {
    /// A write, a commit or a read failed in a way that leaves the file in doubt. For ever: only opening anew helps.
    /// Whether the call that met it was carried out is unknown until then.
    #[error("the spool is poisoned: {reason}")]
    Poisoned {
        /// What failed first.
        reason: Arc<str>,
    },
    /// The disk, or the file's permitted size, is full. Nothing of the call was written and nothing else was lost;
    /// reading goes on, and writing does as soon as there is room.
    #[error("no room is left for the spool")]
    Full,
    /// Another program holds the database's write lock. Nothing of the call was written.
    #[error("another program is writing to the spool")]
    Busy,
    /// Something is larger than the spool takes.
    #[error("{what}: {actual} is more than the {limit} that the spool takes")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
        /// How much it is.
        actual: usize,
    },
    /// The call cannot be meant.
    #[error("the spool was asked for what cannot be: {detail}")]
    Malformed {
        /// Why.
        detail: &'static str,
    },
    /// This call failed in a way that cannot be explained; no other call was touched. Nothing of it was written.
    #[error("the spool failed at this call: {detail}")]
    Internal {
        /// What is known.
        detail: Arc<str>,
    },
}

/// Why a spool's file could not be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The folder does not exist.
    #[error("{}: the spool's folder does not exist: create it, or name another", folder.display())]
    FolderMissing {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder or the file may not be written to.
    #[error("{}: cannot be written to: give the service's user write permission to it and its folder", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Another process, or another spool of this one, has it open.
    #[error("{}: another pushmux has this spool open: stop it, or give each its own file", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{}: this is no spool of pushmux: name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later pushmux.
    #[error(
        "{}: this spool has format {found}, this pushmux knows formats up to {known}: use the later pushmux",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The file is damaged.
    #[error(
        "{}: the spool is damaged ({detail}): move it aside with its -wal file, or restore both from a backup",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// In which way.
        detail: String,
    },
    /// No room is left.
    #[error("{}: no room is left on the disk for the spool: make room", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Something else.
    #[error("{}: the spool cannot be opened: {detail}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What is known.
        detail: String,
    },
}
