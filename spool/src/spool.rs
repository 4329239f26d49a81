//! What every spool can do.

use std::fmt;
use std::pin::Pin;

use model::{AppId, Priority, PushId};
use tokio::sync::watch;

use crate::{
    Admission, ChannelName, EventPage, Moment, NewEvent, NewPush, OpenChannel, Page, PageLimits, Position, Purged,
    PushState, Retention, Settled, Settlement, SpoolFault,
};

/// An answer that comes later.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, SpoolFault>> + Send + 'a>>;

/// A durable queue of pushes; the module's page has its promises.
///
/// Nothing happens before the future is polled. Once it was, dropping it takes nothing back: the call may or may not be
/// carried out, as if the answer had been lost on the way. Every call needs a tokio runtime.
///
/// Nobody leases: the one dispatcher of a channel holds in memory which parts it is at work on. A part can come to
/// stand *before* a position that was already passed (a retry, or an admission whose time was read a little earlier
/// than that of another), so a dispatcher begins anew from the due time of what it has admitted or settled itself.
pub trait Spool: Send + Sync + fmt::Debug {
    /// Takes a push. Resolves when it is durable.
    fn admit(&self, push: NewPush) -> Reply<'_, Admission>;

    /// Open parts of a channel and priority that stand after a position, in the order of due time, then of admission.
    fn page(&self, channel: &ChannelName, priority: Priority, after: Position, limits: PageLimits) -> Reply<'_, Page>;

    /// Writes down what became of parts, all or nothing; one answer for each, in order. Resolves when it is durable.
    ///
    /// Cancelling is a settlement too: [`Then::Done`](crate::Then::Done), with a result for every target that has none
    /// yet. Whoever comes first wins; the other is told [`Settled::Closed`].
    fn settle(&self, now: Moment, settlements: Vec<Settlement>) -> Reply<'_, Vec<Settled>>;

    /// What is known of a push, if it is retained.
    fn push(&self, app: &AppId, id: &PushId) -> Reply<'_, Option<PushState>>;

    /// Appends events that belong to no settlement. Resolves when they are durable.
    fn log(&self, now: Moment, events: Vec<NewEvent>) -> Reply<'_, ()>;

    /// Events after an id, of one app or all; at most so many, and never more than
    /// [`MAX_EVENT_ROWS`](crate::MAX_EVENT_ROWS).
    fn events_after(&self, id: u64, app: Option<&AppId>, limit: usize) -> Reply<'_, EventPage>;

    /// Watches the id of the newest durable event; 0 before the first.
    fn subscribe(&self) -> watch::Receiver<u64>;

    /// Writes down that a reader has read all events up to this one, so that it goes on after it however its process
    /// ends. A mark never moves backwards: a lower one is ignored. The reader's name has 1 to
    /// [`MAX_READER_BYTES`](crate::MAX_READER_BYTES). Resolves when it is durable.
    fn set_mark(&self, reader: &str, event: u64) -> Reply<'_, ()>;

    /// How far each reader has read, by name.
    fn marks(&self) -> Reply<'_, Vec<(Box<str>, u64)>>;

    /// Takes a block of so many notify ids for an app and gives its first; blocks of an app follow each other from 0 on
    /// and never overlap, over restarts too.
    fn lease_notify_ids(&self, app: &AppId, count: u64) -> Reply<'_, u64>;

    /// How much is open, by channel and priority; where nothing is, there is no entry. Cheap: two looks per entry.
    fn open_channels(&self) -> Reply<'_, Vec<OpenChannel>>;

    /// Removes some of what is older than its retention. Bounded work; ask again while there is more.
    fn purge(&self, now: Moment, retention: Retention) -> Reply<'_, Purged>;

    /// What it takes on disk now, in bytes. What was removed is used again, but not given back.
    fn bytes_on_disk(&self) -> u64;

    /// How many commits have written something since it was opened: far fewer than calls under load.
    fn commits(&self) -> u64;

    /// Whether it takes pushes: not poisoned, and not [full](SpoolFault::Full) when it last took one. To ask a full one makes it
    /// look again, so that who asks now and then learns of new room though nothing else is written.
    fn is_healthy(&self) -> bool;
}
