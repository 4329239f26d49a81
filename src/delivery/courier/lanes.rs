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
    /// Handed over at admission, with the bytes that it takes.
    Handed(Work, usize),
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

/// Parts in order.
#[derive(Debug, Default)]
struct Queue {
    parts: VecDeque<Queued>,
    /// What they take.
    bytes: usize,
}

/// First attempts.
#[derive(Debug, Default)]
struct Fresh {
    queue: Queue,
    /// The spool was read up to this push.
    read_to: u64,
}

/// What is due at some time.
#[derive(Debug)]
struct Timed {
    queue: Queue,
    /// When the spool is to be read again, from the beginning.
    next_due: Option<Moment>,
    /// How far it is read, until its end is reached: a page may hold nothing that is not in memory.
    read_to: Option<Position>,
}

/// A page to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageRequest {
    pub(super) priority: Priority,
    pub(super) kind: Kind,
    pub(super) after: Position,
    pub(super) limits: PageLimits,
    /// What was never tried is left where it is.
    pub(super) retries_only: bool,
}

/// What may be taken up of one priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admits {
    /// All of it.
    All,
    /// Only what was tried before: others wait for it.
    Retries,
    /// Nothing.
    Nothing,
}

/// Parts of a page, and when fewer wait for the next one to be read.
const PAGE_ROWS: usize = 512;
const LOW_WATER: usize = 128;
/// Bytes of a page.
const PAGE_BYTES: usize = 4 << 20;
/// Bytes that may be handed over and wait in memory, of each priority, and when fewer wait for the next page to be read.
const ROOM_BYTES: usize = 8 << 20;
const LOW_BYTES: usize = 4 << 20;
/// What a part takes beside its body.
const STORED_OVERHEAD: usize = 1024;
/// What was left in the spool since too much waits already is looked for again after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What is due at once has no time.
pub(in crate::delivery) const AT_ONCE: Moment = Moment::MIN;
/// Before everything that has a time.
pub(super) const FIRST_TIMED: Position = Position { due: Moment::from_millis(1), seq: 0 };

// === impl Lanes ===

impl Lanes {
    /// Takes in what was handed over.
    pub(super) fn hand(&mut self, priority: usize, works: Vec<(Work, usize)>) {
        for (work, bytes) in works {
            // Read from the spool before it was handed over.
            if work.seq > self.fresh[priority].read_to && self.known.insert(work.seq) {
                self.fresh[priority].queue.add(Queued::Handed(work, bytes));
            }
        }
    }

    /// Something is due at that time.
    pub(super) fn later(&mut self, priority: Priority, due: Moment) {
        self.timed[place(priority)].later(due);
    }

    /// How many bytes may be handed over.
    pub(super) fn room(&self) -> [usize; 2] {
        [0, 1].map(|priority| ROOM_BYTES.saturating_sub(self.fresh[priority].queue.bytes))
    }

    /// The next part, by whose turn it is. `admits` is by the priority's place.
    pub(super) fn next(&mut self, admits: [Admits; 2]) -> Option<Queued> {
        for (priority, kind) in self.turns.order() {
            let next = match (admits[place(priority)], kind) {
                (Admits::Nothing, _) | (Admits::Retries, Kind::Fresh) => None,
                (Admits::All, Kind::Fresh) => self.fresh[place(priority)].queue.next(),
                (Admits::All, Kind::Timed) => self.timed[place(priority)].queue.next(),
                (Admits::Retries, Kind::Timed) => self.next_retry(place(priority)),
            };
            if next.is_some() {
                self.turns.taken();
                return next;
            }
        }
        None
    }

