//! What became of a part.

use std::fmt;

use bytes::Bytes;
use model::Hidden;

use crate::{ChannelName, Moment, NewEvent};

/// Progress of one part of a push. All of it becomes durable together, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The number of the push.
    pub seq: u64,
    /// The channel whose part it is.
    pub channel: ChannelName,
    /// Targets that have their result now. The first result of a target stands; later ones are dropped.
    pub results: Vec<TargetResult>,
    /// What is to be done next.
    pub then: Then,
    /// What is to be told about it.
    pub events: Vec<NewEvent>,
}

/// What became of one target.
#[derive(Clone, PartialEq, Eq)]
pub struct TargetResult {
    /// Its index in the push.
    pub target: u32,
    /// What became of it, in the caller's encoding: at most [`MAX_OUTCOME_BYTES`](crate::MAX_OUTCOME_BYTES). Equal
    /// neighbours are kept once.
    pub outcome: Bytes,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The part stays as it is: more targets are on their way.
    Progress,
    /// The part is to be tried again.
    RetryAt {
        /// Not before.
        due: Moment,
        /// How often it was tried by now.
        attempts: u32,
    },
    /// Nothing is left to do.
    Done,
}

/// Whether a settlement found its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is on disk now.
    Applied {
        /// Whether it ended the last open part of its push.
        push_is_settled: bool,
    },
    /// There is no such open part: it is done, cancelled or gone already. Nothing was written, no event either.
    Closed,
}

// === impl TargetResult ===

/// Says nothing of whose device it is.
impl fmt::Debug for TargetResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = Hidden(self.outcome.len());
        f.debug_struct("TargetResult").field("target", &self.target).field("outcome", &outcome).finish()
    }
}
