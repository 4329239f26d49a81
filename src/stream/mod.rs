//! Pushes as an endless stream: a line in is a push, a line out is what became of it.
//!
//! Back-pressured from end to end. As much is under way as [`Limits`] say; while it is, or while the caller does not read
//! its results, no further line is read, so a slow vendor or a slow reader slows the sender and memory stays flat however
//! long the stream is. Pushes to the same device leave in the order of their lines; others overtake each other, and results
//! come as they are known.

mod driver;
mod lines;
mod order;

pub use driver::{Answer, Limits, LineFault, LineOutcome, Mode, run};
pub use lines::{Line, LineText, Lines};
