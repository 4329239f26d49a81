//! What a channel has done so far.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use model::{Outcome, Scope, VendorCode, Verdict, Verdicts};

/// Counters of one channel. Cheap to write; read by [`ChannelStats::snapshot`].
#[derive(Debug, Default)]
pub struct ChannelStats {
    pub(crate) in_flight: AtomicUsize,
    pub(crate) connections: AtomicUsize,
    calls: AtomicU64,
    accepted: AtomicU64,
    /// Outcomes other than accepted, by their word. Rare next to them, so behind a lock.
    others: Mutex<BTreeMap<&'static str, u64>>,
    last_trouble: Mutex<Option<Trouble>>,
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

/// The counters at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Calls that wait for their answer now.
    pub in_flight: usize,
    /// Connections open now; 0 for vendors reached by an ordinary HTTP client, which does not tell.
    pub connections: usize,
    /// Calls since the start.
    pub calls: u64,
    /// Targets by outcome since the start.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// The last trouble since the start.
    pub last_trouble: Option<Trouble>,
}

// === impl ChannelStats ===

impl ChannelStats {
    pub(crate) fn settle(&self, targets: usize, verdicts: &Verdicts, now: SystemTime) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match verdicts {
            Verdicts::All(verdict) => self.count(verdict, targets, now),
            Verdicts::Each(verdicts) => verdicts.iter().for_each(|verdict| self.count(verdict, 1, now)),
        }
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let mut outcomes = self.others.lock().expect("no one panics while holding it").clone();
        outcomes.insert("accepted", self.accepted.load(Ordering::Relaxed));
        Snapshot {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            calls: self.calls.load(Ordering::Relaxed),
            outcomes,
            last_trouble: self.last_trouble.lock().expect("no one panics while holding it").clone(),
        }
    }

    fn count(&self, verdict: &Verdict, targets: usize, now: SystemTime) {
        let targets = targets as u64;
        if verdict.outcome.is_accepted() {
            self.accepted.fetch_add(targets, Ordering::Relaxed);
            return;
        }
        let outcome = verdict.outcome.as_str();
        *self.others.lock().expect("no one panics while holding it").entry(outcome).or_default() += targets;
        if speaks_of_channel(&verdict.outcome) {
            let detail = verdict.detail.as_deref().map(str::to_owned);
            let trouble = Trouble { at: now, outcome, code: verdict.code.clone(), detail };
            *self.last_trouble.lock().expect("no one panics while holding it") = Some(trouble);
        }
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
