//! What a channel has done so far.
//!
//! All of it is written on the way of every call, so it is counters beside each other and no lookups; only what is not
//! accepted takes a lock. Numbers are made of it when somebody asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use model::{Outcome, Scope, VendorCode, Verdict, Verdicts};

use crate::histogram::{CALL_BOUNDS, Durations, Histogram, QUEUE_BOUNDS};
use crate::outcome_counts::OutcomeCounts;

/// Counters of one channel. Cheap to write; read by [`ChannelStats::snapshot`].
#[derive(Debug)]
pub struct ChannelStats {
    pub(crate) in_flight: AtomicUsize,
    pub(crate) connections: AtomicUsize,
    answers: OutcomeCounts,
    told: OutcomeCounts,
    call_times: Histogram,
    queue_times: Histogram,
    resends: AtomicU64,
    retries: AtomicU64,
    dials: [AtomicU64; 2],
    closings: [AtomicU64; Closing::ALL.len()],
    renewals: [AtomicU64; 2],
    /// Rare next to what is accepted, so behind a lock.
    trouble: Mutex<Troubles>,
}

/// The last outcome that speaks of the channel and not of one device or content.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// When.
    pub at: SystemTime,
    /// Its word.
    pub outcome: &'static str,
    /// The vendor's code.
    pub code: Option<VendorCode>,
    /// Words for people.
    pub detail: Option<String>,
}

#[derive(Debug, Default)]
struct Troubles {
    /// Targets by the vendor's code.
    codes: BTreeMap<VendorCode, u64>,
    /// Targets whose code is not of our tables, or beyond [`MAX_CODES`].
    other_codes: u64,
    last: Option<Trouble>,
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It had its age, and was replaced.
    Aged,
    /// The vendor said goodbye (HTTP/2 GOAWAY).
    Goaway,
    /// What the vendor answered asked for another.
    Retired,
    /// Nothing came over it any more.
    Silent,
    /// It broke.
    Lost,
}

/// The counters at one moment. What succeeded stands first where two are beside each other.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Calls that wait for their answer now.
    pub in_flight: usize,
    /// Connections open now; 0 for vendors reached by an ordinary HTTP client, which does not tell.
    pub connections: usize,
    /// How long calls took, from leaving to their verdict, with an immediate second try and the wait for an access token.
    pub call_times: Durations,
    /// How long durable pushes had waited before their first call.
    pub queue_times: Durations,
    /// Targets of calls by what the vendor answered; `accepted` is always there.
    pub answers: BTreeMap<&'static str, u64>,
    /// Targets by what their callers were told in the end.
    pub told: BTreeMap<&'static str, u64>,
    /// Targets that were not accepted by the vendor's code; `None` for those of no table.
    pub codes: BTreeMap<Option<VendorCode>, u64>,
    /// Calls made a second time at once.
    pub resends: u64,
    /// Targets put back for a later try.
    pub retries: u64,
    /// Connections made, and tries that failed.
    pub dials: [u64; 2],
    /// Connections that ended, by [`Closing::ALL`].
    pub closings: [u64; Closing::ALL.len()],
    /// Access tokens got, and tries that failed.
    pub renewals: [u64; 2],
    /// The last trouble since the start.
    pub last_trouble: Option<Trouble>,
}

/// Different codes that a channel keeps apart: more than any vendor's table has.
const MAX_CODES: usize = 128;

// === impl ChannelStats ===

impl ChannelStats {
    /// Targets of a durable push are put back for a later try.
    pub fn retry(&self, targets: usize) {
        self.retries.fetch_add(targets as u64, Ordering::Relaxed);
    }

    /// Targets by what their callers are told in the end, also of those that were never sent.
    pub fn told(&self) -> &OutcomeCounts {
        &self.told
    }

    pub(crate) fn settle(&self, targets: usize, reply: &crate::Reply, took: Duration, now: SystemTime) {
        self.call_times.record(took);
        if reply.attempts > 1 {
            self.resends.fetch_add(u64::from(reply.attempts) - 1, Ordering::Relaxed);
        }
        match &reply.verdicts {
            Verdicts::All(verdict) => self.count(verdict, targets, now),
            Verdicts::Each(verdicts) => verdicts.iter().for_each(|verdict| self.count(verdict, 1, now)),
        }
    }

    pub(crate) fn waited(&self, time: Duration) {
        self.queue_times.record(time);
    }

