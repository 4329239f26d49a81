//! Removing what has been kept long enough.

use crate::{MAX_PURGED_EVENTS, MAX_PURGED_PUSHES, Moment, Purged, Retention};

use super::ended::unpack;
use super::executor::{Executor, result_ids};
use super::failure::Failure;

// === impl Executor ===

impl Executor<'_> {
    pub(super) fn purge(&mut self, now: Moment, retention: Retention) -> Result<Purged, Failure> {
        let pushes = self.purge_pushes(now.before(retention.pushes))?;
        let events = self.purge_events(now.before(retention.events))?;
        // Of removed rows the highest number may be among them: it is written down, so that it is not drawn again.
        if pushes > 0 {
            self.run.set_drawn.execute(("push", self.drawn.push))?;
        }
        if events > 0 {
            self.run.set_drawn.execute(("event", self.drawn.event))?;
        }
        self.shows_room |= pushes + events > 0;
        let more = pushes == MAX_PURGED_PUSHES || events == MAX_PURGED_EVENTS;
        Ok(Purged { pushes: pushes as u64, events: events as u64, more })
    }

    fn purge_pushes(&mut self, settled_by: Moment) -> Result<usize, Failure> {
        let bounds = (settled_by.as_millis().cast_signed(), MAX_PURGED_PUSHES as i64);
        // What this transaction has settled is not in the tables yet.
        self.write_gathered()?;
        self.finish_ended()?;
        let old = self.run.old_pushes.query_map(bounds, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let old: Vec<(i64, i64, Vec<u8>)> = old.collect::<rusqlite::Result<_>>()?;
        let mut room = MAX_PURGED_PUSHES;
        for (at, first, more) in old {
            if room == 0 {
                break;
            }
            let seqs = unpack(first, &more).ok_or_else(|| Failure::damaged("settled pushes"))?;
            let (gone, kept) = seqs.split_at(room.min(seqs.len()));
            self.run.remove_settled.execute((at, first))?;
            self.add_settled(at, kept)?;
            for seq in gone {
                self.run.remove_results.execute(result_ids(*seq))?;
                self.run.remove_push.execute([seq])?;
            }
            room -= gone.len();
        }
        Ok(MAX_PURGED_PUSHES - room)
    }

    /// From the oldest on until the first that is younger, so that the log stays without gaps.
    fn purge_events(&mut self, logged_by: Moment) -> Result<usize, Failure> {
        let logged_by = logged_by.as_millis().cast_signed();
        let (mut count, mut last) = (0, None);
        let mut rows = self.run.first_events.query([MAX_PURGED_EVENTS as i64])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(1)? > logged_by {
                break;
            }
            last = Some(row.get::<_, i64>(0)?);
            count += 1;
        }
        drop(rows);
        if let Some(last) = last {
            self.run.remove_events.execute([last])?;
        }
        Ok(count)
    }
}
