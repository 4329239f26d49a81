//! The log of what there is to tell.

use std::fmt;

use bytes::Bytes;
use model::{AppId, Hidden};

use crate::{MAX_EVENT_PAGE_BYTES, MAX_EVENT_ROWS, MAX_EVENTS_SEEN, Moment};

/// Something to tell an app.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Whom.
    pub app: AppId,
    /// Of what kind; the caller's numbering.
    pub kind: u8,
    /// What, in the caller's encoding: at most [`MAX_EVENT_BYTES`](crate::MAX_EVENT_BYTES).
    pub body: Bytes,
}

/// An event in the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id. Ids grow in the order of commits, from 1 on, and are never used twice.
    pub id: u64,
    /// When it was logged.
    pub at: Moment,
    /// Whom it is for.
    pub app: AppId,
    /// Of what kind.
    pub kind: u8,
    /// What.
    pub body: Bytes,
}

/// Some events in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// How far the log was looked through: ask for what comes after this id next. One call looks at
    /// [`MAX_EVENTS_SEEN`] events at most, so a page for a quiet app can be empty without being
    /// the last: it is the last if this is the id that was asked for.
    pub seen: u64,
}

/// Which ids one call looks at: those after `id`, of the log's `first..=newest`. The log has no gaps within.
pub(crate) fn window(id: u64, first: u64, newest: u64) -> (u64, u64) {
    let from = id.max(first.saturating_sub(1));
    (from, newest.min(from.saturating_add(MAX_EVENTS_SEEN as u64)))
}

/// Collects events into a page until it is full.
pub(crate) struct Collector {
    page: EventPage,
    rows: usize,
    bytes: usize,
}

// === impl NewEvent ===

/// Says nothing of whose device it is about.
impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut event = f.debug_struct("NewEvent");
        event.field("app", &self.app).field("kind", &self.kind).field("body", &Hidden(self.body.len())).finish()
    }
}

// === impl Event ===

/// Says nothing of whose device it is about.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut event = f.debug_struct("Event");
        event.field("id", &self.id).field("at", &self.at).field("app", &self.app).field("kind", &self.kind);
        event.field("body", &Hidden(self.body.len())).finish()
    }
}

// === impl Collector ===

impl Collector {
    pub(crate) fn new(limit: usize) -> Self {
        Self { page: EventPage::default(), rows: limit.min(MAX_EVENT_ROWS), bytes: MAX_EVENT_PAGE_BYTES }
    }

    /// Takes the next event, or says that the page is full without it.
    pub(crate) fn take(&mut self, event: Event) -> bool {
        let fits = self.page.events.is_empty() || event.body.len() <= self.bytes;
        if self.page.events.len() >= self.rows || !fits {
            return false;
        }
        self.bytes = self.bytes.saturating_sub(event.body.len());
        self.page.events.push(event);
        true
    }

    /// The page; `looked_to` is where the search ended if the page did not end it, `asked` the id that was asked for.
    pub(crate) fn finish(mut self, full: bool, asked: u64, looked_to: u64) -> EventPage {
        let last = self.page.events.last().map_or(asked, |event| event.id);
        self.page.seen = if full { last } else { asked.max(looked_to) };
        self.page
    }
}
