//! Durable delivery: what was taken is on disk, and is tried until its vendor has answered or its time is over.
//!
//! A push is admitted into the spool and handed to the couriers of its channels, one task each. Nothing on disk says
//! that something is under way, so after a crash all that has no result is tried again: at least once, and twice only what
//! was under way. Retries are rows of the spool, not timers; what is not due costs no memory.
//!
//! What follows from a vendor's answer is a pure function (`decide`); which push may be sent to a device is told by holds;
//! whether a channel is worth calling by its gate.

mod courier;
mod decide;
mod name;
mod post;
mod status;
mod told;
mod waiters;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use channel::{ChannelId, Clock};
use model::{AppId, NotifyId, Push, PushId, Target, TraceContext};
use sha2::{Digest, Sha256};
use spool::{
    Admission, Moment, NewPush, PartProgress, PushState, Settled, Settlement, Spool, SpoolFault, TargetRanges, Then,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub use status::{Status, StatusRow};

use crate::channels::{Current, not_configured};
use crate::device_log::DeviceLog;
use crate::service::report::Report;
use courier::Errand;
pub(crate) use name::id_of;
use name::name_of;
use post::Post;
use told::Told;
use waiters::Waiters;
use work::Work;

/// Durable delivery. Clones share everything.
#[derive(Clone)]
pub struct Delivery(Arc<Shared>);

struct Shared {
    spool: Arc<dyn Spool>,
    current: Current,
    couriers: Mutex<HashMap<ChannelId, Courier>>,
    waiters: Arc<Waiters>,
    clock: Clock,
    habits: Habits,
    stopping: watch::Sender<bool>,
}

struct Courier {
    post: Arc<Post>,
    task: JoinHandle<()>,
}

/// What an operator may choose.
#[derive(Clone, Debug)]
pub struct Habits {
    /// How long a push without a TTL is tried.
    pub default_ttl: Duration,
    /// Whether every outcome is an event; dead tokens always are.
    pub tells_outcomes: bool,
    /// Where every outcome is logged.
    pub devices: DeviceLog,
}

/// A push to be taken.
pub struct Entrusted {
    /// The push.
    pub push: Push,
    /// As the caller sent it.
    pub body: Bytes,
    /// See [`NewPush::nonce`].
    pub nonce: u128,
    /// See [`NewPush::notify_id`].
    pub notify_id: NotifyId,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
}

/// Why a push was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// Another push bears the id.
    #[error("another push of this app bears the id \"{0}\"; give this one its own, or send the same body again")]
    Conflict(PushId),
    /// To be sent too far ahead.
    #[error("must be at most {} days ahead", MAX_AHEAD.as_secs() / 86_400)]
    TooFarAhead,
    /// The spool does not take it.
    #[error("the push cannot be kept safely: {0}")]
    Spool(#[from] SpoolFault),
}

/// A push that is on disk.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whose.
    pub app: AppId,
    /// Its id.
    pub id: PushId,
    /// Whether it was there before.
    pub is_known: bool,
    seq: u64,
}

/// The furthest `send_at`.
const MAX_AHEAD: Duration = Duration::from_hours(30 * 24);
/// How long a push that is meant for this moment may wait for its one attempt.
const NOW_OR_NEVER: Duration = Duration::from_secs(60);
/// How long a caller that takes a push back is kept waiting for what is under way.
const CANCEL_PATIENCE: Duration = Duration::from_secs(2);
/// It is asked for again after so long: a retry that was just being written down could not be taken back.
const CANCEL_AGAIN: Duration = Duration::from_millis(250);
/// What a push takes in memory beside its body.
const PUSH_OVERHEAD: usize = 1024;

// === impl Delivery ===

impl Delivery {
    /// Takes up what the spool holds, and whatever is entrusted to it.
    pub async fn start(
        spool: Arc<dyn Spool>,
        current: Current,
        clock: Clock,
        habits: Habits,
    ) -> Result<Self, SpoolFault> {
        let shared = Shared {
            spool,
            current,
            couriers: Mutex::default(),
            waiters: Arc::default(),
            clock,
            habits,
            stopping: watch::Sender::new(false),
        };
        let delivery = Self(Arc::new(shared));
        for open in delivery.0.spool.open_channels().await? {
            match id_of(&open.channel) {
                Some(id) => drop(delivery.post(&id)),
                None => tracing::error!(channel = %open.channel, parts = open.parts,
                    "The spool holds pushes for a vendor that this version does not know; they stay there"),
            }
        }
        Ok(delivery)
    }

