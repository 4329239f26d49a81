//! The spool on disk: one SQLite file.
//!
//! [`open`] says whose and what the file is; [`writer`] is the only thread that changes it, with [`executor`] and
//! what it can do ([`admit`], [`settle`], [`ended`], [`purge`]); [`readers`] and [`read`] look at it meanwhile.

mod admit;
mod catalogue;
mod chunk;
mod ended;
mod executor;
mod failure;
mod gathered;
mod health;
mod inspect;
mod lock;
mod open;
mod purge;
mod read;
mod readers;
mod recent;
mod schema;
mod settle;
mod shared;
mod statements;
#[cfg(test)]
mod tests;
mod wal;
mod writer;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use model::{AppId, Priority, PushId};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::{
    Admission, ChannelName, EventPage, Moment, NewEvent, NewPush, OpenChannel, OpenFault, Page, PageLimits, Position,
    Purged, PushState, Reply, Retention, Settled, Settlement, Spool, SpoolFault, limits,
};

use self::executor::{BALLAST_BYTES, Executor};
use self::failure::Failure;
use self::lock::beside;
use self::open::{Opened, Opening};
use self::readers::Readers;
use self::shared::Shared;
use self::writer::{Job, Task};

/// Room for calls that wait for the writer, in bytes. More wait in their callers.
const ROOM_BYTES: usize = 64 << 20;
/// The unit in which that room is given out, and what the smallest call takes.
const ROOM_UNIT: usize = 1 << 10;

/// A spool in a file. Clones share it; when the last is dropped, what was taken is finished and the file is closed,
/// which blocks for as long as that takes.
#[derive(Clone, Debug)]
pub struct SqliteSpool {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    room: Arc<Semaphore>,
    /// Gone only within `drop`.
    jobs: Option<UnboundedSender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
}

// === impl SqliteSpool ===

impl SqliteSpool {
    /// What keeps a spool from being opened there, as far as that shows without opening it: nothing is written, and a service
    /// that has it open is not disturbed. Whether there is one, and damage, show only when it is opened.
    pub fn inspect(path: &Path) -> Result<(), OpenFault> {
        inspect::inspect(path)
    }

