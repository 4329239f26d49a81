//! What is read: pages of open parts, the state of a push, events.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::{AppId, Priority, PushId, TraceContext};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::event::{Collector, window};
use crate::{
    ChannelName, Event, EventPage, MAX_EVENT_ROWS, MAX_PAGE_ROWS, Moment, OpenChannel, Page, PageLimits, Part,
    PartProgress, PartState, Position, PushState, TargetRanges,
};

use super::catalogue::{priority_number, priority_of};
use super::chunk;
use super::executor::result_ids;
use super::failure::Failure;
use super::shared::Shared;

pub(super) fn page(
    connection: &Connection,
    channel: i64,
    priority: Priority,
    after: Position,
    limits: PageLimits,
) -> Result<Page, Failure> {
    let mut open = connection.prepare_cached(
        "SELECT due, seq, attempts FROM open WHERE channel = ?1 AND priority = ?2 AND (due, seq) > (?3, ?4)
         ORDER BY due, seq",
    )?;
    let mut push = connection
        .prepare_cached("SELECT app, id, nonce, notify_id, admitted_at, expires_at, body, trace FROM push JOIN body USING (seq) WHERE seq = ?1")?;
    let mut settled =
        connection.prepare_cached("SELECT ranges FROM result WHERE id >= ?1 AND id < ?2 AND channel = ?3")?;
    let after = (channel, priority_number(priority), after.due.as_millis().cast_signed(), after.seq.cast_signed());
    let mut rows = open.query(after)?;
    let mut page = Page::default();
    let mut bytes = 0_usize;
    while let Some(row) = rows.next()? {
        let (due, seq, attempts) = (moment(row, 0)?, row.get::<_, i64>(1)?, row.get(2)?);
        if page.parts.len() >= limits.rows.min(MAX_PAGE_ROWS) || due > limits.due_by {
            page.next_due = Some(due);
            break;
        }
        let mut found = push.query([seq])?;
        let found = found.next()?.ok_or_else(|| Failure::damaged("an open part without its push"))?;
        bytes = bytes.saturating_add(blob_ref(found, 6)?.len());
        if bytes > limits.bytes && !page.parts.is_empty() {
            page.next_due = Some(due);
            break;
        }
        let mut ranges = TargetRanges::default();
        let (first, end) = result_ids(seq);
        let mut chunks = settled.query((first, end, channel))?;
        while let Some(chunk) = chunks.next()? {
            let packed = blob_ref(chunk, 0)?;
            chunk::collect(packed, &mut ranges).ok_or_else(|| Failure::damaged("a settlement"))?;
        }
        ranges.normalise();
        page.parts.push(Part {
            seq: seq.unsigned_abs(),
            app: app(found, 0)?,
            id: PushId::parse(text(found, 1)?).map_err(|_| Failure::damaged("a push's id"))?,
            nonce: u128::from_be_bytes(found.get(2)?),
            notify_id: found.get::<_, i64>(3)?.cast_unsigned(),
            admitted_at: moment(found, 4)?,
            expires_at: moment(found, 5)?,
            body: blob(found, 6)?,
            trace: found.get::<_, Option<_>>(7)?.map(TraceContext),
            due,
            attempts,
            settled: ranges,
        });
    }
    Ok(page)
}

