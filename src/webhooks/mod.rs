//! Webhooks: an app's events posted to a URL of its own, signed (Standard Webhooks 1.0,
//! <https://www.standardwebhooks.com>).
//!
//! # Promises
//!
//! - Every event of the configured kinds is posted at least once while the log retains it, one after the other in the
//!   order of the log. An event is done when the receiver has answered 2xx; until then it is tried again, and later ones
//!   wait. How far it came is a mark in the spool, written a little later than it came there: after a crash some events
//!   are posted again, under the same `webhook-id`.
//! - A webhook that is new begins with what is logged from then on.
//! - It connects to public addresses only, unless it is allowed to do otherwise, and precisely to the address that was
//!   checked; it follows no redirect and goes through no proxy.
//! - A receiver that hangs, fails or talks without end holds up nothing but itself.
//!
//! # Left to others
//!
//! The configuration is checked by [`config`]; [`open`] adds what needs an HTTP client to be told. [`Webhooks`] runs those of
//! the configuration in force, one with [`run`] alone; who starts them says when they stop.

mod address;
mod backoff;
mod clients;
mod counters;
mod courier;
mod mark;
mod message;
mod post;
mod resolver;
mod running;
mod signature;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;

use channel::Clock;
use config::Config;
use model::Fault;
use spool::Spool;
use tokio_util::sync::CancellationToken;

pub(crate) use counters::Board;
pub use running::Webhooks;
pub use webhook::Webhook;

use clients::Clients;
use courier::Courier;

/// Every webhook of a configuration, or all that is wrong with any of them. Connects to nothing.
pub fn open(config: &Config) -> Result<Vec<Webhook>, Vec<Fault>> {
    let (mut webhooks, mut faults, mut clients) = (Vec::new(), Vec::new(), Clients::default());
    for webhook in &config.webhooks {
        match Webhook::open(webhook, &mut clients) {
            Ok(webhook) => webhooks.push(webhook),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(webhooks) } else { Err(faults) }
}

/// Posts an app's events until `stop` ends, the receiver is gone for good, or the spool fails.
///
/// What is under way when it is told to stop is dropped, and posted again by the next start.
pub async fn run(spool: Arc<dyn Spool>, webhook: Webhook, clock: Clock, stop: impl Future<Output = ()> + Send) {
    Courier::new(spool, webhook, clock, CancellationToken::new()).run(stop).await;
}
