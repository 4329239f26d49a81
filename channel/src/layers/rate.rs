//! Keeps a channel within its vendor's rate. Ready when a permit is taken; a permit not used is given back.
//!
//! tower's `RateLimit` is not `Clone` and counts in fixed windows; this one is a bucket that all clones share.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use model::RateUnit;
use tokio::time::{Sleep, sleep};
use tower::{Layer, Service};

use super::BatchService;
use crate::bucket::Bucket;
use crate::{Batch, Reply};

/// `None` where the vendor states no rate.
#[derive(Clone)]
pub(crate) struct RateLayer(pub(crate) Option<Rate>);

/// A rate and what it counts.
#[derive(Clone)]
pub(crate) struct Rate {
    pub(crate) bucket: Arc<Bucket>,
    pub(crate) unit: RateUnit,
}

pub(crate) struct RateLimited<S> {
    inner: S,
    rate: Option<Rate>,
    reservation: Reservation,
}

enum Reservation {
    None,
    Waiting(Pin<Box<Sleep>>),
    Due,
}

// === impl RateLayer ===

impl<S> Layer<S> for RateLayer {
    type Service = RateLimited<S>;

    fn layer(&self, inner: S) -> RateLimited<S> {
        RateLimited { inner, rate: self.0.clone(), reservation: Reservation::None }
    }
}

// === impl RateLimited ===

impl<S: BatchService> Service<Batch> for RateLimited<S> {
    type Response = Reply;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        let Some(rate) = &self.rate else { return self.inner.poll_ready(cx) };
        if matches!(self.reservation, Reservation::None) {
            let wait = rate.bucket.take(1.0);
            self.reservation = match wait.is_zero() {
                true => Reservation::Due,
                false => Reservation::Waiting(Box::pin(sleep(wait))),
            };
        }
        if let Reservation::Waiting(waiting) = &mut self.reservation {
            std::task::ready!(waiting.as_mut().poll(cx));
            self.reservation = Reservation::Due;
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, batch: Batch) -> S::Future {
        self.reservation = Reservation::None;
        if let Some(Rate { bucket, unit: RateUnit::Targets }) = &self.rate {
            // One was reserved before the batch was known; the others delay whoever comes next.
            let others = u32::try_from(batch.targets.len().saturating_sub(1)).unwrap_or(u32::MAX);
            bucket.take(f64::from(others));
        }
        self.inner.call(batch)
    }
}

/// A clone has no permit.
impl<S: Clone> Clone for RateLimited<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), rate: self.rate.clone(), reservation: Reservation::None }
    }
}

impl<S> Drop for RateLimited<S> {
    fn drop(&mut self) {
        if let (Some(rate), Reservation::Waiting(_) | Reservation::Due) = (&self.rate, &self.reservation) {
            rate.bucket.give_back(1.0);
        }
    }
}
