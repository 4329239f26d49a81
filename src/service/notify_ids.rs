//! Notify ids that live as long as the process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::{AppId, NotifyId, NotifyIds};

/// Consecutive numbers for each app, from a random start.
///
/// Unique within the process. Two runs, or two replicas, begin at unrelated places of a span of a billion, so ids that
/// devices still show can meet only by a small chance; the durable spool leases blocks and leaves none.
#[derive(Debug, Default)]
pub struct MemoryNotifyIds {
    next: Mutex<HashMap<AppId, u64>>,
}

// === impl MemoryNotifyIds ===

impl NotifyIds for MemoryNotifyIds {
    fn draw(&self, app: &AppId) -> NotifyId {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let number = match next.get_mut(app) {
            Some(number) => number,
            // 63 bits, so that the numbers do not wrap.
            None => next.entry(app.clone()).or_insert_with(|| uuid::Uuid::new_v4().as_u64_pair().1 >> 1),
        };
        let drawn = NotifyId(*number);
        *number += 1;
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_app_draws_its_own_consecutive_numbers() {
        let ids = MemoryNotifyIds::default();
        let (one, other) = (AppId::parse("one").unwrap(), AppId::parse("other").unwrap());
        let first = ids.draw(&one);
        ids.draw(&other);
        assert_eq!(ids.draw(&one), NotifyId(first.0 + 1));
    }

    #[test]
    fn no_number_is_drawn_twice_by_many_threads() {
        let ids = MemoryNotifyIds::default();
        let app = AppId::parse("demo").unwrap();
        let drawn: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).map(|_| ids.draw(&app).0).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let distinct: std::collections::HashSet<u64> = drawn.iter().copied().collect();
        assert_eq!((drawn.len(), distinct.len()), (4000, 4000));
    }
}
