//! A push from admission to its report.

mod admission;
mod dispatch;
mod notify_ids;
mod preview;
mod report;
mod route;

use std::sync::Arc;
use std::time::SystemTime;

use channel::Clock;
use model::{AppId, NotifyIds, Push};
use tokio::sync::watch;
use tracing::Instrument;

pub use admission::{Admitted, Refused};
pub use notify_ids::MemoryNotifyIds;
pub use preview::{ChannelPreview, Preview, RequestPreview};
pub use report::Report;
pub(crate) use report::serialize_adjustments;

use admission::{Gate, Patience};

use crate::channels::Channels;
use crate::credentials::{Desk, Probes};

/// The service. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

struct Shared {
    channels: Channels,
    notify_ids: Arc<dyn NotifyIds>,
    gate: Gate,
    desk: Desk,
    /// Set once the service takes nothing new.
    draining: watch::Sender<bool>,
    clock: Clock,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("channels", &self.0.channels).finish_non_exhaustive()
    }
}

// === impl Service ===

impl Service {
    /// A service over these channels. `max_targets_in_flight` bounds what is under way at once.
    pub fn new(channels: Channels, notify_ids: Arc<dyn NotifyIds>, max_targets_in_flight: usize, clock: Clock) -> Self {
        let gate = Gate::new(max_targets_in_flight);
        let desk = Desk::new(Probes::new(channels.clients().clone(), clock.clone()), clock.clone());
        Self(Arc::new(Shared { channels, notify_ids, gate, desk, draining: watch::Sender::new(false), clock }))
    }

    /// Where uploaded credentials are dealt with.
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// The configured channels.
    pub fn channels(&self) -> &Channels {
        &self.0.channels
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    /// Whether new pushes are taken.
    pub fn is_ready(&self) -> bool {
        !*self.0.draining.borrow()
    }

    /// Takes a push in, or refuses it before anything was done for it.
    pub fn admit(&self, push: Push) -> Result<Admitted, Refused> {
        self.check(&push)?;
        let permit = self.0.gate.enter(push.targets.len()).ok_or(Refused::Busy)?;
        let notify_id = self.0.notify_ids.draw(&push.app);
        Ok(Admitted::new(push, notify_id, Patience::Sheds, permit))
    }

    /// Takes a push in as soon as there is room, and lets it wait for its channels too: for callers that are slowed down
    /// instead of turned away.
    pub async fn admit_when_free(&self, push: Push) -> Result<Admitted, Refused> {
        self.check(&push)?;
        let permit = self.0.gate.enter_when_free(push.targets.len()).await;
        let notify_id = self.0.notify_ids.draw(&push.app);
        Ok(Admitted::new(push, notify_id, Patience::Waits, permit))
    }

    fn check(&self, push: &Push) -> Result<(), Refused> {
        if !self.is_ready() {
            return Err(Refused::Draining);
        }
        if !self.knows(&push.app) {
            return Err(Refused::UnknownApp(push.app.clone()));
        }
        if push.options.send_at.is_some_and(|moment| moment > self.now()) {
            return Err(Refused::NeedsSpool);
        }
        Ok(())
    }

    /// What each vendor would be sent for a push. Sends nothing, asks no vendor, stores nothing.
    pub fn preview(&self, push: &Push) -> Result<Preview, Refused> {
        if !self.knows(&push.app) {
            return Err(Refused::UnknownApp(push.app.clone()));
        }
        Ok(preview::preview(&self.0.channels, push, self.0.notify_ids.draw(&push.app), self.now()))
    }

    /// Sends an admitted push in direct mode: one attempt for each target, nothing stored. The work goes on if the caller
    /// stops waiting, so that what was begun has its outcomes in counters and logs.
    pub async fn send(&self, admitted: Admitted) -> Vec<Report> {
        let service = self.clone();
        let sending = tokio::spawn(async move { service.carry_out(admitted).await });
        sending.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// The same within the caller's task: dropping the future gives up what is not under way yet.
    pub(crate) async fn carry_out(&self, admitted: Admitted) -> Vec<Report> {
        let span = tracing::debug_span!("push", push.id = %admitted.push().id, app = %admitted.push().app);
        dispatch::dispatch(&self.0.channels, admitted, self.now()).instrument(span).await
    }

    /// Targets that one stream may have under way: an eighth of all, so that several streams leave room for others.
    pub(crate) fn stream_share(&self) -> usize {
        self.0.gate.size() / 8
    }

    /// Ends when the service takes nothing new any more.
    pub(crate) async fn stopping(&self) {
        let mut draining = self.0.draining.subscribe();
        // The sender lives as long as the service.
        let _ = draining.wait_for(|draining| *draining).await;
    }

    /// Takes no new pushes and waits until all that was admitted is done.
    pub async fn drain(&self) {
        self.0.draining.send_replace(true);
        self.0.gate.emptied().await;
    }

    fn knows(&self, app: &AppId) -> bool {
        self.0.channels.has_app(app)
    }
}
