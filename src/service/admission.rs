//! The door: what is under way is bounded, and what is over the bound is turned away at once.

use std::sync::Arc;

use model::{AppId, NotifyId, Push};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::channels::Channels;
use crate::delivery::NotKept;
use crate::limits::{OverLimit, Pass};

/// A push that was taken in. While it lives it counts as under way.
#[derive(Debug)]
pub struct Admitted {
    pub(super) push: Box<Push>,
    /// The set that was in force when it was taken in: it is sent through these, whatever follows them.
    pub(super) channels: Arc<Channels>,
    pub(super) notify_id: NotifyId,
    pub(super) nonce: u128,
    pub(super) patience: Patience,
    _place: Place,
}

/// The room of a push, among all and within its app's limits. Given back on drop.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    pass: Option<Pass>,
}

/// What a push does where a channel has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Its targets are answered as not sent, so that the caller is not kept waiting for a vendor that hangs.
    Sheds,
    /// It waits, and the caller with it.
    Waits,
}

/// Why a push was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No such app in the configuration.
    #[error("the app \"{0}\" is not configured")]
    UnknownApp(AppId),
    /// It is to be kept, and there is nothing to keep it in.
    #[error("durable delivery and send_at need a spool: configure [spool] path")]
    NoSpool,
    /// It is to be sent later, but was not to be kept.
    #[error("a push with send_at in the future needs durable delivery: send it with Prefer: respond-async")]
    NeedsSpool,
    /// The app asks for more than it may.
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// It cannot be kept.
    #[error(transparent)]
    NotKept(#[from] NotKept),
    /// Too much is under way.
    #[error("as many targets are under way as the service takes (server.max_targets_in_flight); try again soon")]
    Busy,
    /// The service is about to stop.
    #[error("the service is stopping")]
    Draining,
}

/// Counts the targets under way.
#[derive(Debug)]
pub(super) struct Gate {
    room: Arc<Semaphore>,
    size: u32,
}

// === impl Admitted ===

impl Admitted {
    pub(super) fn new(
        push: Box<Push>,
        channels: Arc<Channels>,
        notify_id: NotifyId,
        patience: Patience,
        mut place: Place,
    ) -> Self {
        place.taken();
        Self { push, channels, notify_id, nonce: uuid::Uuid::new_v4().as_u128(), patience, _place: place }
    }

    /// What was taken in.
    pub fn push(&self) -> &Push {
        &self.push
    }
}

// === impl Place ===

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, pass: Option<Pass>) -> Self {
        Self { _permit: permit, pass }
    }

    /// The push was taken in.
    pub(super) fn taken(&mut self) {
        if let Some(pass) = &mut self.pass {
            pass.taken();
        }
    }
}

// === impl Gate ===

impl Gate {
    pub(super) fn new(targets: usize) -> Self {
        let size = u32::try_from(targets).unwrap_or(u32::MAX);
        Self { room: Arc::new(Semaphore::new(size as usize)), size }
    }

    /// As many targets may be under way.
    pub(super) fn size(&self) -> usize {
        self.size as usize
    }

    /// As many are under way now.
    pub(super) fn under_way(&self) -> usize {
        self.size() - self.room.available_permits()
    }

    /// Room for so many targets, if there is any.
    pub(super) fn enter(&self, targets: usize) -> Option<OwnedSemaphorePermit> {
        let targets = u32::try_from(targets).ok()?;
        self.room.clone().try_acquire_many_owned(targets).ok()
    }

    /// Room for so many targets, as soon as there is; a push has at most as many as there is room for.
    pub(super) async fn enter_when_free(&self, targets: usize) -> OwnedSemaphorePermit {
        let targets = u32::try_from(targets).unwrap_or(u32::MAX).min(self.size);
        if let Ok(permit) = self.room.clone().try_acquire_many_owned(targets) {
            return permit;
        }
        self.room.clone().acquire_many_owned(targets).await.expect("it is never closed")
    }

    /// Waits until nothing is under way.
    pub(super) async fn emptied(&self) {
        // Never closed, so the only answer is that all of it is free.
        drop(self.room.acquire_many(self.size).await);
    }
}