    pub(crate) fn dialled(&self, is_ok: bool) {
        self.dials[usize::from(!is_ok)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self, closing: Closing) {
        self.closings[closing as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn renewed(&self, is_ok: bool) {
        self.renewals[usize::from(!is_ok)].fetch_add(1, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let mut answers = self.answers.snapshot();
        answers.entry("accepted").or_default();
        let trouble = self.trouble();
        let mut codes: BTreeMap<_, _> =
            trouble.codes.iter().map(|(code, count)| (Some(code.clone()), *count)).collect();
        if trouble.other_codes > 0 {
            codes.insert(None, trouble.other_codes);
        }
        Snapshot {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            call_times: self.call_times.snapshot(),
            queue_times: self.queue_times.snapshot(),
            answers,
            told: self.told.snapshot(),
            codes,
            resends: self.resends.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            dials: read(&self.dials),
            closings: read(&self.closings),
            renewals: read(&self.renewals),
            last_trouble: trouble.last.clone(),
        }
    }

    fn count(&self, verdict: &Verdict, targets: usize, now: SystemTime) {
        self.answers.add(&verdict.outcome, targets as u64);
        if verdict.outcome.is_accepted() {
            return;
        }
        let mut trouble = self.trouble();
        trouble.count(verdict, targets as u64);
        if speaks_of_channel(&verdict.outcome) {
            let detail = verdict.detail.as_deref().map(str::to_owned);
            let (outcome, code) = (verdict.outcome.as_str(), verdict.code.clone());
            trouble.last = Some(Trouble { at: now, outcome, code, detail });
        }
    }

    fn trouble(&self) -> MutexGuard<'_, Troubles> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ChannelStats {
    fn default() -> Self {
        Self {
            in_flight: AtomicUsize::default(),
            connections: AtomicUsize::default(),
            answers: OutcomeCounts::default(),
            told: OutcomeCounts::default(),
            call_times: Histogram::new(&CALL_BOUNDS),
            queue_times: Histogram::new(&QUEUE_BOUNDS),
            resends: AtomicU64::default(),
            retries: AtomicU64::default(),
            dials: Default::default(),
            closings: Default::default(),
            renewals: Default::default(),
            trouble: Mutex::default(),
        }
    }
}

fn read<const N: usize>(counters: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|at| counters[at].load(Ordering::Relaxed))
}

// === impl Troubles ===

impl Troubles {
    fn count(&mut self, verdict: &Verdict, targets: u64) {
        let is_known =
            |code: &&VendorCode| !matches!(verdict.outcome, Outcome::Unknown { .. }) && is_word(code.as_str());
        let Some(code) = verdict.code.as_ref().filter(is_known) else {
            self.other_codes += u64::from(verdict.code.is_some()) * targets;
            return;
        };
        let is_full = self.codes.len() >= MAX_CODES;
        match self.codes.get_mut(code) {
            Some(count) => *count += targets,
            None if is_full => self.other_codes += targets,
            None => drop(self.codes.insert(code.clone(), targets)),
        }
    }
}

/// Whether it can be a code of a table, and not some text that stands in its place.
fn is_word(code: &str) -> bool {
    code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

// === impl Closing ===

impl Closing {
    /// Every one, in the order of the counters.
    pub const ALL: [Self; 5] = [Self::Aged, Self::Goaway, Self::Retired, Self::Silent, Self::Lost];

    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aged => "aged",
            Self::Goaway => "goaway",
            Self::Retired => "retired",
            Self::Silent => "silent",
            Self::Lost => "lost",
        }
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// Calls since the start.
    pub fn calls(&self) -> u64 {
        self.call_times.count()
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        ChannelStats::default().snapshot()
    }
}

/// Whether an outcome tells something of the channel itself.
fn speaks_of_channel(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::ExpiredCredentials | Outcome::Unavailable { .. } | Outcome::Unknown { .. } => true,
        Outcome::BadCredentials { scope }
        | Outcome::ChannelDisabled { scope }
        | Outcome::RateLimited { scope, .. }
        | Outcome::QuotaExceeded { scope, .. } => *scope == Scope::Channel,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reply;

    fn settle(stats: &ChannelStats, verdict: Verdict) {
        let reply = Reply { verdicts: Verdicts::All(verdict), attempts: 1 };
        stats.settle(1, &reply, Duration::ZERO, SystemTime::now());
    }

    #[test]
    fn a_vendor_cannot_make_more_codes_than_are_kept() {
        let stats = ChannelStats::default();
        for number in 0..1000 {
            settle(&stats, Verdict::new(Outcome::PayloadRejected).code(&number.to_string()));
        }
        settle(&stats, Verdict::new(Outcome::Unknown { status: None }).code("7"));
        settle(&stats, Verdict::new(Outcome::PayloadRejected).code("a whole sentence"));
        settle(&stats, Verdict::new(Outcome::PayloadRejected));
        let codes = stats.snapshot().codes;
        assert_eq!(codes.len(), MAX_CODES + 1);
        assert_eq!(codes.values().sum::<u64>(), 1002, "those without a code are not counted as others");
        assert_eq!(codes.get(&Some(VendorCode::new("7"))), Some(&1), "what no table knows is none of the table's");
    }

    #[test]
    fn answers_are_counted_by_target_and_calls_once() {
        let stats = ChannelStats::default();
        let verdicts = Verdicts::Each(vec![Verdict::accepted(None), Verdict::new(Outcome::PayloadRejected)]);
        stats.settle(2, &Reply { verdicts, attempts: 2 }, Duration::from_millis(40), SystemTime::now());
        stats.told().add(&Outcome::Expired, 3);
        let snapshot = stats.snapshot();
        assert_eq!((snapshot.calls(), snapshot.resends), (1, 1));
        assert_eq!(snapshot.answers, BTreeMap::from([("accepted", 1), ("payload_rejected", 1)]));
        assert_eq!(snapshot.told, BTreeMap::from([("expired", 3)]));
    }
}
