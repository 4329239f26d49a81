//! Looking through everything that the spool holds for a channel.

use std::ops::ControlFlow;

use model::Priority;
use spool::{ChannelName, Moment, Page, PageLimits, Position, Spool};

/// Parts of a page, and bytes of their bodies.
pub(super) const ROWS: usize = 512;
const BYTES: usize = 4 << 20;

/// Shows every page after a position, whenever its parts are due, until there are no more or `see` has seen enough. It ends
/// early where the spool cannot be read.
pub(super) async fn look_through(
    spool: &dyn Spool,
    name: &ChannelName,
    priority: Priority,
    mut after: Position,
    mut see: impl FnMut(Page) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let limits = PageLimits { rows: ROWS, bytes: BYTES, due_by: Moment::MAX };
    while let Ok(page) = spool.page(name, priority, after, limits).await {
        let Some(last) = page.parts.last() else { break };
        after = last.position();
        let is_end = page.next_due.is_none();
        see(page)?;
        if is_end {
            break;
        }
    }
    ControlFlow::Continue(())
}
