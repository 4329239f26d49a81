//! What there is to tell of pushes and channels, and how it is told.
//!
//! Events are logged in the spool by those who cause them: [`Outcomes`], [`DeadToken`] and [`ChannelChange`] make
//! them. They are read in two ways, which tell the same JSON ([`tell()`]): a caller reads the [`feed`](Feed), and an
//! app has them posted to its [webhook](crate::webhooks). Both are told everything at least once while it is retained,
//! in the order in which it was logged.
//!
//! The log bears the app, the time and the kind beside the body, so that they are not written twice. A body is a JSON
//! object; it is spliced into what is told, never read again.

mod channel;
mod code;
mod dead_token;
mod feed;
mod outcome;
mod schema;
mod tell;
#[cfg(test)]
mod tests;

pub use channel::{ChannelChange, ChannelState};
pub use code::{code_of, kind_of};
pub use dead_token::DeadToken;
pub use feed::{Feed, Selection, Skipped, Start};
pub use outcome::{MAX_OUTCOME_EVENT_BYTES, MAX_OUTCOME_EVENT_ROWS, Outcomes};
pub(crate) use schema::EventSchema;
pub use tell::tell;
