//! What waits to be taken up in one channel: four queues, each the beginning of what the spool holds.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use model::Priority;
use spool::{Moment, Page, PageLimits, Part, Position};

use super::turns::{Kind, Turns};
use crate::delivery::post::{Post, place};
use crate::delivery::work::Work;

/// A part in a queue.
#[derive(Debug)]
pub(super) enum Queued {
    /// Handed over at admission.
    Handed(Work),
    /// Read from the spool, its body not yet looked at.
    Stored(Part),
}

/// The queues.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// By priority's place.
    fresh: [Fresh; 2],
    timed: [Timed; 2],
    turns: Turns,
    /// Parts that are in memory, here or in rounds: the spool still holds them.
    known: HashSet<u64>,
    /// Parts that were written down while a page was being read, which may still show them as they were.
    outdated: HashSet<u64>,
    reading: bool,
}

/// First attempts.
#[derive(Debug, Default)]
struct Fresh {
    queue: VecDeque<Queued>,
    bytes: usize,
    /// The spool was read up to this push.
    read_to: u64,
}

/// What is due at some time.
#[derive(Debug)]
struct Timed {
    queue: VecDeque<Queued>,
    /// When the spool is to be read again.
    next_due: Option<Moment>,
}

/// A page to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageRequest {
    pub(super) priority: Priority,
    pub(super) kind: Kind,
    pub(super) after: Position,
    pub(super) limits: PageLimits,
}

/// Parts of a page, and when fewer wait for the next one to be read.
const PAGE_ROWS: usize = 512;
const LOW_WATER: usize = 128;
/// Bytes of a page.
const PAGE_BYTES: usize = 4 << 20;
/// Bytes of bodies that wait in memory, of each priority.
const ROOM_BYTES: usize = 8 << 20;
/// How long to wait with reading what was just read.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// What is due at once has no time.
pub(in crate::delivery) const AT_ONCE: Moment = Moment::MIN;
/// Before everything that has a time.
pub(super) const FIRST_TIMED: Position = Position { due: Moment::from_millis(1), seq: 0 };

// === impl Lanes ===

impl Lanes {
    /// Takes in what was handed over.
    pub(super) fn hand(&mut self, priority: usize, works: Vec<Work>) {
        for work in works {
            // Read from the spool before it was handed over.
            if work.seq > self.fresh[priority].read_to && self.known.insert(work.seq) {
                self.fresh[priority].queue.push_back(Queued::Handed(work));
            }
        }
    }

    /// Something is due at that time.
    pub(super) fn later(&mut self, priority: Priority, due: Moment) {
        let next = &mut self.timed[place(priority)].next_due;
        *next = Some(next.map_or(due, |earlier| earlier.min(due)));
    }

    /// How many bytes may be handed over.
    pub(super) fn room(&self) -> [usize; 2] {
        [0, 1].map(|priority| {
            let fresh = &self.fresh[priority];
            // What was handed over holds about as much again as what was read.
            ROOM_BYTES.saturating_sub(fresh.bytes + fresh.queue.len() * 1024)
        })
    }

    /// The next part, by whose turn it is.
    pub(super) fn next(&mut self) -> Option<Queued> {
        for (priority, kind) in self.turns.order() {
            let next = match kind {
                Kind::Fresh => self.fresh[place(priority)].next(),
                Kind::Timed => self.timed[place(priority)].queue.pop_front(),
            };
            if next.is_some() {
                self.turns.taken();
                return next;
            }
        }
        None
    }

    /// Takes a part out of the queues, if it is there.
    pub(super) fn withdraw(&mut self, seq: u64) -> bool {
        !self.take_out(|queued| queued.seq() == seq).is_empty()
    }

    /// Takes out of the queues what is not worth sending any more.
    pub(super) fn withdraw_expired(&mut self, now: Moment) -> Vec<Queued> {
        self.take_out(|queued| queued.expires_at() <= now)
    }

    fn take_out(&mut self, is_wanted: impl Fn(&Queued) -> bool) -> Vec<Queued> {
        let mut found = Vec::new();
        let mut part = |queue: &mut VecDeque<Queued>| {
            let (out, left): (Vec<Queued>, Vec<Queued>) = std::mem::take(queue).into_iter().partition(&is_wanted);
            queue.extend(left);
            let bytes: usize = out.iter().map(Queued::bytes).sum();
            found.extend(out);
            bytes
        };
        for fresh in &mut self.fresh {
            fresh.bytes -= part(&mut fresh.queue);
        }
        for timed in &mut self.timed {
            part(&mut timed.queue);
        }
        found
    }

