//! A push from admission to its report.

mod admission;
mod counters;
pub(crate) mod dispatch;
mod notify_ids;
mod preview;
pub(crate) mod report;
pub(crate) mod route;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use channel::Clock;
use model::{AppId, NotifyId, Push};
use spool::Spool;
use tokio::sync::watch;
use tracing::{Instrument, Span};

pub use admission::{Admitted, Refused};
pub(crate) use counters::Admissions;
pub use counters::AppCounters;
pub use preview::{ChannelPreview, Preview, RequestPreview};
pub use report::Report;
pub(crate) use report::{AdjustmentRow, serialize_adjustments};

use admission::{Gate, Patience, Place};
use notify_ids::NotifyIds;

use crate::channels::{Channels, Current};
use crate::credentials::{Desk, Probes};
use crate::delivery::{Delivery, Entrusted, Kept, NotKept};
use crate::device_log::DeviceLog;
use crate::limits::Limits;
use crate::metrics;
use crate::reload::LastReload;
use crate::traces::{self, SPAN_TARGET};
use crate::webhooks::Board;

/// The service. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

struct Shared {
    current: Current,
    notify_ids: NotifyIds,
    delivery: Option<Delivery>,
    gate: Gate,
    limits: Limits,
    desk: Desk,
    last_reload: Mutex<LastReload>,
    webhooks: Board,
    metrics: metrics::Options,
    devices: DeviceLog,
    /// Set once the service takes nothing new.
    draining: watch::Sender<bool>,
    clock: Clock,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("channels", &self.0.current).finish_non_exhaustive()
    }
}

/// What a push of a configured app goes through.
struct Taken {
    channels: Arc<Channels>,
    counters: Arc<AppCounters>,
}

/// The notify id that previews show.
const SAMPLE_ID: NotifyId = NotifyId(0);

/// A push on its way, in traces and before log lines.
fn span(push: &Push, mode: &str) -> Span {
    let Push { id, app, targets, .. } = push;
    tracing::debug_span!(target: SPAN_TARGET, "push", push.id = %id, %app, mode, push.targets = targets.len().cast_signed())
}

// === impl Service ===

impl Service {
    /// A service over these channels. `max_targets_in_flight` bounds what is under way at once; without `delivery` it only
    /// takes direct pushes.
    pub fn new(
        current: Current,
        delivery: Option<Delivery>,
        max_targets_in_flight: usize,
        metrics: metrics::Options,
        devices: DeviceLog,
        clock: Clock,
    ) -> Self {
        let gate = Gate::new(max_targets_in_flight);
        let desk = Desk::new(Probes::new(current.get().clients().clone(), clock.clone()), clock.clone());
        let notify_ids = NotifyIds::new(delivery.as_ref().map(|delivery| delivery.spool().clone()));
        let draining = watch::Sender::new(false);
        let last_reload = Mutex::new(LastReload::first(clock.now()));
        let webhooks = Board::default();
        let limits = Limits::default();
        Self(Arc::new(Shared {
            current,
            notify_ids,
            delivery,
            gate,
            limits,
            desk,
            last_reload,
            webhooks,
            metrics,
            devices,
            draining,
            clock,
        }))
    }

    /// What apps may ask of it.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Where uploaded credentials are dealt with.
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// The configured channels, as they are now.
    pub fn channels(&self) -> Arc<Channels> {
        self.0.current.get()
    }

    /// Where another set of channels is put in force.
    pub(crate) fn current(&self) -> &Current {
        &self.0.current
    }

