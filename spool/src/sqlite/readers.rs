//! Connections for reading, beside the writer and off the async threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::SpoolFault;

use super::failure::Failure;
use super::lock::Lock;
use super::open;
use super::shared::Shared;

/// How many calls read at the same time: each has a connection with its own bounded cache.
const READERS: usize = 4;

/// Reads one after the other on each connection. Each call sees the database as it was when it began.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
    /// The file belongs to us until the last read has ended.
    _lock: Lock,
}

// === impl Readers ===

impl Readers {
    pub(super) fn new(path: PathBuf, lock: Lock) -> Self {
        Self { path, permits: Semaphore::new(READERS), idle: Mutex::default(), _lock: lock }
    }

    /// Reads within one snapshot.
    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        shared: Arc<Shared>,
        read: impl FnOnce(&Connection, &Shared) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, SpoolFault> {
        shared.health.check()?;
        let readers = self.clone();
        let _permit = self.permits.acquire().await.map_err(|_| lost())?;
        let looked_at = shared.clone();
        let done = tokio::task::spawn_blocking(move || readers.with_one(|connection| read(connection, &looked_at)));
        match done.await.map_err(|_| lost())? {
            Ok(found) => Ok(found),
            Err(Failure::Refused(fault)) => Err(fault),
            Err(Failure::Fatal(reason)) => Err(shared.health.poison(&reason)),
        }
    }

    fn with_one<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            // Nothing was read yet that could be in doubt: for one, the process may have too many files open.
            None => open::reader(&self.path)
                .map_err(|error| SpoolFault::Internal { detail: format!("no reader: {error}").into() })?,
        };
        let snapshot = connection.unchecked_transaction()?;
        let found = read(&snapshot)?;
        snapshot.finish()?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(found)
    }
}

fn lost() -> SpoolFault {
    SpoolFault::Internal { detail: "the reading thread ended early".into() }
}