pub(super) fn push(
    connection: &Connection,
    shared: &Shared,
    app: &AppId,
    id: &PushId,
) -> Result<Option<PushState>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, priority, due, admitted_at, expires_at, notify_id, nonce, channels, body
         FROM push LEFT JOIN body USING (seq) WHERE app = ?1 AND id = ?2",
    )?;
    let mut rows = statement.query((app.as_str(), id.as_str()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let seq: i64 = row.get(0)?;
    let priority: i64 = row.get(1)?;
    let channels = blob_ref(row, 7)?;
    let (results, settled_at) = results(connection, seq)?;
    let body = row.get_ref(8)?.as_blob_or_null().map_err(rusqlite::Error::from)?.map(Bytes::copy_from_slice);
    Ok(Some(PushState {
        seq: seq.unsigned_abs(),
        body,
        nonce: u128::from_be_bytes(row.get(6)?),
        notify_id: row.get::<_, i64>(5)?.cast_unsigned(),
        priority: priority_of(priority).ok_or_else(|| Failure::damaged("a priority"))?,
        admitted_at: moment(row, 3)?,
        expires_at: moment(row, 4)?,
        settled_at,
        parts: parts(connection, shared, (seq, priority, row.get(2)?), channels)?,
        results: results.into_iter().collect(),
    }))
}

fn parts(
    connection: &Connection,
    shared: &Shared,
    (seq, priority, due): (i64, i64, i64),
    mut channels: &[u8],
) -> Result<Vec<PartState>, Failure> {
    let mut retry = connection.prepare_cached("SELECT due FROM retry WHERE seq = ?1 AND channel = ?2")?;
    let mut open = connection.prepare_cached(
        "SELECT due, attempts FROM open WHERE channel = ?1 AND priority = ?2 AND due = ?3 AND seq = ?4",
    )?;
    let names = names(connection, shared, channels)?;
    let mut parts = Vec::with_capacity(names.len());
    for name in names {
        let channel = chunk::read(&mut channels).ok_or_else(|| Failure::damaged("the channels of a push"))?;
        let channel = channel.cast_signed();
        let moved: Option<i64> = retry.query_row((seq, channel), |row| row.get(0)).optional()?;
        let found = open
            .query_row((channel, priority, moved.unwrap_or(due), seq), |row| {
                Ok(PartProgress::Open { due: moment(row, 0)?, attempts: row.get(1)? })
            })
            .optional()?;
        parts.push(PartState { channel: name, progress: found.unwrap_or(PartProgress::Done) });
    }
    Ok(parts)
}

/// The names of channels by their packed numbers. The catalogue may lag behind what this snapshot holds, so the rest is
/// looked up.
fn names(connection: &Connection, shared: &Shared, mut packed: &[u8]) -> Result<Vec<ChannelName>, Failure> {
    let known = shared.catalogue().names();
    let mut names = Vec::new();
    while !packed.is_empty() {
        let channel = chunk::read(&mut packed).ok_or_else(|| Failure::damaged("the channels of a push"))?.cast_signed();
        names.push(match known.get(&channel) {
            Some(name) => name.clone(),
            None => {
                let sql = "SELECT name FROM channel WHERE no = ?1";
                let name: String = connection.prepare_cached(sql)?.query_row([channel], |row| row.get(0))?;
                ChannelName::parse(&name).map_err(|_| Failure::damaged("a channel's name"))?
            }
        });
    }
    Ok(names)
}

/// What all settlements of a push have given, and when the last of them was, if they were all. The first result of a
/// target stands.
fn results(connection: &Connection, seq: i64) -> Result<(BTreeMap<u32, Bytes>, Option<Moment>), Failure> {
    let sql = "SELECT ranges, outcomes, settled_at FROM result WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(result_ids(seq))?;
    let (mut results, mut settled_at) = (BTreeMap::new(), None);
    while let Some(row) = rows.next()? {
        let found = chunk::outcomes(blob_ref(row, 0)?, blob_ref(row, 1)?);
        for (target, outcome) in found.ok_or_else(|| Failure::damaged("a settlement"))? {
            results.entry(target).or_insert(outcome);
        }
        settled_at = row.get::<_, Option<i64>>(2)?.map(|at| Moment::from_millis(at.unsigned_abs()));
    }
    Ok((results, settled_at))
}

pub(super) fn events_after(
    connection: &Connection,
    id: u64,
    of: Option<&AppId>,
    limit: usize,
) -> Result<EventPage, Failure> {
    let bound = |sql| connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0));
    let first = bound("SELECT min(id) FROM event")?.unwrap_or_default().unsigned_abs();
    let newest = bound("SELECT max(id) FROM event")?.unwrap_or_default().unsigned_abs();
    let (from, to) = window(id, first, newest);
    let mut statement = connection.prepare_cached(
        "SELECT id, at, app, kind, body FROM event WHERE id > ?1 AND id <= ?2 AND (?3 IS NULL OR app = ?3) ORDER BY id
         LIMIT ?4",
    )?;
    let rows = limit.min(MAX_EVENT_ROWS) as i64 + 1;
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let mut rows = statement.query((from, to.cast_signed(), of.map(AppId::as_str), rows))?;
    let mut collector = Collector::new(limit);
    let mut full = false;
    while let Some(row) = rows.next()? {
        let event = Event {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            at: moment(row, 1)?,
            app: app(row, 2)?,
            kind: row.get(3)?,
            body: blob(row, 4)?,
        };
        if !collector.take(event) {
            full = true;
            break;
        }
    }
    Ok(collector.finish(full, id, to))
}

pub(super) fn marks(connection: &Connection) -> Result<Vec<(Box<str>, u64)>, Failure> {
    let mut statement = connection.prepare_cached("SELECT reader, event FROM mark ORDER BY reader")?;
    let marks = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(marks.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn open_channels(connection: &Connection, shared: &Shared) -> Result<Vec<OpenChannel>, Failure> {
    let mut oldest = connection
        .prepare_cached("SELECT due, seq FROM open WHERE channel = ?1 AND priority = ?2 ORDER BY due, seq LIMIT 1")?;
    let mut push = connection.prepare_cached("SELECT admitted_at FROM push WHERE seq = ?1")?;
    let mut open = Vec::new();
    for (channel, number, priority, parts) in shared.catalogue().open() {
        // The count may be a little older than the snapshot: the last part can have been done in between.
        let first = |row: &Row<'_>| Ok((moment(row, 0)?, row.get::<_, i64>(1)?));
        if let Some((oldest_due, seq)) = oldest.query_row((number, priority), first).optional()? {
            let oldest_admitted_at = push.query_row([seq], |row| moment(row, 0))?;
            let priority = priority_of(priority).ok_or_else(|| Failure::damaged("a priority"))?;
            open.push(OpenChannel { channel, priority, parts, oldest_due, oldest_admitted_at });
        }
    }
    Ok(open)
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Moment> {
    Ok(Moment::from_millis(row.get::<_, i64>(column)?.unsigned_abs()))
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(column)?.as_str()?)
}

fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(Bytes::copy_from_slice(blob_ref(row, column)?))
}

fn blob_ref<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob()?)
}

fn app(row: &Row<'_>, column: usize) -> Result<AppId, Failure> {
    AppId::parse(text(row, column)?).map_err(|_| Failure::damaged("an app's id"))
}