    /// The next one that was tried before. Others that stand before it go back to the spool, so that they do not keep it from
    /// being read.
    fn next_retry(&mut self, priority: usize) -> Option<Queued> {
        while let Some(queued) = self.timed[priority].queue.next() {
            match &queued {
                Queued::Stored(part) if part.attempts == 0 => {
                    self.known.remove(&part.seq);
                    self.timed[priority].later(part.due);
                }
                _ => return Some(queued),
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
        let fresh = self.fresh.iter_mut().map(|fresh| &mut fresh.queue);
        let timed = self.timed.iter_mut().map(|timed| &mut timed.queue);
        fresh.chain(timed).flat_map(|queue| queue.take_out(&is_wanted)).collect()
    }

    /// Whether a part is in memory.
    pub(super) fn knows(&self, seq: u64) -> bool {
        self.known.contains(&seq)
    }

    /// Whether no part is in memory.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
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

    /// The page that should be read next, if any. `admits` is by the priority's place.
    pub(super) fn wanted(&mut self, post: &Post, now: Moment, admits: [Admits; 2]) -> Option<PageRequest> {
        if self.reading {
            return None;
        }
        for (priority, kind) in self.turns.order() {
            let (after, due_by) = match kind {
                Kind::Fresh => (self.fresh[place(priority)].begin_reading(post, priority), AT_ONCE),
                Kind::Timed => (self.timed[place(priority)].begin_reading(now), now),
            };
            if let Some(after) = after {
                self.reading = true;
                let limits = PageLimits { rows: PAGE_ROWS, bytes: PAGE_BYTES, due_by };
                let retries_only = kind == Kind::Timed && admits[place(priority)] == Admits::Retries;
                return Some(PageRequest { priority, kind, after, limits, retries_only });
            }
        }
        None
    }

    /// Takes in a page. `None`: it could not be read.
    pub(super) fn read(&mut self, request: PageRequest, page: Option<Page>, post: &Post) {
        self.reading = false;
        let outdated = std::mem::take(&mut self.outdated);
        let Some(page) = page else { return };
        let last = page.parts.last().map(Part::position);
        let is_end = page.next_due.is_none_or(|due| due > request.limits.due_by);
        let (mut new, mut left) = (Vec::new(), false);
        for part in page.parts {
            if request.retries_only && part.attempts == 0 {
                left |= !self.known.contains(&part.seq);
            } else if !outdated.contains(&part.seq) && self.known.insert(part.seq) {
                new.push(Queued::Stored(part));
            }
        }
        let priority = place(request.priority);
        match request.kind {
            Kind::Fresh => {
                let fresh = &mut self.fresh[priority];
                fresh.read_to = fresh.read_to.max(last.unwrap_or_default().seq);
                new.into_iter().for_each(|part| fresh.queue.add(part));
                if is_end {
                    post.catch_up(request.priority);
                    // What has a time is behind all that has none.
                    page.next_due.into_iter().for_each(|due| self.timed[priority].later(due));
                }
            }
            Kind::Timed => {
                let timed = &mut self.timed[priority];
                new.into_iter().for_each(|part| timed.queue.add(part));
                timed.read_to = last.filter(|_| !is_end);
                if left {
                    timed.later(request.limits.due_by.after(LOOK_AGAIN));
                }
                if is_end {
                    page.next_due.into_iter().for_each(|due| timed.later(due));
                }
            }
        }
    }

    /// When the next part is due that is not in memory.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.timed.iter().filter_map(|timed| timed.next_due).min()
    }
}

// === impl Queue ===

impl Queue {
    fn add(&mut self, part: Queued) {
        self.bytes += part.bytes();
        self.parts.push_back(part);
    }

    fn next(&mut self) -> Option<Queued> {
        let next = self.parts.pop_front()?;
        self.bytes -= next.bytes();
        Some(next)
    }

    /// Takes some out of it, wherever they stand.
    fn take_out(&mut self, is_wanted: impl Fn(&Queued) -> bool) -> Vec<Queued> {
        if !self.parts.iter().any(&is_wanted) {
            return Vec::new();
        }
        let (out, left): (Vec<Queued>, Vec<Queued>) = std::mem::take(&mut self.parts).into_iter().partition(is_wanted);
        self.parts = left.into();
        self.bytes -= out.iter().map(Queued::bytes).sum::<usize>();
        out
    }

