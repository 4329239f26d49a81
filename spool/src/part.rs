//! Open parts, page by page.

use std::fmt;

use bytes::Bytes;
use model::{AppId, Hidden, Priority, PushId, TraceContext};

use crate::{ChannelName, Moment, TargetRanges};

/// An open part of a push: what is left to do in one channel.
#[derive(Clone, PartialEq)]
pub struct Part {
    /// The number of the push.
    pub seq: u64,
    /// Its tenant.
    pub app: AppId,
    /// Its id.
    pub id: PushId,
    /// The push as the caller sent it.
    pub body: Bytes,
    /// See [`NewPush::nonce`](crate::NewPush::nonce).
    pub nonce: u128,
    /// See [`NewPush::notify_id`](crate::NewPush::notify_id).
    pub notify_id: u64,
    /// See [`NewPush::trace`](crate::NewPush::trace).
    pub trace: Option<TraceContext>,
    /// See [`NewPush::admitted_at`](crate::NewPush::admitted_at).
    pub admitted_at: Moment,
    /// See [`NewPush::expires_at`](crate::NewPush::expires_at).
    pub expires_at: Moment,
    /// Not to be tried before.
    pub due: Moment,
    /// How often it was tried, as told by the last retry.
    pub attempts: u32,
    /// The targets of this channel that already have a result.
    pub settled: TargetRanges,
}

/// A place in the order of open parts of one channel and priority: by due time, then by admission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The due time there.
    pub due: Moment,
    /// The number of the push there.
    pub seq: u64,
}

/// How much one page may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// At most that many parts; never more than [`MAX_PAGE_ROWS`](crate::MAX_PAGE_ROWS).
    pub rows: usize,
    /// At most that many bytes of bodies; yet one part always fits, so that none is stuck.
    pub bytes: usize,
    /// Only parts that are due by then.
    pub due_by: Moment,
}

/// Some open parts in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The parts.
    pub parts: Vec<Part>,
    /// When the first open part after them is due: what a dispatcher waits for if it is later than now. `None` if
    /// there is none.
    pub next_due: Option<Moment>,
}

/// How much is open in one channel at one priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChannel {
    /// The channel.
    pub channel: ChannelName,
    /// The priority.
    pub priority: Priority,
    /// How many parts are open.
    pub parts: u64,
    /// When the first of them is due.
    pub oldest_due: Moment,
    /// When the push of that one was admitted.
    pub oldest_admitted_at: Moment,
}

// === impl Position ===

impl Position {
    /// Before everything.
    pub const START: Position = Position { due: Moment::MIN, seq: 0 };
}

// === impl Part ===

impl Part {
    /// Where it stands; the next page begins after it.
    pub fn position(&self) -> Position {
        Position { due: self.due, seq: self.seq }
    }
}

/// Says nothing of what is pushed.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut part = f.debug_struct("Part");
        part.field("seq", &self.seq).field("app", &self.app).field("id", &self.id);
        part.field("body", &Hidden(self.body.len())).field("admitted_at", &self.admitted_at);
        part.field("expires_at", &self.expires_at).field("due", &self.due).field("attempts", &self.attempts);
        part.field("settled", &self.settled).finish_non_exhaustive()
    }
}
