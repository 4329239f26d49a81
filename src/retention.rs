//! Removing what is older than its retention, for as long as the service runs.

use std::sync::Arc;
use std::time::Duration;

use channel::Clock;
use spool::{Moment, Purged, Retention, Spool, SpoolFault};
use tokio::time::{MissedTickBehavior, interval};

/// How often something is removed.
const PERIOD: Duration = Duration::from_mins(1);

/// Purges at once and then every minute until `stop` ends, or the spool fails for good.
///
/// A purge is bounded work, and others are let through between two of them.
pub async fn run(spool: Arc<dyn Spool>, retention: Retention, clock: Clock, stop: impl Future<Output = ()> + Send) {
    tokio::select! {
        biased;
        () = stop => {}
        fault = purge_for_ever(&*spool, retention, &clock) => {
            tracing::error!(%fault, "Nothing is removed any more: the spool failed");
        }
    }
}

async fn purge_for_ever(spool: &dyn Spool, retention: Retention, clock: &Clock) -> SpoolFault {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match purge(spool, retention, clock.now().into()).await {
            Err(fault @ SpoolFault::Poisoned { .. }) => return fault,
            Err(fault) => tracing::warn!(%fault, "Old pushes and events could not be removed; tried again in a minute"),
            Ok(Purged { pushes: 0, events: 0, .. }) => {}
            Ok(Purged { pushes, events, .. }) => tracing::debug!(pushes, events, "Old pushes and events were removed"),
        }
    }
}

/// Removes all that is due at that moment; how much it was.
async fn purge(spool: &dyn Spool, retention: Retention, now: Moment) -> Result<Purged, SpoolFault> {
    let mut all = Purged::default();
    loop {
        let purged = spool.purge(now, retention).await?;
        all.pushes += purged.pushes;
        all.events += purged.events;
        if !purged.more {
            return Ok(all);
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::UNIX_EPOCH;

    use bytes::Bytes;
    use model::AppId;
    use spool::{MAX_PURGED_EVENTS, MemorySpool, NewEvent};
    use tokio::sync::oneshot;

    use super::*;

    const KEPT: Retention = Retention { pushes: Duration::from_secs(10), events: Duration::from_secs(10) };

    fn events(count: usize) -> Vec<NewEvent> {
        let event = NewEvent { app: AppId::parse("demo").unwrap(), kind: 1, body: Bytes::from_static(b"{}") };
        vec![event; count]
    }

    async fn left(spool: &MemorySpool) -> Option<u64> {
        let page = spool.events_after(0, None, 1).await.unwrap();
        page.events.first().map(|event| event.id)
    }

    #[tokio::test]
    async fn all_that_is_due_is_removed_however_much_it_is() {
        let spool = MemorySpool::new();
        let count = MAX_PURGED_EVENTS * 2 + 5;
        spool.log(Moment::from_millis(1000), events(count)).await.unwrap();
        spool.log(Moment::from_millis(5000), events(1)).await.unwrap();
        let purged = purge(&spool, KEPT, Moment::from_millis(12_000)).await.unwrap();
        assert_eq!(purged.events, count as u64);
        assert_eq!(left(&spool).await, Some(count as u64 + 1));
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_every_minute_until_it_is_stopped() {
        let spool = MemorySpool::new();
        spool.log(Moment::from_millis(1_000_000), events(1)).await.unwrap();
        let now = Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(1000)));
        let clock = Clock::new({
            let now = now.clone();
            move || *now.lock().unwrap()
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(run(Arc::new(spool.clone()), KEPT, clock, async { drop(stopped.await) }));
        tokio::time::sleep(PERIOD / 2).await;
        assert_eq!(left(&spool).await, Some(1), "not old enough yet");
        *now.lock().unwrap() += Duration::from_secs(10);
        tokio::time::sleep(PERIOD).await;
        assert_eq!(left(&spool).await, None);
        drop(stop);
        running.await.unwrap();
    }
}
