//! Callers that wait for a push to be settled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Who waits for which push, by its number in the spool.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    waiting: Mutex<HashMap<u64, Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    bell: Arc<Notify>,
    callers: usize,
}

/// One caller's place. Given up on drop.
#[derive(Debug)]
pub(super) struct Waiter<'a> {
    waiters: &'a Waiters,
    seq: u64,
    bell: Arc<Notify>,
}

// === impl Waiters ===

impl Waiters {
    /// A place for a caller. Look at the push after this, so that its end is not missed in between.
    pub(super) fn enter(&self, seq: u64) -> Waiter<'_> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(seq).or_default();
        waiting.callers += 1;
        Waiter { waiters: self, seq, bell: waiting.bell.clone() }
    }

    /// The push is settled.
    pub(super) fn tell(&self, seq: u64) {
        let all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = all.get(&seq) {
            waiting.bell.notify_waiters();
        }
    }
}

// === impl Waiter ===

impl Waiter<'_> {
    /// Resolves when the push is settled, from the moment this is called on.
    pub(super) fn settled(&self) -> impl Future<Output = ()> + '_ {
        self.bell.notified()
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut all = self.waiters.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = all.get_mut(&self.seq) {
            waiting.callers -= 1;
            if waiting.callers == 0 {
                all.remove(&self.seq);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_callers_are_told_and_leave_nothing_behind() {
        let waiters = Waiters::default();
        let (one, other) = (waiters.enter(1), waiters.enter(1));
        {
            let told = (one.settled(), other.settled());
            waiters.tell(2);
            waiters.tell(1);
            told.0.await;
            told.1.await;
        }
        drop((one, other));
        assert!(waiters.waiting.lock().unwrap().is_empty());
    }
}
