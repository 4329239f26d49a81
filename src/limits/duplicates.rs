//! Pushes that say the same to the same devices.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Push, PushId, Target};
use tokio::time::Instant;

use super::OverLimit;

/// What was pushed within a window of time.
#[derive(Debug)]
pub(super) struct Duplicates {
    window: Duration,
    /// Two hashes of 64 bits whose keys nobody knows: nobody can make two contents look the same.
    hashers: [RandomState; 2],
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    pushes: HashMap<Digest, (Instant, PushId)>,
    /// The oldest first. What was given up stands here until its time is over.
    order: VecDeque<(Instant, Digest)>,
}

/// A content that is being pushed. Given up on drop, unless it is kept.
#[derive(Debug)]
pub(super) struct Claim {
    duplicates: Arc<Duplicates>,
    /// `None` once there is nothing to give up.
    digest: Option<(Digest, Instant)>,
}

type Digest = [u64; 2];

/// Beyond it the oldest are forgotten before their time; about 10 MiB for one app.
const MOST: usize = 100_000;

// === impl Duplicates ===

impl Duplicates {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, hashers: [RandomState::new(), RandomState::new()], seen: Mutex::default() }
    }

    /// Claims the content of a push, unless another push within the window has it. The same id is the same push again, for
    /// which others answer.
    pub(super) fn claim(self: &Arc<Self>, push: &Push) -> Result<Claim, OverLimit> {
        let digest = self.digest(push);
        let now = Instant::now();
        let mut seen = self.seen();
        seen.forget(now.checked_sub(self.window));
        let digest = match seen.pushes.get(&digest) {
            Some((_, id)) if *id == push.id => None,
            Some((at, id)) => return Err(OverLimit::Duplicate { id: id.clone(), ago: now.duration_since(*at) }),
            None => {
                seen.pushes.insert(digest, (now, push.id.clone()));
                seen.order.push_back((now, digest));
                Some((digest, now))
            }
        };
        Ok(Claim { duplicates: self.clone(), digest })
    }

    fn digest(&self, push: &Push) -> Digest {
        [0, 1].map(|index: usize| {
            let mut hasher = self.hashers[index].build_hasher();
            push.message.hash(&mut hasher);
            for Target { vendor, token, environment, dialect, .. } in &push.targets {
                (vendor, token, environment, dialect).hash(&mut hasher);
            }
            hasher.finish()
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Seen ===

impl Seen {
    /// Forgets what was before a moment, and what is too much.
    fn forget(&mut self, before: Option<Instant>) {
        while let Some((at, digest)) = self.order.front().copied() {
            if self.order.len() < MOST && before.is_none_or(|before| at > before) {
                return;
            }
            self.order.pop_front();
            self.remove(&digest, at);
        }
    }

    /// Not if it was claimed again since.
    fn remove(&mut self, digest: &Digest, at: Instant) {
        if self.pushes.get(digest).is_some_and(|(found, _)| *found == at) {
            self.pushes.remove(digest);
        }
    }
}

// === impl Claim ===

impl Claim {
    /// Nothing is given up any more.
    pub(super) fn keep(&mut self) {
        self.digest = None;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((digest, at)) = self.digest.take() {
            self.duplicates.seen().remove(&digest, at);
        }
    }
}
