//! Whether the file can still be trusted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::SpoolFault;

/// Poisoned is for ever; full lasts until there is room for a push again.
#[derive(Debug, Default)]
pub(super) struct Health {
    poison: OnceLock<Arc<str>>,
    full: AtomicBool,
    /// A write is under way that finds out whether there is room again.
    probed: AtomicBool,
}

// === impl Health ===

impl Health {
    pub(super) fn is_good(&self) -> bool {
        self.poison.get().is_none() && !self.full.load(Ordering::Relaxed)
    }

    /// Whether it is worth finding out if there is room again: it was full, and nobody is finding out already.
    pub(super) fn begin_probe(&self) -> bool {
        self.full.load(Ordering::Relaxed) && self.poison.get().is_none() && !self.probed.swap(true, Ordering::Relaxed)
    }

    pub(super) fn end_probe(&self) {
        self.probed.store(false, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn is_probed(&self) -> bool {
        self.probed.load(Ordering::Relaxed)
    }

    pub(super) fn check(&self) -> Result<(), SpoolFault> {
        self.poison.get().map_or(Ok(()), |reason| Err(SpoolFault::Poisoned { reason: reason.clone() }))
    }

    /// Poisons it; the first reason stands and is given back.
    pub(super) fn poison(&self, reason: &str) -> SpoolFault {
        let stands = self.poison.get_or_init(|| {
            tracing::error!(reason, "The spool is poisoned: nothing more is admitted until it is opened anew.");
            reason.into()
        });
        SpoolFault::Poisoned { reason: stands.clone() }
    }

    pub(super) fn set_full(&self, full: bool) {
        if self.full.swap(full, Ordering::Relaxed) != full {
            if full {
                tracing::error!("The spool has no room left: nothing is admitted until there is.");
            } else {
                tracing::info!("The spool has room again.");
            }
        }
    }
}
