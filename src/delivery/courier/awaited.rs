//! A future that a loop may be waiting for.

use std::pin::Pin;

/// Something that is awaited, or not at present.
pub(super) struct Awaited<T>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

// === impl Awaited ===

impl<T> Awaited<T> {
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    pub(super) fn of(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(future)))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.0.is_none()
    }

    /// Resolves once, when it is done; never while nothing is awaited. Cancel safe.
    pub(super) async fn done(&mut self) -> T {
        match &mut self.0 {
            Some(future) => {
                let done = future.await;
                self.0 = None;
                done
            }
            None => std::future::pending().await,
        }
    }
}
