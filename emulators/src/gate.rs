//! How many streams of a connection are open, and when the last one has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use tokio::sync::Notify;

/// The gate of one connection.
#[derive(Default)]
pub(crate) struct Gate {
    open: AtomicU32,
    leaving: AtomicBool,
    /// Told when the connection leaves and no stream is open.
    pub(crate) left: Notify,
}

/// An open stream; dropping it closes it.
pub(crate) struct Pass(Arc<Gate>);

// === impl Gate ===

impl Gate {
    pub(crate) fn open(&self) -> u32 {
        self.open.load(SeqCst)
    }

    /// Opens one more stream.
    pub(crate) fn pass(self: &Arc<Self>) -> Pass {
        self.open.fetch_add(1, SeqCst);
        Pass(Arc::clone(self))
    }

    /// No further stream is welcome. Whether this is said for the first time.
    pub(crate) fn leave(&self) -> bool {
        let first = !self.leaving.swap(true, SeqCst);
        self.tell();
        first
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(SeqCst)
    }

    fn tell(&self) {
        if self.is_leaving() && self.open() == 0 {
            self.left.notify_one();
        }
    }
}

// === impl Pass ===

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, SeqCst);
        self.0.tell();
    }
}
