//! The set of channels in force.

use std::sync::Arc;

use tokio::sync::watch;

use super::Channels;

/// Holds the set of channels, which is replaced as a whole. Clones share it.
///
/// Who takes it for a push keeps it to the push's end, so that one push sees one set.
#[derive(Clone, Debug)]
pub struct Current(watch::Sender<Arc<Channels>>);

// === impl Current ===

impl Current {
    /// Begins with this set.
    pub fn new(channels: Channels) -> Self {
        Self(watch::Sender::new(Arc::new(channels)))
    }

    /// The set as it is now.
    pub fn get(&self) -> Arc<Channels> {
        self.0.borrow().clone()
    }

    /// Another set is in force from now on. What is under way in the old one goes on there.
    pub fn replace(&self, channels: Channels) {
        self.0.send_replace(Arc::new(channels));
    }

    /// The sets from now on.
    pub fn follow(&self) -> watch::Receiver<Arc<Channels>> {
        self.0.subscribe()
    }
}
