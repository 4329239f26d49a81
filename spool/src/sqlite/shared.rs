//! What the handle and the writer both see.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::watch;

use super::catalogue::{Catalogue, Changes};
use super::health::Health;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) health: Health,
    pub(super) newest_event: watch::Sender<u64>,
    /// Commits that wrote something.
    pub(super) commits: AtomicU64,
    /// At how many pages of write-ahead log it is moved into the database.
    pub(super) checkpoint_pages: usize,
    catalogue: RwLock<Catalogue>,
    #[cfg(test)]
    pub(super) sabotage: Sabotage,
}

/// Lets a test make the next commit fail.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Sabotage(pub(super) std::sync::atomic::AtomicBool);

// === impl Shared ===

impl Shared {
    pub(super) fn new(path: PathBuf, catalogue: Catalogue, newest_event: u64, checkpoint_pages: usize) -> Self {
        Self {
            path,
            health: Health::default(),
            newest_event: watch::Sender::new(newest_event),
            commits: AtomicU64::new(0),
            checkpoint_pages,
            catalogue: RwLock::new(catalogue),
            #[cfg(test)]
            sabotage: Sabotage::default(),
        }
    }

    pub(super) fn catalogue(&self) -> RwLockReadGuard<'_, Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn apply(&self, changes: &mut Changes) {
        self.catalogue.write().unwrap_or_else(PoisonError::into_inner).apply(changes);
    }
}

#[cfg(test)]
impl Sabotage {
    pub(super) fn strike(&self) -> Result<(), super::failure::Failure> {
        if self.0.swap(false, std::sync::atomic::Ordering::Relaxed) {
            return Err(super::failure::Failure::Fatal("disk I/O error (made by a test)".into()));
        }
        Ok(())
    }
}
