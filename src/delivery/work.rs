//! A part of a push as a courier takes it up.

use std::sync::Arc;
use std::time::Duration;

use channel::ChannelId;
use model::{NotifyId, Push, PushFault, Target, TraceContext};
use spool::{Moment, Part, TargetRanges};

/// What is to be done for a push in one channel.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// The number of the push in the spool.
    pub(super) seq: u64,
    /// The push, with its targets of all channels.
    pub(super) push: Arc<Push>,
    pub(super) nonce: u128,
    pub(super) notify_id: NotifyId,
    /// The trace that it belongs to.
    pub(super) trace: Option<TraceContext>,
    /// Since when it may be sent: its admission, or the time at which it was to be sent.
    pub(super) since: Moment,
    /// When it is no longer worth delivering.
    pub(super) expires_at: Moment,
    /// How often it was tried.
    pub(super) attempts: u32,
    /// Targets that have their result.
    pub(super) settled: TargetRanges,
}

// === impl Work ===

impl Work {
    /// Reads a part from the spool.
    pub(super) fn read(part: &Part) -> Result<Self, PushFault> {
        let mut push = Push::parse(&part.body, adapters::vendors())?;
        // The caller's, or the one that was made at admission.
        push.id = part.id.clone();
        let since = push.options.send_at.map_or(part.admitted_at, |at| part.admitted_at.max(at.into()));
        Ok(Self {
            seq: part.seq,
            push: Arc::new(push),
            nonce: part.nonce,
            notify_id: NotifyId(part.notify_id),
            trace: part.trace,
            since,
            expires_at: part.expires_at,
            attempts: part.attempts,
            settled: part.settled.clone(),
        })
    }

    /// The targets of a channel that have no result yet.
    pub(super) fn targets(&self, channel: &ChannelId) -> Vec<Target> {
        let is_open = |target: &&Target| {
            target.vendor == channel.vendor
                && target.environment == channel.environment
                && !self.settled.contains(target.index)
        };
        self.push.targets.iter().filter(is_open).cloned().collect()
    }

    /// How long it is worth delivering yet; nothing if it was meant for the moment of its admission.
    pub(super) fn left(&self, now: Moment) -> Option<Duration> {
        let is_now_or_never = self.push.options.ttl == Some(Duration::ZERO);
        (!is_now_or_never).then(|| Duration::from_millis(self.expires_at.as_millis().saturating_sub(now.as_millis())))
    }
}
