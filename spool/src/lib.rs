//! The durable queue: a push that was taken is there until every part of it is done, whatever happens in between.
//!
//! It is a store with promises. It knows nothing of vendors, of HTTP or of when to send what: bodies, outcomes and
//! events are bytes to it, and times are given to it. [`Spool`] says what it does; [`SqliteSpool`] does it on disk, and
//! [`MemorySpool`] is its twin without a disk, for tests.
//!
//! # Words
//!
//! A push goes through one or more channels; what is to be done for it in one of them is a *part*. A part is open until
//! a *settlement* says that it is done. When the last part is done, the push is *settled*: its body is dropped, its
//! results stay until a purge finds them older than their retention. Until then the same id is answered with what it
//! was.
//!
//! # What is durable when
//!
//! - [`Spool::admit`], [`settle`](Spool::settle), [`log`](Spool::log), [`set_mark`](Spool::set_mark),
//!   [`lease_notify_ids`](Spool::lease_notify_ids) and [`purge`](Spool::purge) resolve after the commit that holds them was written and `fsync` has returned. What
//!   they answered outlives a kill and a power cut, as far as the disk tells the truth about `fsync`.
//! - A call that was not answered is there whole or not at all. After a crash it may be there.
//! - All settlements and events of one call become durable together. Event ids grow in the order of commits; they, the
//!   numbers of pushes and notify ids are never used twice, over purges and restarts too.
//! - Nothing on disk says that a part is being worked on: after a crash everything open is open again, so delivery is
//!   at least once. Progress that was settled is not repeated.
//! - Parts of one channel and priority come in the order of due time, and for equal due times in the order of
//!   admission.
//!
//! # When writing fails
//!
//! A failed write, commit, checkpoint or `fsync`, or a page that reads as nonsense, *poisons* the spool: that call,
//! every call that waits and every later one gets [`SpoolFault::Poisoned`], and nothing is acknowledged any more. After
//! a failed `fsync` nobody can say what is on the disk, so there is no way on but to open the file anew.
//!
//! A full disk is the exception, since SQLite then rolls back cleanly: the call gets [`SpoolFault::Full`], the spool
//! counts as unhealthy, and it can still be read, settled as far as there is room, and purged. The first admission that
//! succeeds ends it, a purge that removed something, or a write of 64 KiB that asking for its health causes. One failing call, even one that panics, does not touch others of the same commit.
//!
//! # The file
//!
//! One SQLite database (format in `sqlite/schema/`, marked by `application_id` and `user_version`) in WAL mode with
//! `synchronous=FULL`; beside it its `-wal` and `-shm` and a `.lock` file, which keeps a second process away. Operators
//! may read it with the `sqlite3` command while it is in use; they must not write. Older formats are brought forward in
//! one transaction when they are opened, newer ones are refused.
//!
//! # What recovery may drop
//!
//! Only the unacknowledged: a commit at the end of the write-ahead log that was being written when the machine stopped.
//! As each commit is on disk before the next is begun, there can be one of them at most. If more commits lie behind the
//! first spoilt page of the log, the disk has lost something that was acknowledged, and the file is refused as
//! [damaged](OpenFault::Damaged) instead of being cut short in silence.
//!
//! # Bounds
//!
//! Memory does not grow with what lies on disk: caches are 16 MiB for writing and 2 MiB for each of four readers, 2 MiB
//! more remember what was admitted last, and calls that wait for the writer hold 64 MiB at most, the rest wait in their
//! callers. A page, a purge and a look at
//! events are bounded by the constants of this module. The write-ahead log is moved into the database at 16 MiB;
//! readers can delay that, up to 64 MiB without and beyond with being waited for. Removed space is used again and not
//! given back.

mod channel_name;
mod event;
mod fault;
mod limits;
mod memory;
mod moment;
mod part;
mod purge;
mod push;
mod ranges;
mod settlement;
mod spool;
mod sqlite;
#[cfg(test)]
mod tests;

pub use channel_name::{ChannelName, ChannelNameFault};
pub use event::{Event, EventPage, NewEvent};
pub use fault::{OpenFault, SpoolFault};
pub use limits::{
    MAX_BODY_BYTES, MAX_CALL_BYTES, MAX_CHANNELS, MAX_CHUNKS, MAX_EVENT_BYTES, MAX_EVENT_PAGE_BYTES, MAX_EVENT_ROWS,
    MAX_EVENTS_SEEN, MAX_NOTIFY_ID, MAX_OUTCOME_BYTES, MAX_PAGE_ROWS, MAX_PURGED_EVENTS, MAX_PURGED_PUSHES,
    MAX_READER_BYTES,
};
pub use memory::MemorySpool;
pub use moment::Moment;
pub use part::{OpenChannel, Page, PageLimits, Part, Position};
pub use purge::{Purged, Retention};
pub use push::{Admission, NewPush, PartProgress, PartState, PushState};
pub use ranges::TargetRanges;
pub use settlement::{Settled, Settlement, TargetResult, Then};
pub use spool::{Reply, Spool};
pub use sqlite::SqliteSpool;
