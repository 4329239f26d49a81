//! Ends pushes that are not sent: their time is over, or they are taken back.

use model::Verdict;
use spool::Part;

use super::Courier;
use super::lanes::Queued;
use super::round::{self, CallSpec, Round};
use super::sweep::Sweep;
use crate::delivery::post::place;
use crate::delivery::work::Work;

// === impl Courier ===

impl Courier {
    /// Ends what is in memory and not sent yet, if its time is over.
    pub(super) fn expire_waiting(&mut self) {
        let now = self.clock.now();
        for queued in self.lanes.withdraw_expired(now.into()) {
            self.begin(queued, now);
        }
        let over: Vec<u64> =
            self.rounds.iter().filter(|(_, round)| round.is_over(now.into())).map(|(seq, _)| *seq).collect();
        for seq in over {
            self.give_up(seq, &round::expired());
        }
    }

    /// Ends what the spool holds and nobody had taken up.
    pub(super) fn expire(&mut self, parts: Vec<Part>) {
        let now = self.clock.now();
        if Sweep::is_full(parts.len()) {
            self.sweep.hurry();
        }
        for part in parts {
            if !self.lanes.knows(part.seq) {
                self.lanes.know(part.seq);
                self.begin(Queued::Stored(part), now);
            }
        }
    }

    /// Takes back what is not sent of a push.
    pub(super) fn cancel(&mut self, work: Work) {
        let seq = work.seq;
        if let Some(round) = self.rounds.get_mut(&seq) {
            round.cancel();
            self.give_up(seq, &round::cancelled());
        } else if self.lanes.withdraw(seq) || !self.lanes.knows(seq) {
            self.lanes.know(seq);
            self.rounds.insert(seq, Round::cancelled(work, &self.about));
        } else {
            // It is being written down: there is nothing left to take back.
            return;
        }
        self.touched.push(seq);
    }

    /// Ends what is not sent of a round.
    fn give_up(&mut self, seq: u64, verdict: &Verdict) {
        let Some(round) = self.rounds.get_mut(&seq) else { return };
        let priority = place(round.priority());
        self.blocked[priority] -= round.blocked();
        let calls = &mut self.calls[priority];
        let (off, stay): (Vec<CallSpec>, Vec<CallSpec>) =
            std::mem::take(calls).into_iter().partition(|call| call.seq == seq);
        *calls = stay.into();
        round.give_up(&off, verdict, &self.about);
        self.touched.push(seq);
    }
}
