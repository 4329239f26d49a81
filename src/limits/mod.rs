//! What an app may ask of the service: how often, how much at once, and whether the same twice.
//!
//! A push counts as one, whatever number of targets it has. Who pushes alone is turned away when it is too much, and told when
//! to come again; who streams is slowed down. What is held for it is bounded: a few numbers for each app, and the digests of
//! the latest pushes where the same content is refused.

mod duplicates;
mod rate;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use config::AppLimits;
use model::{AppId, Push, PushId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use duplicates::{Claim, Duplicates};
pub use rate::{Quota, Rate};

/// The limits of every app that has any.
#[derive(Debug, Default)]
pub struct Limits(RwLock<HashMap<AppId, Arc<Limited>>>);

/// One app's limits, and how far they are used.
#[derive(Debug)]
pub struct Limited {
    config: AppLimits,
    rate: Option<Rate>,
    room: Option<Room>,
    duplicates: Option<Arc<Duplicates>>,
}

/// Targets under way.
#[derive(Debug)]
struct Room {
    free: Arc<Semaphore>,
    size: usize,
}

/// A push within the limits. While it lives its targets count as under way.
#[derive(Debug, Default)]
pub struct Pass {
    _room: Option<OwnedSemaphorePermit>,
    claim: Option<Claim>,
}

/// What a push is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// It has more targets than one push may.
    #[error("the app's pushes may have at most {most} targets, not {actual} (max_targets_per_push)")]
    Targets {
        /// As many may be.
        most: usize,
        /// As many are.
        actual: usize,
    },
    /// The app pushes too often.
    #[error("the app may send {per_minute} pushes a minute (rate_per_minute)")]
    Rate {
        /// What it may.
        per_minute: u32,
        /// When there is room for another.
        retry_after: Duration,
    },
    /// As much is under way as may.
    #[error("as many targets of the app are under way as may be (max_in_flight); try again soon")]
    InFlight,
    /// The same was pushed before.
    #[error(
        "the same message was pushed to the same targets as \"{id}\", {} s ago (duplicate_window_seconds); to repeat a push send it \
         with its own id", ago.as_secs()
    )]
    Duplicate {
        /// The one before.
        id: PushId,
        /// When it was.
        ago: Duration,
    },
}

// === impl Limits ===

impl Limits {
    /// Puts these in force. An app whose limits are as they were keeps what it has used of them.
    pub fn apply(&self, limits: BTreeMap<AppId, AppLimits>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let next = limits.into_iter().map(|(app, config)| {
            let same = all.get(&app).filter(|limited| limited.config == config).cloned();
            (app, same.unwrap_or_else(|| Arc::new(Limited::new(config))))
        });
        *all = next.collect();
    }

    /// Those of an app, if it has any.
    pub fn of(&self, app: &AppId) -> Option<Arc<Limited>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(app).cloned()
    }
}

// === impl Limited ===

impl Limited {
    fn new(config: AppLimits) -> Self {
        let rate = config.rate_per_minute.zip(config.brim()).map(|(rate, brim)| Rate::new(rate, brim));
        let room = config.max_in_flight.map(|size| Room { free: Arc::new(Semaphore::new(size)), size });
        let window = config.duplicate_window.filter(|window| !window.is_zero());
        let duplicates = window.map(|window| Arc::new(Duplicates::new(window)));
        Self { config, rate, room, duplicates }
    }

    /// Lets a push pass, or tells what it is over. What is turned away has used nothing.
    pub fn enter(&self, push: &Push) -> Result<Pass, OverLimit> {
        self.check_targets(push)?;
        let claim = self.claim(push)?;
        let room = match &self.room {
            None => None,
            Some(room) => Some(room.enter(push.targets.len()).ok_or(OverLimit::InFlight)?),
        };
        if let Some(rate) = &self.rate {
            rate.take()?;
        }
        Ok(Pass { _room: room, claim })
    }

    /// The same as soon as there is room and it is time.
    pub async fn enter_when_free(&self, push: &Push) -> Result<Pass, OverLimit> {
        self.check_targets(push)?;
        if let Some(rate) = &self.rate {
            rate.wait().await;
        }
        let room = match &self.room {
            None => None,
            Some(room) => Some(room.enter_when_free(push.targets.len()).await),
        };
        Ok(Pass { _room: room, claim: self.claim(push)? })
    }

    /// How far the rate is used.
    pub fn quota(&self) -> Option<Quota> {
        self.rate.as_ref().map(Rate::quota)
    }

    fn check_targets(&self, push: &Push) -> Result<(), OverLimit> {
        let actual = push.targets.len();
        match self.config.max_targets_per_push {
            Some(most) if actual > most => Err(OverLimit::Targets { most, actual }),
            _ => Ok(()),
        }
    }

    fn claim(&self, push: &Push) -> Result<Option<Claim>, OverLimit> {
        self.duplicates.as_ref().map(|duplicates| duplicates.claim(push)).transpose()
    }
}

// === impl Room ===

impl Room {
    /// A push that is larger than all of it passes when nothing else is under way.
    fn permits(&self, targets: usize) -> u32 {
        u32::try_from(targets.min(self.size)).unwrap_or(u32::MAX)
    }

    fn enter(&self, targets: usize) -> Option<OwnedSemaphorePermit> {
        self.free.clone().try_acquire_many_owned(self.permits(targets)).ok()
    }

    async fn enter_when_free(&self, targets: usize) -> OwnedSemaphorePermit {
        self.free.clone().acquire_many_owned(self.permits(targets)).await.expect("it is never closed")
    }
}

// === impl Pass ===

impl Pass {
    /// The push was taken in: from now on the same is a duplicate. What was not taken in may be tried again.
    pub fn taken(&mut self) {
        if let Some(claim) = &mut self.claim {
            claim.keep();
        }
    }
}

#[cfg(test)]
mod tests;
