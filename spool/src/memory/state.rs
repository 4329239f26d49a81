//! What the twin remembers, in the plainest form.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use model::{AppId, Priority, PushId};

use crate::event::{Collector, window};
use crate::{
    Admission, ChannelName, Event, EventPage, MAX_PAGE_ROWS, MAX_PURGED_EVENTS, MAX_PURGED_PUSHES, Moment, NewEvent,
    NewPush, OpenChannel, Page, PageLimits, Part, PartProgress, PartState, Position, Purged, PushState, Retention,
    Settled, Settlement, SpoolFault, TargetRanges, Then, limits,
};

#[derive(Debug, Default)]
pub(super) struct State {
    /// Numbers drawn so far.
    pushes_admitted: u64,
    events_logged: u64,
    pushes: BTreeMap<u64, Stored>,
    ids: HashMap<(AppId, PushId), u64>,
    /// How often each open part was tried.
    open: BTreeMap<(ChannelName, Priority, Position), u32>,
    settled: BTreeSet<(Moment, u64)>,
    events: BTreeMap<u64, Event>,
    marks: BTreeMap<Box<str>, u64>,
    /// The first notify id not leased yet.
    leases: HashMap<AppId, u64>,
}

#[derive(Debug)]
struct Stored {
    push: NewPush,
    settled_at: Option<Moment>,
    /// Where each part stands in the order, and which of its targets have results.
    parts: Vec<(Option<Position>, TargetRanges)>,
    results: BTreeMap<u32, Bytes>,
}

// === impl State ===

impl State {
    pub(super) fn newest_event(&self) -> u64 {
        self.events_logged
    }

    pub(super) fn admit(&mut self, push: NewPush) -> Admission {
        let name = (push.app.clone(), push.id.clone());
        if let Some(seq) = self.ids.get(&name).copied() {
            let same = self.pushes.get(&seq).is_some_and(|stored| stored.push.digest == push.digest);
            return if same { Admission::Known { seq } } else { Admission::Conflict };
        }
        self.pushes_admitted += 1;
        let seq = self.pushes_admitted;
        let position = Position { due: push.due, seq };
        for channel in &push.channels {
            self.open.insert((channel.clone(), push.priority, position), 0);
        }
        let parts = push.channels.iter().map(|_| (Some(position), TargetRanges::default())).collect();
        self.ids.insert(name, seq);
        self.pushes.insert(seq, Stored { push, settled_at: None, parts, results: BTreeMap::new() });
        Admission::New { seq }
    }

    pub(super) fn page(&self, channel: &ChannelName, priority: Priority, after: Position, limits: PageLimits) -> Page {
        let mut page = Page::default();
        let mut bytes = 0_usize;
        for ((_, _, position), attempts) in self.open_after(channel, priority, after) {
            let Some(stored) = self.pushes.get(&position.seq) else { continue };
            bytes = bytes.saturating_add(stored.push.body.len());
            let full = page.parts.len() >= limits.rows.min(MAX_PAGE_ROWS);
            if full || position.due > limits.due_by || (bytes > limits.bytes && !page.parts.is_empty()) {
                page.next_due = Some(position.due);
                break;
            }
            page.parts.push(stored.part(channel, *position, *attempts));
        }
        page
    }

