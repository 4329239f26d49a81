//! The channel is configured anew while its courier is at work.
//!
//! What is under way in the old channel ends there. What waits is composed for the new one, and goes out with its permits. If
//! there is none any more, it waits for one, as what lies in the spool does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::awaited::Awaited;
use super::round::{CallSpec, Surroundings};
use super::{Courier, Leave};
use crate::delivery::post::place;

// === impl Courier ===

impl Courier {
    /// Goes on with the channel as it is configured now.
    pub(super) fn follow(&mut self, leave: &mut Awaited<Leave>) {
        if !self.channels.has_changed().unwrap_or_default() {
            return;
        }
        let configured = self.channels.borrow_and_update().configured(&self.about.id).cloned();
        let is_same = match (&self.about.configured, &configured) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if is_same {
            return;
        }
        self.about = Arc::new(Surroundings { configured, ..(*self.about).clone() });
        // It would be leave of the old channel.
        *leave = Awaited::nothing();
    }

    /// Composes what waits for a call once more, if that was done for another channel than there is now.
    pub(super) fn compose_anew(&mut self, now: SystemTime) {
        let wanted = self.about.configured.as_ref().map(|configured| configured.fingerprint());
        if self.composed_for == wanted {
            return;
        }
        self.composed_for = wanted;
        let (mut order, mut waiting): (Vec<u64>, HashMap<u64, Vec<CallSpec>>) = Default::default();
        for call in self.calls.iter_mut().flat_map(|calls| calls.drain(..)) {
            let calls = waiting.entry(call.seq).or_default();
            if calls.is_empty() {
                order.push(call.seq);
            }
            calls.push(call);
        }
        // And what waits for earlier pushes alone.
        let blocked = self.rounds.iter().filter(|(seq, round)| round.blocked() > 0 && !waiting.contains_key(seq));
        order.extend(blocked.map(|(seq, _)| *seq));
        for seq in order {
            let Some(round) = self.rounds.get_mut(&seq) else { continue };
            let (priority, blocked) = (place(round.priority()), round.blocked());
            let calls = waiting.remove(&seq).unwrap_or_default();
            let anew = round.compose_anew(&calls, &self.about, now);
            self.blocked[priority] -= blocked - round.blocked();
            self.calls[priority].extend(anew);
            self.touched.push(seq);
        }
    }
}
