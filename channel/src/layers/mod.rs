//! The layers of a channel's stack, one file each. Their order, and why, stands in [`crate::stack`].

pub(crate) mod adapt;
pub(crate) mod authorise;
pub(crate) mod deadline;
pub(crate) mod instrument;
pub(crate) mod rate;
pub(crate) mod resend;

use std::convert::Infallible;
use std::pin::Pin;

use crate::Reply;

/// What every layer above `adapt` answers with: there are no errors left.
pub(crate) type Replying = Pin<Box<dyn Future<Output = Result<Reply, Infallible>> + Send>>;

/// What layers above `adapt` wrap. A clone is not ready; each use makes its own.
pub(crate) trait BatchService:
    tower::Service<crate::Batch, Response = Reply, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> BatchService for S where
    S: tower::Service<crate::Batch, Response = Reply, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}
