//! One channel to a vendor: a stack of tower layers over a transport.
//!
//! [`Channel::open`] builds the stack of one vendor x app x environment from an adapter and its limits. What goes in is a
//! [`Batch`] of targets with a composed payload; what comes out is a [`Reply`] with a verdict for each of them, always:
//! every fault of the network has become an outcome by then. Readiness means something: a channel is ready when it has a
//! permit of its concurrency and of its rate, so who waits for it before taking work never holds work it cannot send.
//!
//! Retries that wait are not here: the one resend in memory is of a request that was surely not processed. But every channel
//! has a [`Gate`] that knows whether it is worth calling, for those who can wait.

mod access_tokens;
mod batch;
mod bucket;
mod clock;
mod gate;
mod histogram;
mod layers;
mod outcome_counts;
mod span;
mod spec;
mod stack;
mod stats;
#[cfg(test)]
mod tests;
mod transport;

pub use batch::{Batch, Reply, Targets};
pub use bucket::Bucket;
pub use clock::Clock;
pub use gate::{Cause, Gate, GateState, Pass};
pub use histogram::Durations;
pub use outcome_counts::OutcomeCounts;
pub use span::SPAN_TARGET;
pub use spec::{ChannelId, ChannelSpec, OpenFault, Roots};
pub use stack::{Channel, Ready};
pub use stats::{ChannelStats, Closing, Snapshot, Trouble};
pub use transport::HttpClients;