    /// Whether there is room for a page.
    fn is_low(&self) -> bool {
        self.parts.len() < LOW_WATER && self.bytes < LOW_BYTES
    }
}

// === impl Fresh ===

impl Fresh {
    /// Where to read from, if that is to be done now.
    fn begin_reading(&self, post: &Post, priority: Priority) -> Option<Position> {
        let is_wanted = self.queue.is_low() && post.is_behind(priority);
        is_wanted.then(|| {
            post.begin_reading(priority);
            Position { due: AT_ONCE, seq: self.read_to }
        })
    }
}

// === impl Timed ===

impl Default for Timed {
    /// Nobody knows yet what the spool holds.
    fn default() -> Self {
        Self { queue: Queue::default(), next_due: Some(Moment::MIN), read_to: None }
    }
}

impl Timed {
    /// Something is due at that time.
    fn later(&mut self, due: Moment) {
        self.next_due = Some(self.next_due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Where to read from, if that is to be done now. Always from the beginning to the end, whatever is in memory: what is
    /// written down for later may come to stand anywhere.
    fn begin_reading(&mut self, now: Moment) -> Option<Position> {
        if !self.queue.is_low() {
            return None;
        }
        if self.read_to.is_none() {
            self.next_due.filter(|due| *due <= now)?;
            // What is told to be due from now on may be missed by this reading.
            self.next_due = None;
            self.read_to = Some(FIRST_TIMED);
        }
        self.read_to
    }
}

// === impl Queued ===

impl Queued {
    pub(super) fn seq(&self) -> u64 {
        match self {
            Queued::Handed(work, _) => work.seq,
            Queued::Stored(part) => part.seq,
        }
    }

    fn expires_at(&self) -> Moment {
        match self {
            Queued::Handed(work, _) => work.expires_at,
            Queued::Stored(part) => part.expires_at,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Queued::Handed(_, bytes) => *bytes,
            Queued::Stored(part) => part.body.len() + STORED_OVERHEAD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use model::{AppId, PushId};

    const ALL: [Admits; 2] = [Admits::All; 2];
    const NOW: Moment = Moment::from_millis(1000);

    fn part(seq: u64, due: u64, attempts: u32) -> Part {
        Part {
            seq,
            app: AppId::parse("demo").unwrap(),
            id: PushId::parse("p").unwrap(),
            body: Bytes::from_static(b"{}"),
            nonce: 0,
            notify_id: 0,
            trace: None,
            admitted_at: Moment::MIN,
            expires_at: Moment::MAX,
            due: Moment::from_millis(due),
            attempts,
            settled: Default::default(),
        }
    }

    fn page(parts: Vec<Part>, next_due: Option<u64>) -> Option<Page> {
        Some(Page { parts, next_due: next_due.map(Moment::from_millis) })
    }

    /// Lanes that have read all but what has a time and ordinary priority.
    fn lanes(post: &Post) -> (Lanes, PageRequest) {
        let mut lanes = Lanes::default();
        while let Some(request) = lanes.wanted(post, NOW, ALL) {
            if (request.priority, request.kind) == (Priority::Normal, Kind::Timed) {
                return (lanes, request);
            }
            lanes.read(request, page(Vec::new(), None), post);
        }
        unreachable!("everything is wanted at first");
    }

    fn taken(lanes: &mut Lanes, admits: Admits) -> Vec<u64> {
        std::iter::from_fn(|| lanes.next([admits; 2])).map(|queued| queued.seq()).collect()
    }

    #[test]
    fn what_is_told_to_be_due_while_a_page_is_read_is_not_forgotten() {
        let post = Post::default();
        let (mut lanes, request) = lanes(&post);
        lanes.later(Priority::Normal, Moment::from_millis(1500));
        lanes.read(request, page(Vec::new(), None), &post);
        assert_eq!(lanes.next_due(), Some(Moment::from_millis(1500)));
        assert!(lanes.wanted(&post, NOW, ALL).is_none());
        assert!(lanes.wanted(&post, Moment::from_millis(1500), ALL).is_some());
    }

    #[test]
    fn a_page_of_what_is_in_memory_hides_nothing_behind_it() {
        let post = Post::default();
        let (mut lanes, request) = lanes(&post);
        lanes.read(request, page(vec![part(1, 10, 0), part(2, 20, 0)], Some(30)), &post);
        let next = lanes.wanted(&post, NOW, ALL).unwrap();
        assert_eq!(next.after, part(2, 20, 0).position());
        lanes.read(next, page(Vec::new(), Some(5000)), &post);
        assert!(lanes.wanted(&post, NOW, ALL).is_none(), "to the end, and then not before something is due");
        lanes.later(Priority::Normal, Moment::from_millis(900));
        let again = lanes.wanted(&post, NOW, ALL).unwrap();
        assert_eq!(again.after, FIRST_TIMED);
        lanes.read(again, page(vec![part(1, 10, 0), part(2, 20, 0)], Some(30)), &post);
        let behind = lanes.wanted(&post, NOW, ALL).unwrap();
        lanes.read(behind, page(vec![part(3, 30, 1)], None), &post);
        assert_eq!(taken(&mut lanes, Admits::All), [1, 2, 3]);
    }

    #[test]
    fn what_waits_in_memory_is_bounded_in_bytes_however_it_came() {
        let (post, mut lanes) = (Post::default(), Lanes::default());
        while let Some(request) = lanes.wanted(&post, NOW, ALL) {
            lanes.read(request, page(Vec::new(), None), &post);
        }
        let body = r#"{"app":"demo","message":{"title":"t","body":"b"},"targets":[{"vendor":"mi","token":"r"}]}"#;
        let mut work = Work::read(&Part { body: body.into(), ..part(0, 0, 0) }).unwrap();
        for _ in 0..100 {
            lanes.hand(1, std::mem::take(&mut post.collect(lanes.room()).fresh[1]));
            work.seq += 1;
            post.hand(work.clone(), 1 << 20);
        }
        assert!(post.is_behind(Priority::High), "the rest stays in the spool");
        assert_eq!(lanes.room()[1], 0);
        assert!(lanes.wanted(&post, NOW, ALL).is_none());
        assert_eq!(taken(&mut lanes, Admits::All), (1..=8).collect::<Vec<u64>>());
        let mut request = lanes.wanted(&post, NOW, ALL).unwrap();
        for seq in 9..12 {
            let large = Part { body: Bytes::from(vec![0; 2 << 20]), ..part(seq, 0, 0) };
            lanes.read(request, page(vec![large], Some(0)), &post);
            let Some(next) = lanes.wanted(&post, NOW, ALL) else { break };
            request = next;
        }
        assert_eq!(taken(&mut lanes, Admits::All), [9, 10], "few large ones are enough");
    }

    #[test]
    fn where_only_retries_are_taken_up_what_stands_before_them_makes_room() {
        let post = Post::default();
        let (mut lanes, request) = lanes(&post);
        lanes.read(request, page((1..=200).map(|seq| part(seq, 10, 0)).collect(), Some(20)), &post);
        assert!(lanes.wanted(&post, NOW, ALL).is_none(), "enough waits");
        let retries = [Admits::Retries; 2];
        assert!(taken(&mut lanes, Admits::Retries).is_empty());
        let next = lanes.wanted(&post, NOW, retries).unwrap();
        lanes.read(next, page(vec![part(300, 20, 1), part(301, 20, 0)], None), &post);
        assert_eq!(taken(&mut lanes, Admits::Retries), [300]);
        while let Some(request) = lanes.wanted(&post, NOW, retries) {
            lanes.read(request, page((1..=200).map(|seq| part(seq, 10, 0)).collect(), None), &post);
        }
        let later = NOW.after(LOOK_AGAIN);
        assert_eq!(lanes.next_due(), Some(later), "it is looked for again, but not at once");
        let request = lanes.wanted(&post, later, ALL).unwrap();
        lanes.read(request, page((1..=200).map(|seq| part(seq, 10, 0)).collect(), None), &post);
        assert_eq!(taken(&mut lanes, Admits::All).len(), 200);
    }
}
