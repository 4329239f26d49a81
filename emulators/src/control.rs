//! The control verbs: what was received, which faults are scripted, what was counted. HTTP only wraps them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::fault::{FaultRule, Faults};
use crate::prefix::Prefix;
use crate::record::{Received, Recorder};
use crate::registry::ALL;
use crate::stats::{Counters, Stats};

/// The emulators' memory. Clones share it.
#[derive(Clone)]
pub struct Control {
    pub(crate) core: Arc<Core>,
}

/// What every connection writes to.
pub(crate) struct Core {
    pub(crate) recorder: Recorder,
    pub(crate) faults: Faults,
    /// One row per row of [`ALL`].
    pub(crate) counters: Vec<Counters>,
    connections: AtomicU64,
}

// === impl Control ===

impl Control {
    pub(crate) fn new() -> Self {
        let counters = ALL.iter().map(|_| Counters::default()).collect();
        let core =
            Core { recorder: Recorder::new(), faults: Faults::default(), counters, connections: AtomicU64::new(0) };
        Self { core: Arc::new(core) }
    }

    /// The latest requests in order of arrival, of one vendor or all.
    #[must_use]
    pub fn requests(&self, vendor: Option<&str>) -> Vec<Received> {
        self.core.recorder.received(vendor)
    }

    /// Forgets the requests. The counts stay.
    pub fn clear(&self) {
        self.core.recorder.clear();
    }

    /// Keeps so many of the latest requests from now on, at most 100,000; those kept before are forgotten. With 0 the emulators
    /// are at their fastest: what arrives is judged and counted, but not copied.
    pub fn keep(&self, requests: usize) {
        self.core.recorder.want(requests);
    }

    /// Replaces all scripted faults; an empty list ends them. Their counts start anew.
    pub fn put_faults(&self, rules: Vec<FaultRule>) {
        self.core.faults.put(rules);
    }

    /// The scripted faults in force.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultRule> {
        self.core.faults.rules()
    }

    /// What was counted since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::read(&self.core.counters)
    }

    /// The well-known device-token prefixes, by vendor.
    #[must_use]
    pub fn prefixes(&self) -> Vec<(&'static str, Vec<Prefix>)> {
        ALL.iter().map(|vendor| (vendor.name(), vendor.prefixes())).collect()
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

// === impl Core ===

impl Core {
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Relaxed) + 1
    }
}
