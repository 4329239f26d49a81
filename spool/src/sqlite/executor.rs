//! One transaction after the other on the write connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::AppId;
use rusqlite::{Connection, OptionalExtension};

use crate::{ChannelName, SpoolFault};

use super::catalogue::Changes;
use super::ended::Ended;
use super::failure::Failure;
use super::gathered::Gathered;
use super::recent::Recent;
use super::statements::Statements;

/// How many settlements one push can have, as a power of two: the share of a result's id.
const CHUNK_BITS: u32 = 20;
/// What is written to learn whether there is room again: more than most pushes take with all their pages, since what is left
/// over after one that found no room is enough for something small.
pub(super) const BALLAST_BYTES: usize = 64 << 10;

/// Carries out calls within transactions. Numbers and changes that were drawn in one that fails are taken back.
pub(super) struct Executor<'c> {
    connection: &'c Connection,
    pub(super) run: Statements<'c>,
    pub(super) drawn: Drawn,
    /// Something was done since [`begin`](Self::begin) that takes room, or makes it. What settles a push is so small that it
    /// can succeed on a disk that is full for every push.
    pub(super) shows_room: bool,
    committed: Drawn,
    channels: HashMap<ChannelName, i64>,
    pub(super) changes: Changes,
    pub(super) ended: Ended,
    pub(super) gathered: Gathered,
    pub(super) recent: Recent,
    /// Set by SQLite at each commit that wrote: the pages in the write-ahead log.
    log_pages: Arc<AtomicUsize>,
}

/// The highest numbers in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) push: i64,
    pub(super) event: i64,
}

/// The ids of a push's results: from, and to before which.
pub(super) fn result_ids(seq: i64) -> (i64, i64) {
    (seq << CHUNK_BITS, (seq + 1) << CHUNK_BITS)
}

// === impl Executor ===

impl<'c> Executor<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        log_pages: Arc<AtomicUsize>,
        drawn: Drawn,
        channels: HashMap<ChannelName, i64>,
    ) -> rusqlite::Result<Self> {
        let run = Statements::prepare(connection)?;
        Ok(Self {
            connection,
            run,
            drawn,
            shows_room: false,
            committed: drawn,
            channels,
            changes: Changes::default(),
            ended: Ended::new(),
            gathered: Gathered::default(),
            recent: Recent::new(),
            log_pages,
        })
    }

    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        self.shows_room = false;
        self.run.begin.execute([])?;
        Ok(())
    }

    /// Makes everything since [`begin`](Self::begin) durable. Gives whether anything was written at all.
    pub(super) fn commit(&mut self) -> Result<bool, Failure> {
        self.write_gathered()?;
        self.finish_ended()?;
        self.log_pages.store(0, Ordering::Relaxed);
        self.run.commit.execute([])?;
        self.committed = self.drawn;
        Ok(self.log_pages() > 0)
    }

    /// Takes back everything since [`begin`](Self::begin).
    pub(super) fn rollback(&mut self) -> Result<(), Failure> {
        self.drawn = self.committed;
        self.changes.open.clear();
        self.ended.clear();
        self.gathered.clear();
        for (channel, _) in self.changes.channels.drain(..) {
            self.channels.remove(&channel);
        }
        // After some failures SQLite has done so by itself.
        if !self.connection.is_autocommit() {
            self.run.rollback.execute([])?;
        }
        Ok(())
    }

    /// The pages in the write-ahead log after the last commit.
    pub(super) fn log_pages(&self) -> usize {
        self.log_pages.load(Ordering::Relaxed)
    }

    /// Moves the write-ahead log into the database; `wait` also waits for readers, so that the log can begin anew.
    pub(super) fn checkpoint(&mut self, wait: bool) -> Result<(), Failure> {
        let pragma = if wait { "PRAGMA wal_checkpoint(RESTART)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        self.connection.query_row(pragma, [], |_| Ok(()))?;
        Ok(())
    }

    /// The number of a channel, drawn if it is new.
    pub(super) fn channel(&mut self, channel: &ChannelName) -> Result<i64, Failure> {
        if let Some(number) = self.channels.get(channel) {
            return Ok(*number);
        }
        let number = self.channels.len() as i64 + 1;
        self.run.add_channel.execute((number, channel.as_str()))?;
        self.channels.insert(channel.clone(), number);
        self.changes.channels.push((channel.clone(), number));
        Ok(number)
    }

    /// The number of a channel that has had a part before.
    pub(super) fn known_channel(&self, channel: &ChannelName) -> Option<i64> {
        self.channels.get(channel).copied()
    }

    /// Moves a reader's mark forward.
    pub(super) fn set_mark(&mut self, reader: &str, event: u64) -> Result<(), Failure> {
        self.run.set_mark.execute((reader, event.cast_signed()))?;
        Ok(())
    }

    /// Writes what is good for nothing but its weight, where no push has its body.
    pub(super) fn load_ballast(&mut self) -> Result<(), Failure> {
        self.run.remove_bodies.execute((0, 0))?;
        self.run.add_body.execute((0, vec![0; BALLAST_BYTES]))?;
        Ok(())
    }

    /// Takes it away again.
    pub(super) fn drop_ballast(&mut self) -> Result<(), Failure> {
        self.run.remove_bodies.execute((0, 0))?;
        self.shows_room = true;
        Ok(())
    }

    /// Takes a block of notify ids.
    pub(super) fn lease(&mut self, app: &AppId, count: u64) -> Result<u64, Failure> {
        let next: Option<i64> = self.run.find_lease.query_row([app.as_str()], |row| row.get(0)).optional()?;
        let start = u64::try_from(next.unwrap_or_default()).map_err(|_| Failure::damaged("a lease below zero"))?;
        let end = crate::limits::check_lease(start, count)?;
        let end = i64::try_from(end).map_err(|_| SpoolFault::Malformed { detail: "too many notify ids" })?;
        self.run.set_lease.execute((app.as_str(), end))?;
        Ok(start)
    }
}