    /// How the configuration was read last.
    pub fn last_reload(&self) -> LastReload {
        *self.0.last_reload.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_reload(&self, is_successful: bool) {
        let now = self.now();
        self.0.last_reload.lock().unwrap_or_else(PoisonError::into_inner).note(is_successful, now);
    }

    /// The clock itself.
    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    /// Whether new pushes are taken, in every mode.
    pub fn is_ready(&self) -> bool {
        !self.is_draining() && self.0.delivery.as_ref().is_none_or(|delivery| delivery.spool().is_healthy())
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        *self.0.draining.borrow()
    }

    /// Durable delivery, if it is configured.
    pub fn delivery(&self) -> Result<&Delivery, Refused> {
        self.0.delivery.as_ref().ok_or(Refused::NoSpool)
    }

    /// Where pushes and events are kept, if anywhere.
    pub fn spool(&self) -> Option<Arc<dyn Spool>> {
        self.0.delivery.as_ref().map(|delivery| delivery.spool().clone())
    }

    /// The counters of every webhook.
    pub(crate) fn webhooks(&self) -> &Board {
        &self.0.webhooks
    }

    /// Targets under way, and how many may be.
    pub(crate) fn under_way(&self) -> (usize, usize) {
        (self.0.gate.under_way(), self.0.gate.size())
    }

    /// How metrics are told.
    pub(crate) fn metrics_options(&self) -> metrics::Options {
        self.0.metrics
    }

    /// Takes a push in for direct delivery, or refuses it before anything was done for it.
    pub async fn admit(&self, push: Push) -> Result<Admitted, Refused> {
        let Taken { channels, counters } = self.check_direct(&push)?;
        let place = self.enter(&push)?;
        let notify_id = self.draw(&push.app).await?;
        counters.admit_direct(push.targets.len());
        Ok(Admitted::new(Box::new(push), channels, notify_id, Patience::Sheds, place))
    }

    /// Takes a push in as soon as there is room, and lets it wait for its channels too: for callers that are slowed down
    /// instead of turned away.
    pub async fn admit_when_free(&self, push: Box<Push>) -> Result<Admitted, Refused> {
        let Taken { counters, .. } = self.check_direct(&push)?;
        let place = self.enter_when_free(&push).await?;
        let notify_id = self.draw(&push.app).await?;
        counters.admit_direct(push.targets.len());
        // As they are after the wait, which may have been long.
        let channels = self.channels();
        Ok(Admitted::new(push, channels, notify_id, Patience::Waits, place))
    }

    /// Takes a push in for durable delivery; `body` is the push as the caller sent it. Resolves when it is on disk. Goes on
    /// if the caller stops waiting, so that nothing is left lying that was written.
    pub async fn keep(&self, push: Push, body: Bytes) -> Result<Kept, Refused> {
        let Taken { counters, .. } = self.check(&push)?;
        self.delivery()?;
        let place = self.enter(&push)?;
        let (service, span) = (self.clone(), span(&push, "durable"));
        let keeping = async move { service.entrust(Box::new(push), body, place, &counters).await };
        let keeping = tokio::spawn(keeping.instrument(span));
        keeping.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// The same as soon as there is room, within the caller's task. Must be driven to its end.
    pub async fn keep_when_free(&self, push: Box<Push>, body: Bytes) -> Result<Kept, Refused> {
        let Taken { counters, .. } = self.check(&push)?;
        self.delivery()?;
        let place = self.enter_when_free(&push).await?;
        let span = span(&push, "durable");
        self.entrust(push, body, place, &counters).instrument(span).await
    }

    async fn entrust(
        &self,
        push: Box<Push>,
        body: Bytes,
        mut place: Place,
        counters: &AppCounters,
    ) -> Result<Kept, Refused> {
        let (delivery, targets) = (self.delivery()?.clone(), push.targets.len());
        let notify_id = self.draw(&push.app).await?;
        let nonce = uuid::Uuid::new_v4().as_u128();
        let trace = traces::context_of(&Span::current());
        let kept = delivery.keep(Entrusted { push: *push, body, nonce, notify_id, trace }).await;
        if kept.is_ok() {
            place.taken();
        }
        drop(place);
        let kept = kept?;
        if !kept.is_known {
            counters.admit_durable(targets);
        }
        Ok(kept)
    }

    /// Room for a push among all, and within the limits of its app.
    fn enter(&self, push: &Push) -> Result<Place, Refused> {
        let permit = self.0.gate.enter(push.targets.len()).ok_or(Refused::Busy)?;
        let pass = self.0.limits.of(&push.app).map(|limited| limited.enter(push)).transpose()?;
        Ok(Place::new(permit, pass))
    }

    /// The same as soon as there is any. What waits for its app's turn takes no room from others.
    async fn enter_when_free(&self, push: &Push) -> Result<Place, Refused> {
        let pass = match self.0.limits.of(&push.app) {
            None => None,
            Some(limited) => Some(limited.enter_when_free(push).await?),
        };
        Ok(Place::new(self.0.gate.enter_when_free(push.targets.len()).await, pass))
    }

    async fn draw(&self, app: &AppId) -> Result<NotifyId, Refused> {
        Ok(self.0.notify_ids.draw(app).await.map_err(NotKept::Spool)?)
    }

    fn check(&self, push: &Push) -> Result<Taken, Refused> {
        if self.is_draining() {
            return Err(Refused::Draining);
        }
        self.channels_for(push)
    }

    fn check_direct(&self, push: &Push) -> Result<Taken, Refused> {
        let taken = self.check(push)?;
        if push.options.send_at.is_some_and(|moment| moment > self.now()) {
            return Err(self.delivery().err().unwrap_or(Refused::NeedsSpool));
        }
        Ok(taken)
    }

    /// What each vendor would be sent for a push. Sends nothing, asks no vendor, stores nothing.
    pub fn preview(&self, push: &Push) -> Result<Preview, Refused> {
        let Taken { channels, .. } = self.channels_for(push)?;
        Ok(preview::preview(&channels, push, SAMPLE_ID, self.now()))
    }

    /// Sends an admitted push in direct mode: one attempt for each target, nothing stored. The work goes on if the caller
    /// stops waiting, so that what was begun has its outcomes in counters and logs.
    pub async fn send(&self, admitted: Admitted) -> Vec<Report> {
        // Within the caller's span, which the task is not.
        let (service, span) = (self.clone(), span(admitted.push(), "direct"));
        let sending = tokio::spawn(async move { service.dispatch(admitted).instrument(span).await });
        sending.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// The same within the caller's task: dropping the future gives up what is not under way yet.
    pub(crate) async fn carry_out(&self, admitted: Admitted) -> Vec<Report> {
        let span = span(admitted.push(), "direct");
        self.dispatch(admitted).instrument(span).await
    }

    async fn dispatch(&self, admitted: Admitted) -> Vec<Report> {
        dispatch::dispatch(admitted, &self.0.devices, self.now()).await
    }

    /// Targets that one stream may have under way: an eighth of all, so that several streams leave room for others.
    pub(crate) fn stream_share(&self) -> usize {
        self.0.gate.size() / 8
    }

    /// Ends when the service takes nothing new any more, or is gone.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut draining = self.0.draining.subscribe();
        async move { drop(draining.wait_for(|draining| *draining).await) }
    }

    /// Takes no new pushes and waits until all that is under way is done; what is kept stays for the next start.
    pub async fn drain(&self) {
        self.0.draining.send_replace(true);
        self.0.gate.emptied().await;
        if let Some(delivery) = &self.0.delivery {
            delivery.stop().await;
        }
    }

    /// The channels that a push may go through, all of one set.
    fn channels_for(&self, push: &Push) -> Result<Taken, Refused> {
        let channels = self.channels();
        match channels.app(&push.app).cloned() {
            Some(counters) => Ok(Taken { channels, counters }),
            None => Err(Refused::UnknownApp(push.app.clone())),
        }
    }
}
