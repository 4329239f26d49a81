//! Writing down what became of pushes: one settlement at a time, for everything that came back since the last.

use std::collections::{HashMap, HashSet};

use channel::OutcomeCounts;
use spool::{Settled, Settlement, SpoolFault};
use tokio::time::sleep;

use super::awaited::Awaited;
use super::round::{Aftermath, End};
use super::tally::Tally;
use super::{Courier, SPOOL_PATIENCE};
use crate::delivery::post::place;

/// What was written down, and whether it is durable.
pub(super) type Settling = (Vec<Aftermath>, Result<Vec<Settled>, SpoolFault>);

/// Results and their events in one call of the spool, in bytes, about.
const SETTLEMENT_BYTES: usize = 4 << 20;

// === impl Courier ===

impl Courier {
    /// Writes down what there is to write down.
    pub(super) fn settle(&mut self) -> Awaited<Settling> {
        let now = self.clock.now();
        let (mut settlements, mut aftermaths, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        for seq in touched {
            let Some(round) = self.rounds.get_mut(&seq) else { continue };
            if bytes >= SETTLEMENT_BYTES {
                // Next time, whatever there is to say of it.
                self.touched.push(seq);
                continue;
            }
            let settlement = match self.is_stopping {
                true => round.last_words(&self.about, now),
                false => round.settlement(&self.about, now),
            };
            let Some((settlement, aftermath)) = settlement else {
                if round.has_unsaved() {
                    self.touched.push(seq);
                }
                continue;
            };
            bytes += size(&settlement);
            if round.has_unsaved() {
                self.touched.push(seq);
            }
            if aftermath.end != End::GoesOn {
                let round = self.rounds.remove(&seq).expect("it was found just now");
                self.blocked[place(aftermath.priority)] -= round.blocked();
                for device in &aftermath.kept {
                    self.holds[place(aftermath.priority)].keep(*device, seq);
                }
            }
            settlements.push(settlement);
            aftermaths.push(aftermath);
        }
        if settlements.is_empty() {
            return Awaited::nothing();
        }
        let spool = self.spool.clone();
        Awaited::of(async move {
            loop {
                match spool.settle(now.into(), settlements.clone()).await {
                    Ok(settled) => return (aftermaths, Ok(settled)),
                    Err(fault @ SpoolFault::Poisoned { .. }) => return (aftermaths, Err(fault)),
                    Err(fault) => {
                        tracing::warn!(%fault, "The spool does not take what became of pushes; it is asked again");
                        sleep(SPOOL_PATIENCE).await;
                    }
                }
            }
        })
    }

    /// Results are durable: devices are free for the next push, callers may be told.
    pub(super) fn settled(&mut self, aftermaths: Vec<Aftermath>, settled: Vec<Settled>) {
        // Together, so that what waited for many devices leaves in as few calls as it would have otherwise.
        let mut free: HashMap<u64, HashSet<u64>> = HashMap::new();
        let (mut outcomes, mut retried) = (Tally::default(), 0);
        for (aftermath, settled) in aftermaths.into_iter().zip(settled) {
            let Aftermath { seq, priority, finished, end, .. } = aftermath;
            if let Settled::Applied { .. } = settled {
                outcomes.merge(&aftermath.outcomes);
                retried += aftermath.retried;
            }
            for device in finished {
                if let Some(next) = self.holds[place(priority)].release(device, seq) {
                    free.entry(next).or_default().insert(device);
                }
            }
            match end {
                End::GoesOn => {}
                End::Retry(due) => {
                    self.lanes.forget(seq);
                    self.lanes.later(priority, due);
                }
                End::Done => self.lanes.forget(seq),
            }
            if let Settled::Applied { push_is_settled: true } = settled {
                self.waiters.tell(seq);
            }
        }
        self.count(&outcomes, retried);
        let mut free: Vec<_> = free.into_iter().collect();
        free.sort_unstable_by_key(|(seq, _)| *seq);
        for (seq, devices) in free {
            self.unblock(seq, &devices);
        }
    }

    fn count(&self, outcomes: &Tally, retried: usize) {
        let add = |told: &OutcomeCounts| outcomes.counts().for_each(|(outcome, targets)| told.add_at(outcome, targets));
        match self.about.configured.as_ref().and_then(|configured| configured.channel()) {
            Some(channel) => {
                add(channel.stats().told());
                channel.stats().retry(retried);
            }
            None => self.channels.borrow().told(&self.about.id, add),
        }
    }

    fn unblock(&mut self, push: u64, devices: &HashSet<u64>) {
        // A push that is not in memory claims them again when it is taken up.
        let Some(round) = self.rounds.get_mut(&push) else { return };
        let (priority, before) = (place(round.priority()), round.blocked());
        let calls = round.unblock(devices, &self.about, &mut self.holds[priority]);
        self.blocked[priority] -= before - round.blocked();
        self.calls[priority].extend(calls);
    }
}

fn size(settlement: &Settlement) -> usize {
    let results = settlement.results.iter().map(|result| result.outcome.len() + 16);
    let events = settlement.events.iter().map(|event| event.body.len() + 64);
    64 + results.sum::<usize>() + events.sum::<usize>()
}
