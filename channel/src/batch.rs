//! What passes through a channel's stack.

use std::ops::{Deref, Range};
use std::sync::Arc;
use std::time::Duration;

use model::{AccessToken, Composed, Target, Verdicts};
use tracing::Span;

/// A composed payload for some targets: one call to the vendor.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What is sent.
    pub composed: Arc<Composed>,
    /// To whom.
    pub targets: Targets,
    /// How long a durable push had waited before this, its first call.
    pub(crate) waited: Option<Duration>,
    /// The span of the call, if it began before the channel had room.
    pub(crate) span: Option<Span>,
    /// An access token that the vendor has just refused for this batch: another is needed.
    pub(crate) refused: Option<Arc<AccessToken>>,
}

/// A part of a push's targets, without copying them.
#[derive(Clone, Debug)]
pub struct Targets {
    all: Arc<[Target]>,
    range: Range<usize>,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// A verdict for each target, in order.
    pub verdicts: Verdicts,
    /// How often the vendor was asked: 0 if it was not reached at all.
    pub attempts: u32,
}

// === impl Batch ===

impl Batch {
    /// A batch that was not tried yet.
    pub fn new(composed: Arc<Composed>, targets: Targets) -> Self {
        Self { composed, targets, waited: None, span: None, refused: None }
    }

    /// The same of a push that waited for so long.
    #[must_use]
    pub fn after(self, waited: Option<Duration>) -> Self {
        Self { waited, ..self }
    }
}

// === impl Targets ===

impl Targets {
    /// All of them.
    pub fn new(all: Arc<[Target]>) -> Self {
        let range = 0..all.len();
        Self { all, range }
    }

    /// In parts of at most `size`, in order.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Targets> + use<> {
        let (all, range, size) = (self.all.clone(), self.range.clone(), size.max(1));
        range.clone().step_by(size).map(move |start| {
            let end = range.end.min(start + size);
            Targets { all: all.clone(), range: start..end }
        })
    }
}

impl Deref for Targets {
    type Target = [Target];

    fn deref(&self) -> &[Target] {
        &self.all[self.range.clone()]
    }
}