    /// Whether a part is in memory.
    pub(super) fn knows(&self, seq: u64) -> bool {
        self.known.contains(&seq)
    }

    /// A part is in memory from elsewhere.
    pub(super) fn know(&mut self, seq: u64) {
        self.known.insert(seq);
    }

    /// A part was written down and left memory.
    pub(super) fn forget(&mut self, seq: u64) {
        self.known.remove(&seq);
        if self.reading {
            self.outdated.insert(seq);
        }
    }

    /// The page that should be read next, if any.
    pub(super) fn wanted(&mut self, post: &Post, now: Moment) -> Option<PageRequest> {
        if self.reading {
            return None;
        }
        for (priority, kind) in self.turns.order() {
            let known = self.known.len();
            let (fresh, timed) = (&self.fresh[place(priority)], &self.timed[place(priority)]);
            let (is_wanted, after, due_by, rows) = match kind {
                Kind::Fresh => (
                    fresh.queue.len() < LOW_WATER && post.is_behind(priority),
                    Position { due: AT_ONCE, seq: fresh.read_to },
                    AT_ONCE,
                    PAGE_ROWS,
                ),
                // From the beginning, whatever is in memory: what is written down for later may come to stand anywhere.
                Kind::Timed => (
                    timed.queue.len() < LOW_WATER && timed.next_due.is_some_and(|due| due <= now),
                    FIRST_TIMED,
                    now,
                    PAGE_ROWS + known,
                ),
            };
            if is_wanted {
                if kind == Kind::Fresh {
                    post.begin_reading(priority);
                }
                self.reading = true;
                return Some(PageRequest {
                    priority,
                    kind,
                    after,
                    limits: PageLimits { rows, bytes: PAGE_BYTES, due_by },
                });
            }
        }
        None
    }

    /// Takes in a page. `None`: it could not be read.
    pub(super) fn read(&mut self, request: PageRequest, page: Option<Page>, post: &Post) {
        self.reading = false;
        let outdated = std::mem::take(&mut self.outdated);
        let Some(page) = page else { return };
        let last = page.parts.last().map(|part| part.seq);
        let mut new = Vec::new();
        for part in page.parts {
            if !outdated.contains(&part.seq) && self.known.insert(part.seq) {
                new.push(Queued::Stored(part));
            }
        }
        let priority = place(request.priority);
        match request.kind {
            Kind::Fresh => {
                let fresh = &mut self.fresh[priority];
                fresh.read_to = fresh.read_to.max(last.unwrap_or_default());
                fresh.bytes += new.iter().map(Queued::bytes).sum::<usize>();
                fresh.queue.extend(new);
                let is_end = page.next_due.is_none_or(|due| due > AT_ONCE);
                if is_end {
                    post.catch_up(request.priority);
                }
                // What has a time is behind all that has none.
                if let Some(due) = page.next_due.filter(|due| *due > AT_ONCE) {
                    self.later(request.priority, due);
                }
            }
            Kind::Timed => {
                let is_news = !new.is_empty();
                self.timed[priority].queue.extend(new);
                // A page full of what is in memory already: some of it has to leave before the next look.
                let soonest = if is_news { Moment::MIN } else { request.limits.due_by.after(LOOK_AGAIN) };
                self.timed[priority].next_due = page.next_due.map(|due| due.max(soonest));
            }
        }
    }

    /// When the next part is due that is not in memory.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.timed.iter().filter_map(|timed| timed.next_due).min()
    }
}

// === impl Fresh ===

impl Fresh {
    fn next(&mut self) -> Option<Queued> {
        let next = self.queue.pop_front()?;
        self.bytes -= next.bytes();
        Some(next)
    }
}

// === impl Timed ===

impl Default for Timed {
    /// Nobody knows yet what the spool holds.
    fn default() -> Self {
        Self { queue: VecDeque::new(), next_due: Some(Moment::MIN) }
    }
}

// === impl Queued ===

impl Queued {
    pub(super) fn seq(&self) -> u64 {
        match self {
            Queued::Handed(work) => work.seq,
            Queued::Stored(part) => part.seq,
        }
    }

    fn expires_at(&self) -> Moment {
        match self {
            Queued::Handed(work) => work.expires_at,
            Queued::Stored(part) => part.expires_at,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Queued::Handed(_) => 0,
            Queued::Stored(part) => part.body.len(),
        }
    }
}
