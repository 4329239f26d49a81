//! The loop of one webhook: read, post, go on; or wait and try the same again.
//!
//! A retry reads its event anew. So nothing is held in memory while a receiver fails, and an event whose retention has
//! ended meanwhile is given up by itself.

use std::sync::Arc;
use std::time::Duration;

use channel::Clock;
use spool::{Event, EventPage, Spool, SpoolFault};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::mark::Mark;
use super::message::Message;
use super::post::Handed;
use super::webhook::Webhook;
use crate::events::kind_of;

/// Who carries an app's events to it.
pub(super) struct Courier {
    spool: Arc<dyn Spool>,
    newest: watch::Receiver<u64>,
    webhook: Webhook,
    clock: Clock,
    backoff: Backoff,
    /// The event that the receiver does not take, and since when.
    stuck: Option<(u64, Instant)>,
    /// Set when another takes its place, or nobody: the event under way is the last.
    retired: CancellationToken,
}

/// Why the loop ended by itself.
enum End {
    Gone,
    Retired,
    Spool(SpoolFault),
}

/// What follows an event.
enum Then {
    GoOn,
    TryAgain(Duration),
    End(End),
}

/// Events read at once. Outcomes may be large, and many webhooks may read at the same time.
const PAGE_ROWS: usize = 16;
/// So long after it found nothing it looks again at the earliest: with many webhooks and a busy log it would else look
/// for each of them after each commit.
const PACE: Duration = Duration::from_millis(200);
/// The wait before a spool that failed once is asked again.
const SPOOL_WAIT: Duration = Duration::from_secs(10);
/// The last write of the mark may take so long; without it the next start posts some events again.
const LAST_WRITE: Duration = Duration::from_secs(5);

// === impl Courier ===

impl Courier {
    pub(super) fn new(spool: Arc<dyn Spool>, webhook: Webhook, clock: Clock, retired: CancellationToken) -> Self {
        let (newest, backoff) = (spool.subscribe(), webhook.backoff);
        Self { spool, newest, webhook, clock, backoff, stuck: None, retired }
    }

