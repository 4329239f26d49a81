//! Writing down what became of a part.

use rusqlite::OptionalExtension;

use crate::{MAX_CHUNKS, Moment, NewEvent, Settled, Settlement, SpoolFault, Then};

use super::chunk::{self, Chunk};
use super::executor::{Executor, result_ids};
use super::failure::Failure;
use super::gathered::OnlyResult;
use super::recent::Known;

/// What the settlement of a part needs to know of its push, which may be settled already.
struct Found {
    priority: i64,
    /// When every part of it was due at first.
    due: i64,
    /// The channels of its other parts.
    others: Vec<i64>,
    /// Whether there may be results of it.
    has_results: bool,
}

/// A part that is open.
struct OpenPart {
    channel: i64,
    /// Whether it stands elsewhere than at first.
    moved: bool,
}

// === impl Executor ===

impl Executor<'_> {
    pub(super) fn settle(&mut self, now: Moment, settlement: &Settlement) -> Result<Settled, Failure> {
        let seq = settlement.seq.cast_signed();
        let Some(channel) = self.known_channel(&settlement.channel) else { return Ok(Settled::Closed) };
        self.write_open()?;
        let Some(found) = self.find_push(seq, channel)? else { return Ok(Settled::Closed) };
        let chunk = Chunk::pack(&settlement.results);
        let is_last = match settlement.then {
            Then::Progress if !self.is_open(seq, &found, channel)? => return Ok(Settled::Closed),
            Then::Progress => false,
            Then::RetryAt { due, attempts } => {
                let Some(part) = self.take_part(seq, &found, channel)? else { return Ok(Settled::Closed) };
                self.put_part(seq, &found, &part, due, attempts)?;
                false
            }
            Then::Done => {
                let Some(part) = self.take_part(seq, &found, channel)? else { return Ok(Settled::Closed) };
                self.close_part(seq, &found, &part)?
            }
        };
        if is_last {
            let at = now.as_millis().cast_signed();
            if found.has_results {
                self.add_results(seq, channel, &chunk, Some(at))?;
            } else {
                self.add_only_result(OnlyResult { seq, channel, chunk, settled_at: at })?;
            }
            self.ended.push((at, seq));
        } else if !settlement.results.is_empty() {
            self.recent.forget(seq);
            self.add_results(seq, channel, &chunk, None)?;
        }
        self.log(now, &settlement.events)?;
        Ok(Settled::Applied { push_is_settled: is_last })
    }

    /// Appends events.
    pub(super) fn log(&mut self, now: Moment, events: &[NewEvent]) -> Result<(), Failure> {
        let at = now.as_millis().cast_signed();
        for event in events {
            self.drawn.event += 1;
            self.run.add_event.execute((self.drawn.event, at, event.kind, event.app.as_str(), &event.body[..]))?;
        }
        Ok(())
    }

    /// Finds a push that has a part in that channel.
    fn find_push(&mut self, seq: i64, channel: i64) -> Result<Option<Found>, Failure> {
        if let Some(known) = self.recent.find(seq) {
            let Known { priority, due, .. } = known;
            let found = Found { priority, due, others: Vec::new(), has_results: false };
            return Ok((known.channel == channel).then_some(found));
        }
        let mut rows = self.run.find_push.query([seq])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut packed = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let mut others = Vec::new();
        while !packed.is_empty() {
            let channel = chunk::read(&mut packed).ok_or_else(|| Failure::damaged("the channels of a push"))?;
            others.push(channel.cast_signed());
        }
        let Some(own) = others.iter().position(|named| *named == channel) else { return Ok(None) };
        others.swap_remove(own);
        Ok(Some(Found { priority: row.get(0)?, due: row.get(1)?, others, has_results: true }))
    }

    /// Whether a part is open.
    fn is_open(&mut self, seq: i64, found: &Found, channel: i64) -> Result<bool, Failure> {
        // Only what is open has a retry, and only what has none stands where it stood at first.
        Ok(self.run.find_open.exists((channel, found.priority, found.due, seq))?
            || self.run.find_retry.exists((seq, channel))?)
    }

    /// Removes a part from where it stands, if it is open.
    fn take_part(&mut self, seq: i64, found: &Found, channel: i64) -> Result<Option<OpenPart>, Failure> {
        // Most parts stand where they stood at first.
        if self.run.remove_open.execute((channel, found.priority, found.due, seq))? == 1 {
            return Ok(Some(OpenPart { channel, moved: false }));
        }
        let due: Option<i64> = self.run.find_retry.query_row((seq, channel), |row| row.get(0)).optional()?;
        let Some(due) = due else { return Ok(None) };
        match self.run.remove_open.execute((channel, found.priority, due, seq))? {
            1 => Ok(Some(OpenPart { channel, moved: true })),
            _ => Err(Failure::damaged("a retry without its open part")),
        }
    }

    /// Puts a part that was taken where it is due next.
    fn put_part(
        &mut self,
        seq: i64,
        found: &Found,
        part: &OpenPart,
        due: Moment,
        attempts: u32,
    ) -> Result<(), Failure> {
        let due = due.as_millis().cast_signed();
        self.run.add_open.execute((part.channel, found.priority, due, seq, attempts))?;
        if due != found.due {
            self.run.set_retry.execute((seq, part.channel, due))?;
        } else if part.moved {
            self.run.remove_retry.execute((seq, part.channel))?;
        }
        Ok(())
    }

    /// Ends a part that was taken. Gives whether it was the last one.
    fn close_part(&mut self, seq: i64, found: &Found, part: &OpenPart) -> Result<bool, Failure> {
        if part.moved {
            self.run.remove_retry.execute((seq, part.channel))?;
        }
        *self.changes.open.entry((part.channel, found.priority)).or_default() -= 1;
        for other in &found.others {
            if self.is_open(seq, found, *other)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn add_results(&mut self, seq: i64, channel: i64, chunk: &Chunk, settled_at: Option<i64>) -> Result<(), Failure> {
        let (first, end) = result_ids(seq);
        let row = |id: i64| (id, channel, &chunk.ranges[..], &chunk.outcomes[..], settled_at);
        // Most pushes have one settlement, so its place is tried before the last one is looked for.
        if self.run.add_result.execute(row(first))? == 1 {
            return Ok(());
        }
        let last: i64 = self.run.last_result.query_row((first, end), |row| row.get(0))?;
        // The settlement that ends the push always has its place.
        if last + 1 >= end || (last + 2 >= end && settled_at.is_none()) {
            let limit = MAX_CHUNKS as usize;
            return Err(SpoolFault::TooLarge { what: "settlements of one push", limit, actual: limit + 1 }.into());
        }
        self.run.add_result.execute(row(last + 1))?;
        Ok(())
    }
}
