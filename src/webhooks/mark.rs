//! How far an app has been told, on disk.
//!
//! Writing it costs an `fsync`, so it is written for many deliveries at once. What was told and not marked is told
//! again after a crash.

use std::sync::Arc;
use std::time::Duration;

use model::AppId;
use spool::{Spool, SpoolFault};
use tokio::time::Instant;

/// A webhook's place in the log.
#[derive(Debug)]
pub(super) struct Mark {
    spool: Arc<dyn Spool>,
    reader: String,
    /// Up to where there is nothing left to tell.
    reached: u64,
    written: u64,
    /// Deliveries since it was written.
    deliveries: usize,
    /// When it is to be written at the latest.
    due: Option<Instant>,
}

/// It is written after so many deliveries, ...
const MAX_DELIVERIES: usize = 100;
/// ... or so long after the first of them, ...
const AFTER_DELIVERY: Duration = Duration::from_secs(1);
/// ... or so long after it passed over what is not to be told: nothing but a look is saved by that.
const AFTER_PASSING: Duration = Duration::from_secs(60);
/// A write that failed is tried again after so long.
const AFTER_FAULT: Duration = Duration::from_secs(10);

// === impl Mark ===

impl Mark {
    /// The mark of an app's webhook; a new one stands at the newest event, and is on disk when this resolves.
    pub(super) async fn open(spool: Arc<dyn Spool>, app: &AppId) -> Result<Self, SpoolFault> {
        let reader = format!("webhook/{app}");
        let marks = spool.marks().await?;
        let known = marks.into_iter().find_map(|(name, event)| (*name == *reader).then_some(event));
        let reached = match known {
            Some(event) => event,
            None => {
                let newest = *spool.subscribe().borrow();
                spool.set_mark(&reader, newest).await?;
                newest
            }
        };
        Ok(Self { spool, reader, reached, written: reached, deliveries: 0, due: None })
    }

    pub(super) const fn reached(&self) -> u64 {
        self.reached
    }

    /// The event was handed over.
    pub(super) fn deliver(&mut self, event: u64) {
        self.deliveries += 1;
        self.reach(event, AFTER_DELIVERY);
    }

    /// There is nothing to tell up to that id.
    pub(super) fn pass(&mut self, event: u64) {
        if event > self.reached {
            self.reach(event, AFTER_PASSING);
        }
    }

    /// When it is to be written at the latest; `None` if it is on disk.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self) -> bool {
        self.deliveries >= MAX_DELIVERIES || self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Writes it, if it has moved. If that fails it is due a little later.
    pub(super) async fn write(&mut self) -> Result<(), SpoolFault> {
        if self.reached > self.written {
            let reached = self.reached;
            let written = self.spool.set_mark(&self.reader, reached).await;
            if let Err(fault) = written {
                self.deliveries = 0;
                self.due = Some(Instant::now() + AFTER_FAULT);
                return Err(fault);
            }
            self.written = reached;
        }
        (self.deliveries, self.due) = (0, None);
        Ok(())
    }

    fn reach(&mut self, event: u64, within: Duration) {
        self.reached = event.max(self.reached);
        let due = Instant::now() + within;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spool::MemorySpool;

    async fn on_disk(spool: &MemorySpool) -> Option<u64> {
        let marks = spool.marks().await.unwrap();
        assert!(marks.iter().all(|(name, _)| &**name == "webhook/demo"));
        marks.first().map(|(_, event)| *event)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_written_for_many_deliveries_at_once() {
        let spool = MemorySpool::new();
        let mut mark = Mark::open(Arc::new(spool.clone()), &AppId::parse("demo").unwrap()).await.unwrap();
        assert_eq!(on_disk(&spool).await, Some(0), "a new one is written, so that it is known as old");
        (1..=99).for_each(|event| mark.deliver(event));
        assert!(!mark.is_due());
        mark.deliver(100);
        assert!(mark.is_due());
        mark.write().await.unwrap();
        assert_eq!((on_disk(&spool).await, mark.is_due(), mark.due()), (Some(100), false, None));
        mark.deliver(101);
        tokio::time::advance(AFTER_DELIVERY).await;
        assert!(mark.is_due(), "a single delivery waits a second at most");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_passed_over_can_wait() {
        let mut mark = Mark::open(Arc::new(MemorySpool::new()), &AppId::parse("demo").unwrap()).await.unwrap();
        mark.pass(500);
        tokio::time::advance(AFTER_DELIVERY).await;
        assert!(!mark.is_due());
        mark.deliver(501);
        tokio::time::advance(AFTER_DELIVERY).await;
        assert!(mark.is_due());
        mark.pass(3);
        assert_eq!(mark.reached(), 501);
    }
}