    /// Where everything is kept.
    pub fn spool(&self) -> &Arc<dyn Spool> {
        &self.0.spool
    }

    /// Takes a push. Resolves when it is on disk; from then on it is delivered. Must not be cancelled: what was written and not
    /// handed over would wait for the next start.
    pub async fn keep(&self, entrusted: Entrusted) -> Result<Kept, NotKept> {
        let Entrusted { push, body, nonce, notify_id, trace } = entrusted;
        let now = self.0.clock.now();
        let due = push.options.send_at.filter(|moment| *moment > now);
        if due.is_some_and(|due| due > now + MAX_AHEAD) {
            return Err(NotKept::TooFarAhead);
        }
        let channels = channels(&push);
        let ttl = match push.options.ttl {
            Some(Duration::ZERO) => NOW_OR_NEVER,
            ttl => ttl.unwrap_or(self.0.habits.default_ttl),
        };
        let expires_at = Moment::from(due.unwrap_or(now)).after(ttl);
        let bytes = body.len() + PUSH_OVERHEAD;
        let admission = self.0.spool.admit(NewPush {
            app: push.app.clone(),
            id: push.id.clone(),
            digest: Sha256::digest(&body).into(),
            body,
            nonce,
            notify_id: notify_id.0,
            trace,
            priority: push.options.priority,
            admitted_at: now.into(),
            due: due.map_or(courier::AT_ONCE, Moment::from),
            expires_at,
            channels: channels.iter().map(name_of).collect(),
        });
        let (app, id) = (push.app.clone(), push.id.clone());
        let seq = match admission.await? {
            Admission::New { seq } => seq,
            Admission::Known { seq } => return Ok(Kept { app, id, is_known: true, seq }),
            Admission::Conflict => return Err(NotKept::Conflict(id)),
        };
        let since = Moment::from(due.unwrap_or(now));
        let push = Arc::new(push);
        let (attempts, settled) = (0, TargetRanges::default());
        let work = Work { seq, push, nonce, notify_id, trace, since, expires_at, attempts, settled };
        let current = self.0.current.get();
        let (channels, missing): (Vec<_>, Vec<_>) =
            channels.into_iter().partition(|channel| current.is_configured(channel));
        // Before anything is waited for: it may be taken back as soon as it is on disk.
        for channel in channels {
            match due {
                Some(due) => self.post(&channel).announce(work.push.options.priority, due.into()),
                None => self.post(&channel).hand(work.clone(), bytes),
            }
        }
        for channel in missing {
            if let Err(fault) = self.refuse(&work, &channel, now).await {
                tracing::warn!(push.id = %id, %channel, %fault, "A push for a missing channel is kept until its time is over");
                drop(self.post(&channel));
            }
        }
        Ok(Kept { app, id, is_known: false, seq })
    }

    /// What is known of a push.
    pub async fn status(&self, app: &AppId, id: &PushId) -> Result<Option<Status>, SpoolFault> {
        Ok(self.0.spool.push(app, id).await?.map(|state| Status::of(app, id, state)))
    }

