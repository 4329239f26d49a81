//! Reading the log from some point on, for as long as the reader likes.

use std::sync::Arc;
use std::time::Duration;

use model::{AppId, EventKind};
use spool::{Event, Spool, SpoolFault};
use tokio::sync::watch;
use tokio::time::Instant;

use super::kind_of;
use crate::access::{Access, Denied};

/// Reads the log. It looks for as much as is asked for and no further: who reads slowly holds nothing here but his
/// place.
#[derive(Debug)]
pub struct Feed {
    spool: Arc<dyn Spool>,
    newest: watch::Receiver<u64>,
    selection: Selection,
    /// Up to which id it has looked.
    seen: u64,
    /// How many events it asks for, so that they are about [`WANTED_BYTES`].
    rows: usize,
}

/// Which events are read.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Of one app, or of all.
    pub app: Option<AppId>,
    /// Of these kinds.
    pub kinds: Vec<EventKind>,
    /// And of those that this reader may see.
    pub access: Access,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is logged from now on.
    Now,
    /// After the event of that id; 0 is before the first.
    After(u64),
}

/// Why reading does not begin where it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// Events up to that id are no longer retained; it begins after them.
    Purged(u64),
    /// The log never had the event; it begins with the oldest that it has. The id is of another log.
    Foreign,
}

/// What is read at once, about: small enough that many slow readers are cheap.
const WANTED_BYTES: usize = 256 << 10;
const FIRST_ROWS: usize = 16;
/// So long after it found nothing it looks again at the earliest: with many readers and a busy log it would else look
/// for each of them after each commit.
const PACE: Duration = Duration::from_millis(50);
const MAX_ROWS: usize = 1024;

// === impl Selection ===

impl Selection {
    /// What of it a reader may see.
    pub fn within(self, access: Access) -> Result<Self, Denied> {
        self.app.iter().try_for_each(|app| access.check_app(app))?;
        // The log can be read by one app faster than it is sorted out.
        let app = self.app.or_else(|| access.only_app().cloned());
        Ok(Self { app, access, ..self })
    }

    fn takes(&self, event: &Event) -> bool {
        kind_of(event.kind).is_some_and(|kind| self.kinds.contains(&kind)) && self.access.sees(&event.app)
    }
}

// === impl Feed ===

impl Feed {
    /// Begins to read.
    pub async fn open(
        spool: Arc<dyn Spool>,
        selection: Selection,
        start: Start,
    ) -> Result<(Self, Option<Skipped>), SpoolFault> {
        let newest = spool.subscribe();
        let newest_id = *newest.borrow();
        let (seen, skipped) = match start {
            Start::Now => (newest_id, None),
            Start::After(0) => (0, None),
            Start::After(id) => place(&*spool, id, newest_id).await?,
        };
        Ok((Self { spool, newest, selection, seen, rows: FIRST_ROWS }, skipped))
    }

    /// The next events, as soon as there are any. Cancel safe: what was not given is given next time.
    pub async fn next(&mut self) -> Result<Vec<Event>, SpoolFault> {
        loop {
            // Before looking: what is logged while we look must wake us.
            self.newest.mark_unchanged();
            let looked = Instant::now();
            let page = self.spool.events_after(self.seen, self.selection.app.as_ref(), self.rows).await?;
            self.fit_rows(&page.events);
            let is_end = page.seen == self.seen;
            self.seen = page.seen;
            let mut events = page.events;
            events.retain(|event| self.selection.takes(event));
            if !events.is_empty() {
                return Ok(events);
            }
            if is_end {
                if self.newest.changed().await.is_err() {
                    // Only a spool that is gone stops watching, and we hold it.
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep_until(looked + PACE).await;
            }
        }
    }

    /// Up to which id it has looked: reading may go on after it.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    fn fit_rows(&mut self, events: &[Event]) {
        if !events.is_empty() {
            let bytes: usize = events.iter().map(|event| event.body.len()).sum();
            self.rows = (WANTED_BYTES * events.len() / bytes.max(1)).clamp(1, MAX_ROWS);
        }
    }
}

/// From where to go on after an id, and what cannot be told any more.
async fn place(spool: &dyn Spool, id: u64, newest: u64) -> Result<(u64, Option<Skipped>), SpoolFault> {
    if id > newest {
        // It may have become durable this very moment.
        let page = spool.events_after(id - 1, None, 1).await?;
        let is_ours = page.events.first().is_some_and(|event| event.id == id);
        return Ok(if is_ours { (id, None) } else { (0, Some(Skipped::Foreign)) });
    }
    let page = spool.events_after(id, None, 1).await?;
    let next = page.events.first().map_or(newest + 1, |event| event.id);
    // The log has no gaps but at its beginning.
    Ok((id, (next > id + 1).then_some(Skipped::Purged(next - 1))))
}