    /// Opens a spool's file, or makes it; its folder must exist. Beside it will lie a `.lock` file and, while it is
    /// open or after a crash, files ending in `-wal` and `-shm` that belong to it.
    ///
    /// Blocks: reads the write-ahead log and counts what is open, about a second for a million open pushes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenFault> {
        Self::open_as(&Opening::new(path.as_ref()))
    }

    fn open_as(opening: &Opening) -> Result<Self, OpenFault> {
        let Opened { lock, connection, loaded, catalogue } = opening.open()?;
        let path = opening.path.clone();
        let newest = loaded.drawn.event.unsigned_abs();
        let shared = Arc::new(Shared::new(path.clone(), catalogue, newest, opening.checkpoint_pages));
        let (jobs, waiting) = mpsc::unbounded_channel();
        let seen = shared.clone();
        let writer = thread::Builder::new()
            .name("spool".into())
            .spawn(move || writer::run(connection, loaded, seen, waiting))
            .map_err(|error| OpenFault::Other { path: path.clone(), detail: error.to_string() })?;
        let readers = Arc::new(Readers::new(path, lock));
        let room = Arc::new(Semaphore::new(ROOM_BYTES / ROOM_UNIT));
        let inner = Inner { shared, readers, room, jobs: Some(jobs), writer: Some(writer) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Sends a call of about so many bytes to the writer and waits until it is durable.
    async fn write<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnMut(&mut Executor<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, SpoolFault> {
        let ended = || self.inner.shared.health.poison("the writing thread has ended");
        self.inner.shared.health.check()?;
        let units = (bytes.min(ROOM_BYTES) / ROOM_UNIT).max(1) as u32;
        let room = self.inner.room.clone().acquire_many_owned(units).await.map_err(|_| ended())?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task { work, given: None, reply, room });
        let jobs = self.inner.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(job).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    /// Finds out whether there is room again. Nobody waits for it: what it finds is told by the spool's health.
    fn look_for_room(&self) {
        let Ok(runtime) = Handle::try_current() else { return self.inner.shared.health.end_probe() };
        let spool = self.clone();
        // Two commits: what comes and goes within one is never written.
        drop(runtime.spawn(async move {
            if spool.write(BALLAST_BYTES, |executor| executor.load_ballast()).await.is_ok() {
                // Should this fail, the ballast lies there until it is replaced by the next.
                let _ = spool.write(0, |executor| executor.drop_ballast()).await;
            }
            spool.inner.shared.health.end_probe();
        }));
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection, &Shared) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, SpoolFault> {
        self.inner.readers.clone().read(self.inner.shared.clone(), read).await
    }
}

impl Spool for SqliteSpool {
    fn admit(&self, push: NewPush) -> Reply<'_, Admission> {
        Box::pin(async move {
            limits::check_push(&push)?;
            self.write(push.body.len() + 512, move |executor| executor.admit(&push)).await
        })
    }

    fn page(&self, channel: &ChannelName, priority: Priority, after: Position, limits: PageLimits) -> Reply<'_, Page> {
        let channel = self.inner.shared.catalogue().number(channel);
        Box::pin(async move {
            match channel {
                Some(channel) => self.read(move |on, _| read::page(on, channel, priority, after, limits)).await,
                None => self.inner.shared.health.check().map(|()| Page::default()),
            }
        })
    }

    fn settle(&self, now: Moment, settlements: Vec<Settlement>) -> Reply<'_, Vec<Settled>> {
        Box::pin(async move {
            let bytes = limits::check_settlements(&settlements)?;
            self.write(bytes, move |executor| {
                settlements.iter().map(|settlement| executor.settle(now, settlement)).collect()
            })
            .await
        })
    }

    fn push(&self, app: &AppId, id: &PushId) -> Reply<'_, Option<PushState>> {
        let (app, id) = (app.clone(), id.clone());
        Box::pin(async move { self.read(move |on, shared| read::push(on, shared, &app, &id)).await })
    }

    fn log(&self, now: Moment, events: Vec<NewEvent>) -> Reply<'_, ()> {
        Box::pin(async move {
            let bytes = limits::check_events(&events)?;
            self.write(bytes, move |executor| executor.log(now, &events)).await
        })
    }

    fn events_after(&self, id: u64, app: Option<&AppId>, limit: usize) -> Reply<'_, EventPage> {
        let app = app.cloned();
        Box::pin(async move { self.read(move |on, _| read::events_after(on, id, app.as_ref(), limit)).await })
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.shared.newest_event.subscribe()
    }

    fn set_mark(&self, reader: &str, event: u64) -> Reply<'_, ()> {
        let reader: Box<str> = reader.into();
        Box::pin(async move {
            limits::check_mark(&reader, event)?;
            self.write(0, move |executor| executor.set_mark(&reader, event)).await
        })
    }

    fn marks(&self) -> Reply<'_, Vec<(Box<str>, u64)>> {
        Box::pin(self.read(|on, _| read::marks(on)))
    }

    fn lease_notify_ids(&self, app: &AppId, count: u64) -> Reply<'_, u64> {
        let app = app.clone();
        Box::pin(async move { self.write(0, move |executor| executor.lease(&app, count)).await })
    }

    fn open_channels(&self) -> Reply<'_, Vec<OpenChannel>> {
        Box::pin(self.read(read::open_channels))
    }

    fn purge(&self, now: Moment, retention: Retention) -> Reply<'_, Purged> {
        Box::pin(self.write(0, move |executor| executor.purge(now, retention)))
    }

    /// The database and its write-ahead log.
    fn bytes_on_disk(&self) -> u64 {
        let path = &self.inner.shared.path;
        let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        length(path) + length(&beside(path, "-wal"))
    }

    fn commits(&self) -> u64 {
        self.inner.shared.commits.load(Ordering::Relaxed)
    }

    fn is_healthy(&self) -> bool {
        if self.inner.shared.health.begin_probe() {
            self.look_for_room();
        }
        self.inner.shared.health.is_good()
    }
}

// === impl Inner ===

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("path", &self.shared.path).field("health", &self.shared.health).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // A panic of the thread was told to whoever waited for it.
            let _ = writer.join();
        }
    }
}
