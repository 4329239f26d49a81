//! What webhooks have done so far.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::AppId;

/// Counters of one webhook; they go on if it is configured anew.
#[derive(Debug, Default)]
pub(crate) struct WebhookCounters {
    posts: [AtomicU64; 2],
    reached: AtomicU64,
}

/// The counters of every webhook that is configured. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board(Arc<Mutex<BTreeMap<AppId, Arc<WebhookCounters>>>>);

// === impl WebhookCounters ===

impl WebhookCounters {
    pub(super) fn posted(&self, is_ok: bool) {
        self.posts[usize::from(!is_ok)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn reach(&self, event: u64) {
        self.reached.store(event, Ordering::Relaxed);
    }

    /// Events handed over, and tries that failed.
    pub(crate) fn posts(&self) -> [u64; 2] {
        [self.posts[0].load(Ordering::Relaxed), self.posts[1].load(Ordering::Relaxed)]
    }

    /// Up to which event there is nothing left to tell.
    pub(crate) fn reached(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }
}

// === impl Board ===

impl Board {
    /// Those of an app, which are new if it had none.
    pub(super) fn of(&self, app: &AppId) -> Arc<WebhookCounters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(app.clone()).or_default().clone()
    }

    /// From now on only these apps have webhooks.
    pub(super) fn retain(&self, is_wanted: impl Fn(&AppId) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|app, _| is_wanted(app));
    }

    /// All of them.
    pub(crate) fn all(&self) -> BTreeMap<AppId, Arc<WebhookCounters>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
