//! After a start: the devices of pushes that wait for their next try are held, so that later pushes do not overtake them.

use std::ops::ControlFlow;

use model::Priority;
use spool::{Page, Spool};

use super::MAX_HELD;
use super::holds::Holds;
use super::lanes::FIRST_TIMED;
use super::pages::look_through;
use super::round::Surroundings;
use crate::delivery::post::place;
use crate::delivery::work::Work;

/// Looks through everything that waits. The devices of the first million targets are held. What cannot be read now is read
/// again when it is due.
pub(super) async fn reserve(spool: &dyn Spool, about: &Surroundings) -> [Holds; 2] {
    let mut holds: [Holds; 2] = Default::default();
    for priority in [Priority::Normal, Priority::High] {
        let holds = &mut holds[place(priority)];
        let see = |page: Page| {
            for part in page.parts.iter().filter(|part| part.attempts > 0) {
                let Ok(work) = Work::read(part) else { continue };
                for target in work.targets(&about.id) {
                    holds.reserve(about.device(&target), work.seq);
                }
            }
            let held = holds.len();
            if held < MAX_HELD || page.next_due.is_none() {
                return ControlFlow::Continue(());
            }
            tracing::warn!(channel = %about.id, held, "So many retries wait that later pushes may overtake some of them");
            ControlFlow::Break(())
        };
        // Each priority is looked through for itself.
        let _ = look_through(spool, &about.name, priority, FIRST_TIMED, see).await;
    }
    holds
}