    fn open_after<'a>(
        &'a self,
        channel: &ChannelName,
        priority: Priority,
        after: Position,
    ) -> impl Iterator<Item = (&'a (ChannelName, Priority, Position), &'a u32)> + use<'a> {
        let above = (channel.clone(), priority, after);
        let name = channel.clone();
        self.open
            .range((std::ops::Bound::Excluded(above), std::ops::Bound::Unbounded))
            .take_while(move |((open, urgency, _), _)| *open == name && *urgency == priority)
    }

    pub(super) fn settle(&mut self, now: Moment, settlement: Settlement) -> Settled {
        let Settlement { seq, channel, results, then, events } = settlement;
        let Some(stored) = self.pushes.get_mut(&seq) else { return Settled::Closed };
        let Some(no) = stored.push.channels.iter().position(|named| *named == channel) else { return Settled::Closed };
        let (Some(position), ranges) = &mut stored.parts[no] else { return Settled::Closed };
        let settled: TargetRanges = results.iter().map(|result| result.target).collect();
        ranges.push_ranges(settled.ranges());
        ranges.normalise();
        for result in results {
            stored.results.entry(result.target).or_insert(result.outcome);
        }
        let mut push_is_settled = false;
        let mut key = (channel, stored.push.priority, *position);
        match then {
            Then::Progress => {}
            Then::RetryAt { due, attempts } => {
                self.open.remove(&key);
                position.due = due;
                key.2 = *position;
                self.open.insert(key, attempts);
            }
            Then::Done => {
                self.open.remove(&key);
                stored.parts[no].0 = None;
                push_is_settled = stored.parts.iter().all(|(open, _)| open.is_none());
                if push_is_settled {
                    stored.settled_at = Some(now);
                    stored.push.body = Bytes::new();
                    self.settled.insert((now, seq));
                }
            }
        }
        self.log(now, events);
        Settled::Applied { push_is_settled }
    }

    pub(super) fn push(&self, name: &(AppId, PushId)) -> Option<PushState> {
        let seq = *self.ids.get(name)?;
        let stored = self.pushes.get(&seq)?;
        let push = &stored.push;
        let parts = push.channels.iter().zip(&stored.parts).map(|(channel, (open, _))| {
            let progress = open.map_or(PartProgress::Done, |position| {
                let attempts = self.open.get(&(channel.clone(), push.priority, position)).copied();
                PartProgress::Open { due: position.due, attempts: attempts.unwrap_or_default() }
            });
            PartState { channel: channel.clone(), progress }
        });
        Some(PushState {
            seq,
            body: stored.settled_at.is_none().then(|| push.body.clone()),
            nonce: push.nonce,
            notify_id: push.notify_id,
            priority: push.priority,
            admitted_at: push.admitted_at,
            expires_at: push.expires_at,
            settled_at: stored.settled_at,
            parts: parts.collect(),
            results: stored.results.iter().map(|(target, outcome)| (*target, outcome.clone())).collect(),
        })
    }

    pub(super) fn log(&mut self, now: Moment, events: Vec<NewEvent>) {
        for NewEvent { app, kind, body } in events {
            self.events_logged += 1;
            let id = self.events_logged;
            self.events.insert(id, Event { id, at: now, app, kind, body });
        }
    }

    pub(super) fn events_after(&self, id: u64, app: Option<&AppId>, limit: usize) -> EventPage {
        let first = self.events.keys().next().copied().unwrap_or_default();
        let newest = self.events.keys().next_back().copied().unwrap_or_default();
        let (from, to) = window(id, first, newest);
        let mut collector = Collector::new(limit);
        let mut full = false;
        for event in self.events.values().filter(|event| event.id > from && event.id <= to) {
            if app.is_none_or(|app| *app == event.app) && !collector.take(event.clone()) {
                full = true;
                break;
            }
        }
        collector.finish(full, id, to)
    }

    pub(super) fn set_mark(&mut self, reader: Box<str>, event: u64) {
        let mark = self.marks.entry(reader).or_insert(event);
        *mark = event.max(*mark);
    }

    pub(super) fn marks(&self) -> Vec<(Box<str>, u64)> {
        self.marks.iter().map(|(reader, event)| (reader.clone(), *event)).collect()
    }

    pub(super) fn lease(&mut self, app: AppId, count: u64) -> Result<u64, SpoolFault> {
        let next = self.leases.entry(app).or_default();
        let end = limits::check_lease(*next, count)?;
        Ok(std::mem::replace(next, end))
    }

    pub(super) fn open_channels(&self) -> Vec<OpenChannel> {
        let mut open: Vec<OpenChannel> = Vec::new();
        for (channel, priority, position) in self.open.keys() {
            let admitted_at = self.pushes.get(&position.seq).map(|stored| stored.push.admitted_at);
            match open.last_mut() {
                Some(last) if last.channel == *channel && last.priority == *priority => last.parts += 1,
                _ => open.push(OpenChannel {
                    channel: channel.clone(),
                    priority: *priority,
                    parts: 1,
                    oldest_due: position.due,
                    oldest_admitted_at: admitted_at.unwrap_or_default(),
                }),
            }
        }
        open
    }

    pub(super) fn purge(&mut self, now: Moment, retention: Retention) -> Purged {
        let settled_by = now.before(retention.pushes);
        let old = self.settled.iter().take_while(|(at, _)| *at <= settled_by).take(MAX_PURGED_PUSHES);
        let old: Vec<(Moment, u64)> = old.copied().collect();
        for (at, seq) in &old {
            self.settled.remove(&(*at, *seq));
            if let Some(stored) = self.pushes.remove(seq) {
                self.ids.remove(&(stored.push.app, stored.push.id));
            }
        }
        let logged_by = now.before(retention.events);
        let told = self.events.values().take_while(|event| event.at <= logged_by).take(MAX_PURGED_EVENTS);
        let told: Vec<u64> = told.map(|event| event.id).collect();
        for id in &told {
            self.events.remove(id);
        }
        let more = old.len() == MAX_PURGED_PUSHES || told.len() == MAX_PURGED_EVENTS;
        Purged { pushes: old.len() as u64, events: told.len() as u64, more }
    }
}

// === impl Stored ===

impl Stored {
    fn part(&self, channel: &ChannelName, position: Position, attempts: u32) -> Part {
        let no = self.push.channels.iter().position(|named| named == channel);
        Part {
            seq: position.seq,
            app: self.push.app.clone(),
            id: self.push.id.clone(),
            body: self.push.body.clone(),
            nonce: self.push.nonce,
            notify_id: self.push.notify_id,
            trace: self.push.trace,
            admitted_at: self.push.admitted_at,
            expires_at: self.push.expires_at,
            due: position.due,
            attempts,
            settled: no.map(|no| self.parts[no].1.clone()).unwrap_or_default(),
        }
    }
}
