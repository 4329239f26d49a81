//! After a start: the devices of pushes that wait for their next try are held, so that later pushes do not overtake them.

use model::Priority;
use spool::{Moment, PageLimits, Spool};

use super::MAX_HELD;
use super::holds::Holds;
use super::lanes::FIRST_TIMED;
use super::round::Surroundings;
use crate::delivery::post::place;
use crate::delivery::work::Work;

/// Parts of a page.
const ROWS: usize = 512;
const BYTES: usize = 4 << 20;

/// Looks through everything that waits, page by page. The devices of the first million targets are held.
pub(super) async fn reserve(spool: &dyn Spool, about: &Surroundings) -> [Holds; 2] {
    let mut holds: [Holds; 2] = Default::default();
    for priority in [Priority::Normal, Priority::High] {
        let holds = &mut holds[place(priority)];
        let mut after = FIRST_TIMED;
        let limits = PageLimits { rows: ROWS, bytes: BYTES, due_by: Moment::MAX };
        // What cannot be read now is read again when it is due.
        while let Ok(page) = spool.page(&about.name, priority, after, limits).await {
            let Some(last) = page.parts.last() else { break };
            after = last.position();
            for part in page.parts.iter().filter(|part| part.attempts > 0) {
                let Ok(work) = Work::read(part) else { continue };
                for target in work.targets(&about.id) {
                    holds.reserve(about.device(&target), work.seq);
                }
            }
            if page.next_due.is_none() {
                break;
            }
            if holds.len() >= MAX_HELD {
                let held = holds.len();
                tracing::warn!(channel = %about.id, held, "So many retries wait that later pushes may overtake some of them");
                break;
            }
        }
    }
    holds
}
