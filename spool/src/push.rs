//! A push as it enters the spool, and what is known of it afterwards.

use std::fmt;

use bytes::Bytes;
use model::{AppId, Hidden, Priority, PushId, TraceContext};

use crate::{ChannelName, Moment};

/// A push to be kept until every part of it is done.
#[derive(Clone, PartialEq)]
pub struct NewPush {
    /// The tenant.
    pub app: AppId,
    /// Its id, unique within the app while it is retained.
    pub id: PushId,
    /// A digest of what the caller sent: the same id with another digest is a conflict.
    pub digest: [u8; 32],
    /// The push as the caller sent it; at most [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES).
    pub body: Bytes,
    /// The secret share of all ids that are made from the push; the same on every retry.
    pub nonce: u128,
    /// The id of the notification on the device; the same on every retry.
    pub notify_id: u64,
    /// How urgent it is.
    pub priority: Priority,
    /// When it was taken.
    pub admitted_at: Moment,
    /// Not to be sent before: the time of admission, or the caller's `send_at`.
    pub due: Moment,
    /// When it is no longer worth delivering. Only kept, not acted upon.
    pub expires_at: Moment,
    /// Its place in a trace, if it has one.
    pub trace: Option<TraceContext>,
    /// The channels it goes through, one *part* each: 1 to [`MAX_CHANNELS`](crate::MAX_CHANNELS), all different.
    pub channels: Vec<ChannelName>,
}

/// What became of an admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is on disk now.
    New {
        /// The number of the push: greater than that of every push admitted before, never used again.
        seq: u64,
    },
    /// The same push was admitted before and is still retained; nothing was changed.
    Known {
        /// The number of that push.
        seq: u64,
    },
    /// Another push bears this id; nothing was changed.
    Conflict,
}

/// All that is known of a push.
#[derive(Clone, PartialEq)]
pub struct PushState {
    /// Its number.
    pub seq: u64,
    /// The push as the caller sent it; `None` once it is settled.
    pub body: Option<Bytes>,
    /// See [`NewPush::nonce`].
    pub nonce: u128,
    /// See [`NewPush::notify_id`].
    pub notify_id: u64,
    /// See [`NewPush::priority`].
    pub priority: Priority,
    /// See [`NewPush::admitted_at`].
    pub admitted_at: Moment,
    /// See [`NewPush::expires_at`].
    pub expires_at: Moment,
    /// When its last part was done.
    pub settled_at: Option<Moment>,
    /// Its parts, in the order of [`NewPush::channels`].
    pub parts: Vec<PartState>,
    /// What became of its targets so far, in the order of the targets: the index, and the bytes given with the
    /// settlement.
    pub results: Vec<(u32, Bytes)>,
}

/// How far one part of a push is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartState {
    /// Its channel.
    pub channel: ChannelName,
    /// Open or done.
    pub progress: PartProgress,
}

/// Whether anything is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartProgress {
    /// It is to be tried at `due`.
    Open {
        /// Not before.
        due: Moment,
        /// How often it was tried, as told by the last [`Then::RetryAt`](crate::Then::RetryAt); 0 at first.
        attempts: u32,
    },
    /// Nothing is left to do.
    Done,
}

// === impl NewPush ===

/// Says nothing of what is pushed.
impl fmt::Debug for NewPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut push = f.debug_struct("NewPush");
        push.field("app", &self.app).field("id", &self.id).field("body", &Hidden(self.body.len()));
        push.field("priority", &self.priority).field("admitted_at", &self.admitted_at).field("due", &self.due);
        push.field("expires_at", &self.expires_at).field("channels", &self.channels).finish_non_exhaustive()
    }
}

// === impl PushState ===

/// Says nothing of what is pushed, and of whose device.
impl fmt::Debug for PushState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results: Vec<_> = self.results.iter().map(|(target, outcome)| (target, Hidden(outcome.len()))).collect();
        let mut state = f.debug_struct("PushState");
        state.field("seq", &self.seq).field("body", &self.body.as_ref().map(|body| Hidden(body.len())));
        state.field("priority", &self.priority).field("admitted_at", &self.admitted_at);
        state.field("expires_at", &self.expires_at).field("settled_at", &self.settled_at);
        state.field("parts", &self.parts).field("results", &results).finish_non_exhaustive()
    }
}
