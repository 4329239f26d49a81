//! Where notify ids come from.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AppId, NotifyId};
use spool::{Spool, SpoolFault};

/// Consecutive numbers for each app; no two draws of an app are the same.
///
/// With a spool they come from blocks that it leases, so that they are unique over restarts too. Without one they begin at a
/// random place: two runs, or two replicas, use unrelated parts of a span of a billion, so ids that devices still show can
/// meet only by a small chance.
#[derive(Debug)]
pub(super) struct NotifyIds {
    blocks: Mutex<HashMap<AppId, Range<u64>>>,
    spool: Option<Arc<dyn Spool>>,
    /// One block is leased at a time.
    leasing: tokio::sync::Mutex<()>,
}

/// Numbers leased at once. A crash leaves out what is left of it, which matters little in a span of a billion.
const BLOCK: u64 = 100_000;

// === impl NotifyIds ===

impl NotifyIds {
    pub(super) fn new(spool: Option<Arc<dyn Spool>>) -> Self {
        Self { blocks: Mutex::default(), spool, leasing: tokio::sync::Mutex::default() }
    }

    /// The next number of an app. Once in a while it waits for the disk.
    pub(super) async fn draw(&self, app: &AppId) -> Result<NotifyId, SpoolFault> {
        if let Some(drawn) = self.draw_from_block(app) {
            return Ok(drawn);
        }
        let _alone = self.leasing.lock().await;
        loop {
            // Somebody else may have leased a block meanwhile, and others may have used up ours.
            if let Some(drawn) = self.draw_from_block(app) {
                return Ok(drawn);
            }
            let block = match &self.spool {
                Some(spool) => {
                    let first = spool.lease_notify_ids(app, BLOCK).await?;
                    first..first + BLOCK
                }
                // 63 bits, so that the numbers do not wrap.
                None => (uuid::Uuid::new_v4().as_u64_pair().1 >> 1)..u64::MAX,
            };
            self.lock().insert(app.clone(), block);
        }
    }

    fn draw_from_block(&self, app: &AppId) -> Option<NotifyId> {
        self.lock().get_mut(app)?.next().map(NotifyId)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AppId, Range<u64>>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spool::MemorySpool;

    #[tokio::test]
    async fn each_app_draws_its_own_consecutive_numbers() {
        let ids = NotifyIds::new(None);
        let (one, other) = (AppId::parse("one").unwrap(), AppId::parse("other").unwrap());
        let first = ids.draw(&one).await.unwrap();
        ids.draw(&other).await.unwrap();
        assert_eq!(ids.draw(&one).await.unwrap(), NotifyId(first.0 + 1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_number_is_drawn_twice_over_many_tasks_and_a_restart() {
        let spool: Arc<dyn Spool> = Arc::new(MemorySpool::new());
        let app = AppId::parse("demo").unwrap();
        let mut drawn = Vec::new();
        for _ in 0..2 {
            let ids = Arc::new(NotifyIds::new(Some(spool.clone())));
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (ids, app) = (ids.clone(), app.clone());
                    tokio::spawn(async move {
                        let mut drawn = Vec::new();
                        for _ in 0..30_000 {
                            drawn.push(ids.draw(&app).await.unwrap().0);
                        }
                        drawn
                    })
                })
                .collect();
            for task in tasks {
                drawn.extend(task.await.unwrap());
            }
        }
        let distinct: std::collections::HashSet<u64> = drawn.iter().copied().collect();
        assert_eq!((drawn.len(), distinct.len()), (240_000, 240_000));
    }
}
