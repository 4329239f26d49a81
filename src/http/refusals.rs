//! Counts what is refused, by the word of its problem.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;

/// How often each problem was answered. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(Arc<Mutex<BTreeMap<&'static str, u64>>>);

/// Marks an answer as a problem of that word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal(pub(super) &'static str);

// === impl Refusals ===

impl Refusals {
    /// One more of that word.
    pub(super) fn count(&self, problem: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(problem).or_default() += 1;
    }

    /// Looks at an answer on its way out. One that is no problem costs a comparison.
    pub(super) fn look<B>(&self, response: Response<B>) -> Response<B> {
        if !response.status().is_success()
            && let Some(Refusal(problem)) = response.extensions().get()
        {
            self.count(problem);
        }
        response
    }

    pub(super) fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
