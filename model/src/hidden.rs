//! What `Debug` shows of what nobody shall see.

use std::fmt;

/// Stands in `Debug` output for bytes of a payload, an answer or a record: only how many there are.
#[derive(Clone, Copy)]
pub struct Hidden(pub usize);

// === impl Hidden ===

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0)
    }
}