    /// The same as soon as it is settled, or when the time is over.
    pub async fn status_within(&self, kept: &Kept, wait: Duration) -> Result<Option<Status>, SpoolFault> {
        let deadline = Instant::now() + wait;
        let waiter = self.0.waiters.enter(kept.seq);
        let settled = waiter.settled();
        let status = self.status(&kept.app, &kept.id).await?;
        if wait.is_zero() || status.as_ref().is_none_or(Status::is_settled) {
            return Ok(status);
        }
        // What ends the wait does not matter: the spool tells how things are.
        let mut stopping = self.0.stopping.subscribe();
        tokio::select! {
            _ = timeout_at(deadline, settled) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        self.status(&kept.app, &kept.id).await
    }

    /// Takes back what is not sent yet, and tells how things are then. What is under way is waited for, but not for long.
    pub async fn cancel(&self, app: &AppId, id: &PushId) -> Result<Option<Status>, SpoolFault> {
        let deadline = Instant::now() + CANCEL_PATIENCE;
        loop {
            let Some(state) = self.0.spool.push(app, id).await? else { return Ok(None) };
            self.take_back(id, &state);
            let kept = Kept { app: app.clone(), id: id.clone(), is_known: true, seq: state.seq };
            let status = self.status_within(&kept, CANCEL_AGAIN).await?;
            let is_settled = status.as_ref().is_none_or(Status::is_settled);
            if is_settled || *self.0.stopping.borrow() || Instant::now() >= deadline {
                return Ok(status);
            }
        }
    }

    /// Asks the couriers to take back what is open of a push.
    fn take_back(&self, id: &PushId, state: &PushState) {
        let push = state.body.as_ref().and_then(|body| Push::parse(body, adapters::vendors()).ok());
        let Some(mut push) = push else { return };
        push.id = id.clone();
        let push = Arc::new(push);
        for part in &state.parts {
            let PartProgress::Open { attempts, .. } = part.progress else { continue };
            let Some(channel) = id_of(&part.channel) else { continue };
            let work = Work {
                seq: state.seq,
                push: push.clone(),
                nonce: state.nonce,
                notify_id: NotifyId(state.notify_id),
                // It is not sent any more.
                trace: None,
                since: state.admitted_at,
                expires_at: state.expires_at,
                attempts,
                settled: state.results.iter().map(|(target, _)| *target).collect(),
            };
            self.post(&channel).cancel(work);
        }
    }

    /// Takes nothing up any more, and waits until what is under way is settled.
    pub async fn stop(&self) {
        self.0.stopping.send_replace(true);
        loop {
            let couriers = std::mem::take(&mut *self.0.couriers.lock().unwrap_or_else(PoisonError::into_inner));
            if couriers.is_empty() {
                return;
            }
            for Courier { task, .. } in couriers.into_values() {
                // A panic was logged where it happened; the spool still holds what it was at work on.
                let _ = task.await;
            }
        }
    }

    /// Nothing can be sent through a channel that does not exist; the caller is told at once.
    async fn refuse(&self, work: &Work, channel: &ChannelId, now: SystemTime) -> Result<(), SpoolFault> {
        let mut told = Told::new(&work.push, &self.0.habits.devices);
        let verdict = not_configured(channel);
        let results =
            work.targets(channel).iter().map(|target| told.tell(&Report::unsent(target, verdict.clone()))).collect();
        let events = told.take(usize::MAX, channel, self.0.habits.tells_outcomes);
        let settlement = Settlement { seq: work.seq, channel: name_of(channel), results, then: Then::Done, events };
        let targets = settlement.results.len() as u64;
        let settled = self.0.spool.settle(now.into(), vec![settlement]).await?;
        self.0.current.get().told(channel, |told| told.add(&verdict.outcome, targets));
        if settled.contains(&Settled::Applied { push_is_settled: true }) {
            self.0.waiters.tell(work.seq);
        }
        Ok(())
    }

    /// The letter box of a channel; its courier is started if it was not.
    fn post(&self, id: &ChannelId) -> Arc<Post> {
        let mut couriers = self.0.couriers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(courier) = couriers.get(id) {
            return courier.post.clone();
        }
        let post = Arc::<Post>::default();
        let errand = Errand {
            id: id.clone(),
            channels: self.0.current.follow(),
            spool: self.0.spool.clone(),
            post: post.clone(),
            waiters: self.0.waiters.clone(),
            clock: self.0.clock.clone(),
            tells_outcomes: self.0.habits.tells_outcomes,
            devices: self.0.habits.devices.clone(),
            stopping: self.0.stopping.subscribe(),
        };
        let task = tokio::spawn(courier::run(errand));
        couriers.insert(id.clone(), Courier { post: post.clone(), task });
        post
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("spool", &self.0.spool).finish_non_exhaustive()
    }
}

/// The channels of a push, each once.
fn channels(push: &Push) -> Vec<ChannelId> {
    let mut channels: Vec<ChannelId> = Vec::new();
    for Target { vendor, environment, .. } in &push.targets {
        if !channels.iter().any(|id| id.vendor == *vendor && id.environment == *environment) {
            channels.push(ChannelId { app: push.app.clone(), vendor: *vendor, environment: *environment });
        }
    }
    channels
}
