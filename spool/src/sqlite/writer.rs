//! The one thread that writes.
//!
//! It takes everything that waits, carries it out in one transaction, and answers after the commit; while a commit
//! runs, the next batch gathers. If one call of a batch fails, the batch is rolled back and each call carried out
//! alone, so that the others lose nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::SpoolFault;

use super::executor::Executor;
use super::failure::Failure;
use super::open::Loaded;
use super::shared::Shared;

/// Calls that one transaction may hold.
const MAX_BATCH: usize = 4096;

/// A call that waits for the writer. It may be carried out twice if the first time is rolled back.
pub(super) trait Job: Send {
    fn run(&mut self, executor: &mut Executor<'_>) -> Result<(), Failure>;
    /// Ends it: what the last run gave if that is durable now, or the fault.
    fn answer(self: Box<Self>, durable: Result<(), SpoolFault>);
}

/// A call, what it gave, and who waits for it.
pub(super) struct Task<F, T> {
    pub(super) work: F,
    pub(super) given: Option<T>,
    pub(super) reply: oneshot::Sender<Result<T, SpoolFault>>,
    /// Its share of the room for waiting calls.
    pub(super) room: OwnedSemaphorePermit,
}

// === impl Task ===

impl<F, T> Job for Task<F, T>
where
    F: FnMut(&mut Executor<'_>) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, executor: &mut Executor<'_>) -> Result<(), Failure> {
        self.given = Some((self.work)(executor)?);
        Ok(())
    }

    fn answer(self: Box<Self>, durable: Result<(), SpoolFault>) {
        let Task { work, given, reply, room } = *self;
        // Whoever is answered may count on the room.
        drop((work, room));
        let given = given.ok_or_else(|| SpoolFault::Internal { detail: "the call was not carried out".into() });
        // Whoever no longer waits does not want to know.
        let _ = reply.send(durable.and(given));
    }
}

/// What the thread has.
pub(super) struct Writer<'c> {
    executor: Executor<'c>,
    shared: Arc<Shared>,
    /// At how many pages of write-ahead log the next checkpoint is tried.
    checkpoint_at: usize,
}

/// The thread's whole life: until all handles are gone and what they sent is done.
pub(super) fn run(
    mut connection: Connection,
    loaded: Loaded,
    shared: Arc<Shared>,
    mut jobs: UnboundedReceiver<Box<dyn Job>>,
) {
    let log_pages = Arc::new(AtomicUsize::new(0));
    let seen = log_pages.clone();
    let hooked = connection.wal_hook(Some(move |_: &mut _, pages| {
        seen.store(usize::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
        Ok(())
    }));
    let executor = hooked
        .and_then(|()| Executor::new(&connection, log_pages, loaded.drawn, loaded.channels))
        .map_err(|error| shared.health.poison(&error.to_string()));
    let mut writer = executor.map(|executor| Writer { executor, checkpoint_at: shared.checkpoint_pages, shared });
    let mut batch = Vec::new();
    while jobs.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
        match &mut writer {
            Ok(writer) => writer.carry_out(&mut batch),
            Err(fault) => answer(&mut batch, &Err(fault.clone())),
        }
    }
}

fn answer(batch: &mut Vec<Box<dyn Job>>, durable: &Result<(), SpoolFault>) {
    for job in batch.drain(..) {
        job.answer(durable.clone());
    }
}

// === impl Writer ===

impl Writer<'_> {
    /// Carries out and answers a batch.
    fn carry_out(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        match self.together(batch) {
            Err(Failure::Refused(_)) if batch.len() > 1 => {
                for job in batch.drain(..) {
                    self.carry_out(&mut vec![job]);
                }
            }
            Ok(()) => {
                answer(batch, &Ok(()));
                self.checkpoint();
            }
            Err(Failure::Refused(fault)) => {
                if fault == SpoolFault::Full {
                    self.shared.health.set_full(true);
                }
                answer(batch, &Err(fault));
            }
            Err(Failure::Fatal(reason)) => {
                let fault = self.shared.health.poison(&reason);
                answer(batch, &Err(fault));
            }
        }
    }

    /// One transaction: all of the batch is durable, or nothing of it.
    fn together(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        self.shared.health.check()?;
        let done = self.attempt(batch);
        match done {
            Ok(wrote) => {
                self.publish(wrote);
                Ok(())
            }
            Err(failure) => {
                self.executor.rollback()?;
                Err(failure)
            }
        }
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Result<bool, Failure> {
        self.executor.begin()?;
        for job in batch {
            // A panic within a call leaves the executor's own state to the rollback, as an error does.
            catch_unwind(AssertUnwindSafe(|| job.run(&mut self.executor))).unwrap_or_else(|_| {
                let detail = "it panicked; the panic's message is in the log".into();
                Err(SpoolFault::Internal { detail }.into())
            })?;
        }
        #[cfg(test)]
        self.shared.sabotage.strike()?;
        self.executor.commit()
    }

    /// Tells everyone what the commit changed, before those who asked for it are answered.
    fn publish(&mut self, wrote: bool) {
        self.shared.apply(&mut self.executor.changes);
        if wrote {
            self.shared.commits.fetch_add(1, Ordering::Relaxed);
            if self.executor.shows_room {
                self.shared.health.set_full(false);
            }
        }
        let newest = self.executor.drawn.event.unsigned_abs();
        self.shared.newest_event.send_if_modified(|seen| std::mem::replace(seen, newest) != newest);
    }

    /// Moves a long write-ahead log into the database. Readers can keep it from beginning anew; if they do so for long,
    /// they are waited for, so that its length stays bounded.
    fn checkpoint(&mut self) {
        let (pages, every) = (self.executor.log_pages(), self.shared.checkpoint_pages);
        if pages < every {
            self.checkpoint_at = every;
        }
        if pages < self.checkpoint_at {
            return;
        }
        self.checkpoint_at = pages + every / 4;
        match self.executor.checkpoint(pages > every * 4) {
            Ok(()) => {}
            Err(Failure::Refused(SpoolFault::Full)) => self.shared.health.set_full(true),
            Err(Failure::Refused(fault)) => tracing::debug!(%fault, "A checkpoint of the spool has to wait."),
            Err(Failure::Fatal(reason)) => drop(self.shared.health.poison(&reason)),
        }
    }
}