    pub(super) async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let mut mark = None;
        let ended = tokio::select! {
            biased;
            () = stop => None,
            end = self.work(&mut mark) => Some(end),
        };
        let app = &self.webhook.app;
        match ended {
            None | Some(End::Retired) => {}
            Some(End::Gone) => tracing::error!(
                %app,
                "The webhook's receiver answered 410 Gone; nothing is posted to it until its configuration changes, or the next start"
            ),
            Some(End::Spool(fault)) => tracing::error!(%app, %fault, "The webhook stops: the spool failed"),
        }
        if let Some(mark) = &mut mark {
            // Whatever comes of it: the promise holds without it.
            let _ = tokio::time::timeout(LAST_WRITE, mark.write()).await;
        }
    }

    async fn work(&mut self, place: &mut Option<Mark>) -> End {
        let mark = loop {
            match Mark::open(self.spool.clone(), &self.webhook.app).await {
                Ok(mark) => break place.insert(mark),
                Err(fault) => {
                    if let Some(end) = self.bear(fault).await {
                        return end;
                    }
                }
            }
        };
        loop {
            let did = self.page(mark).await;
            if let Some(end) = did {
                return end;
            }
        }
    }

    /// Tells what is there, or waits until something is.
    async fn page(&mut self, mark: &mut Mark) -> Option<End> {
        // Before looking: what is logged while we look must wake us.
        self.newest.mark_unchanged();
        let (asked, looked) = (mark.reached(), Instant::now());
        self.webhook.counters.reach(asked);
        let rows = if self.backoff.failures() > 0 { 1 } else { PAGE_ROWS };
        let page = match self.spool.events_after(asked, Some(&self.webhook.app), rows).await {
            Ok(page) => page,
            Err(fault) => return self.bear(fault).await,
        };
        self.note_loss(&page);
        for event in &page.events {
            if self.retired.is_cancelled() {
                return Some(End::Retired);
            }
            match self.hand_over(event, mark).await {
                Then::GoOn => self.webhook.counters.reach(mark.reached()),
                Then::TryAgain(wait) => {
                    // It may be long.
                    if let Some(end) = self.write(mark).await {
                        return Some(end);
                    }
                    return self.sleep(wait).await;
                }
                Then::End(end) => return Some(end),
            }
            if mark.is_due()
                && let Some(end) = self.write(mark).await
            {
                return Some(end);
            }
        }
        mark.pass(page.seen);
        self.webhook.counters.reach(mark.reached());
        if page.seen > asked { None } else { self.wait(mark, looked).await }
    }

    /// Until there is something new; the mark is written when its time comes.
    async fn wait(&mut self, mark: &mut Mark, looked: Instant) -> Option<End> {
        let due = async {
            match mark.due() {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.newest.changed() => match changed {
                Ok(()) => {
                    tokio::time::sleep_until(looked + PACE).await;
                    None
                }
                // Only a spool that is gone stops watching, and we hold it.
                Err(_) => std::future::pending().await,
            },
            () = due => self.write(mark).await,
            () = self.retired.cancelled() => Some(End::Retired),
        }
    }

    async fn sleep(&self, wait: Duration) -> Option<End> {
        let retired = tokio::time::timeout(wait, self.retired.cancelled()).await;
        retired.is_ok().then_some(End::Retired)
    }

    async fn hand_over(&mut self, event: &Event, mark: &mut Mark) -> Then {
        let Some(kind) = kind_of(event.kind).filter(|kind| self.webhook.wants(*kind)) else {
            mark.pass(event.id);
            return Then::GoOn;
        };
        let app = &self.webhook.app;
        let handed = self.webhook.post(&Message::of(event, kind), self.clock.now()).await;
        self.webhook.counters.posted(handed == Handed::Over);
        match handed {
            Handed::Over => {
                mark.deliver(event.id);
                if let Some((_, since)) = self.stuck.take() {
                    let (failures, failed_for) = (self.backoff.failures(), since.elapsed());
                    tracing::info!(%app, failures, ?failed_for, "The webhook takes its events again");
                }
                self.backoff.succeed();
                Then::GoOn
            }
            Handed::Gone => Then::End(End::Gone),
            Handed::Failed { why, asked } => {
                let wait = self.backoff.fail(asked);
                if self.backoff.failures() == 1 {
                    tracing::warn!(%app, event = event.id, why, "The webhook fails; its events wait for another try");
                } else {
                    tracing::debug!(%app, event = event.id, why, ?wait, "The webhook fails still");
                }
                let since = self.stuck.map_or_else(Instant::now, |(_, since)| since);
                self.stuck = Some((event.id, since));
                Then::TryAgain(wait)
            }
        }
    }

    /// Says so if the event that the receiver does not take is no longer there.
    fn note_loss(&mut self, page: &EventPage) {
        let Some((event, since)) = self.stuck else { return };
        let is_there = page.events.first().is_some_and(|first| first.id == event);
        if !is_there && page.seen >= event {
            let (app, failed_for) = (&self.webhook.app, since.elapsed());
            tracing::warn!(%app, event, ?failed_for, "Events were removed before the webhook took them");
            // Of what follows nothing is known yet; that it fails still is.
            self.stuck = Some((u64::MAX, since));
        }
    }

    async fn write(&self, mark: &mut Mark) -> Option<End> {
        match mark.write().await {
            Ok(()) => None,
            Err(fault @ SpoolFault::Poisoned { .. }) => Some(End::Spool(fault)),
            // The spool says itself that it is full. Deliveries go on, and are repeated at worst.
            Err(fault) => {
                tracing::debug!(app = %self.webhook.app, %fault, "The webhook's mark could not be written");
                None
            }
        }
    }

    /// Waits a little after a fault that may pass; gives the end after one that cannot.
    async fn bear(&self, fault: SpoolFault) -> Option<End> {
        if matches!(fault, SpoolFault::Poisoned { .. }) {
            return Some(End::Spool(fault));
        }
        tracing::warn!(app = %self.webhook.app, %fault, "The webhook cannot read the spool; it tries again");
        self.sleep(SPOOL_WAIT).await
    }
}
