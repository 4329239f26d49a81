//! What only the spool on disk promises.

mod crash;
mod faults;
mod files;
mod group;

use std::path::{Path, PathBuf};

use super::open::Opening;
use super::*;

/// A folder with a spool's file in it.
pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
    pub(super) file: PathBuf,
}

// === impl Place ===

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spool.sqlite3");
        Self { folder, file }
    }

    pub(super) fn open(&self) -> SqliteSpool {
        SqliteSpool::open(&self.file).unwrap()
    }

    /// Opens it with the write-ahead log never moved into the database, so that the files only grow.
    pub(super) fn open_growing(&self) -> SqliteSpool {
        SqliteSpool::open_as(&Opening { checkpoint_pages: usize::MAX, ..Opening::new(&self.file) }).unwrap()
    }

    /// Its files as they lie now, elsewhere.
    pub(super) fn copied(&self) -> Place {
        let place = Place::new();
        crate::tests::model_based::copy(&self.file, &place.file);
        place
    }

    pub(super) fn log(&self) -> PathBuf {
        beside(&self.file, "-wal")
    }
}

pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/spool").join(name)
}
