//! Taking a push.

use crate::{Admission, NewPush};

use super::catalogue::priority_number;
use super::chunk;
use super::executor::Executor;
use super::failure::Failure;
use super::gathered::NewPart;
use super::recent::Known;

// === impl Executor ===

impl Executor<'_> {
    pub(super) fn admit(&mut self, push: &NewPush) -> Result<Admission, Failure> {
        let seq = self.drawn.push + 1;
        let priority = priority_number(push.priority);
        let due = push.due.as_millis().cast_signed();
        let mut channels = Vec::with_capacity(push.channels.len());
        let mut packed = Vec::with_capacity(push.channels.len() * 2);
        for name in &push.channels {
            let channel = self.channel(name)?;
            chunk::write(&mut packed, channel.unsigned_abs());
            channels.push(channel);
        }
        let added = self.run.add_push.execute((
            seq,
            priority,
            due,
            push.admitted_at.as_millis().cast_signed(),
            push.expires_at.as_millis().cast_signed(),
            push.notify_id.cast_signed(),
            &packed,
            push.nonce.to_be_bytes(),
            push.digest,
            push.app.as_str(),
            push.id.as_str(),
            push.trace.map(|trace| trace.0),
        ))?;
        if added == 0 {
            return self.known(push)?.ok_or_else(|| Failure::damaged("the number of a push is taken"));
        }
        self.drawn.push = seq;
        self.shows_room = true;
        self.add_body(seq, &push.body)?;
        for channel in channels.iter().copied() {
            self.add_part(NewPart { channel, priority, due, seq })?;
            *self.changes.open.entry((channel, priority)).or_default() += 1;
        }
        let known = match channels[..] {
            [channel] => Some(Known { seq, channel, priority, due }),
            _ => None,
        };
        self.recent.remember(seq, known);
        Ok(Admission::New { seq: seq.unsigned_abs() })
    }

    /// What the id stands for already.
    fn known(&mut self, push: &NewPush) -> Result<Option<Admission>, Failure> {
        let mut rows = self.run.same_id.query((push.app.as_str(), push.id.as_str()))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let seq = row.get::<_, i64>(0)?.unsigned_abs();
        let same = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)? == push.digest;
        Ok(Some(if same { Admission::Known { seq } } else { Admission::Conflict }))
    }
}
