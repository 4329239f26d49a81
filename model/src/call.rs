//! The data that pass through an adapter's functions.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::{AccessToken, Adjustment, Hidden, Message, NotifyId, Options, Target, Verdicts};

/// What a payload is composed from. The same for every target of one push on one channel (and dialect, where a vendor has
/// several).
#[derive(Clone, Copy, Debug)]
pub struct Composition<'a> {
    /// What to show or hand over.
    pub message: &'a Message,
    /// How to deliver it.
    pub options: &'a Options,
    /// Which of the vendor's APIs its targets speak; `None` is the channel's own default.
    pub dialect: Option<&'a str>,
    /// The push's own number, see [`NotifyId`].
    pub notify_id: NotifyId,
    /// Random bits drawn at admission and kept with the push, so that ids made from them repeat on a retry.
    pub nonce: u128,
    /// The time that TTLs count from.
    pub now: SystemTime,
}

/// A payload, ready to be addressed. Bytes are shared by all calls.
#[derive(Clone)]
pub struct Composed {
    /// The part of the body that all calls have in common.
    pub payload: Bytes,
    /// The headers that all calls have in common.
    pub headers: HeaderMap,
    /// The composition's nonce.
    pub nonce: u128,
    /// Which of the channel's credentials goes with it, numbered by the adapter; 0 where there is only one.
    pub credential: u8,
    /// What had to be changed.
    pub adjustments: Arc<[Adjustment]>,
}

/// One call to a vendor: a composed payload for some targets.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// What is sent.
    pub composed: &'a Composed,
    /// To whom: 1 to [`targets_per_call`](crate::Limits::targets_per_call), all of one channel.
    pub targets: &'a [Target],
    /// The channel's access token, where the vendor needs one.
    pub access_token: Option<&'a AccessToken>,
    /// The time of the call.
    pub now: SystemTime,
}

/// A vendor's answer, read to its end.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// Body, cut at the transport's bound.
    pub body: Bytes,
}

/// What an answer means for the call.
pub enum Step {
    /// The vendor wants another request before it does the work (store, then list).
    Send(http::Request<Bytes>),
    /// The call is over.
    Done {
        /// What became of the targets.
        verdicts: Verdicts,
        /// What becomes of the connection.
        connection: ConnectionFate,
    },
}

/// What an answer says of the connection it came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFate {
    /// Good for more.
    Keep,
    /// Let it finish what it carries and open another.
    Retire,
}

// === impl Composed ===

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let adjusted: Vec<_> = self.adjustments.iter().map(|adjustment| adjustment.field).collect();
        let mut composed = f.debug_struct("Composed");
        composed.field("payload", &Hidden(self.payload.len())).field("credential", &self.credential);
        composed.field("adjusted", &adjusted).finish_non_exhaustive()
    }
}

// === impl Answer ===

/// Vendors repeat device tokens in their answers.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut answer = f.debug_struct("Answer");
        answer.field("status", &self.status).field("body", &Hidden(self.body.len())).finish_non_exhaustive()
    }
}

// === impl Step ===

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Send(request) => f.debug_tuple("Send").field(&Hidden(request.body().len())).finish(),
            Step::Done { verdicts, connection } => {
                f.debug_struct("Done").field("verdicts", verdicts).field("connection", connection).finish()
            }
        }
    }
}

impl Step {
    /// The end of a call over a connection that stays.
    pub const fn done(verdicts: Verdicts) -> Self {
        Step::Done { verdicts, connection: ConnectionFate::Keep }
    }
}
