//! The device tokens that were met before, for prefixes that act once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Beyond so many, all are forgotten.
const KEPT: usize = 100_000;

/// The device tokens of one vendor.
#[derive(Default)]
pub(crate) struct Met(Mutex<HashSet<String>>);

// === impl Met ===

impl Met {
    /// Whether this token comes for the first time.
    pub(crate) fn first_time(&self, token: &str) -> bool {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() >= KEPT {
            met.clear();
        }
        met.insert(token.to_owned())
    }
}
