//! Asks a second time, at once, where the verdict says that it may be: the request was surely not processed, or its access
//! token was refused and a newer one can be had. Everything else is for the caller or the spool.

use std::convert::Infallible;
use std::task::{Context, Poll};

use model::{Resend, Verdicts};
use tower::{Layer, Service, ServiceExt};

use super::Replying;
use super::authorise::AuthorisedReply;
use crate::{Batch, Reply};

#[derive(Clone)]
pub(crate) struct ResendLayer;

#[derive(Clone)]
pub(crate) struct Resending<S> {
    inner: S,
}

// === impl ResendLayer ===

impl<S> Layer<S> for ResendLayer {
    type Service = Resending<S>;

    fn layer(&self, inner: S) -> Resending<S> {
        Resending { inner }
    }
}

// === impl Resending ===

impl<S> Service<Batch> for Resending<S>
where
    S: Service<Batch, Response = AuthorisedReply, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    type Response = Reply;
    type Error = Infallible;
    type Future = Replying;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, batch: Batch) -> Replying {
        let again = (self.inner.clone(), batch.clone());
        let first = self.inner.call(batch);
        Box::pin(async move {
            let AuthorisedReply::Made { reply: first, access_token } = first.await? else {
                unreachable!("nothing was refused yet");
            };
            let (inner, mut batch) = again;
            match resend(&first) {
                Resend::Never => return Ok(first),
                Resend::Now => {}
                Resend::WithFreshAccessToken => batch.refused = access_token,
            }
            match inner.oneshot(batch).await? {
                AuthorisedReply::Made { reply, .. } => Ok(Reply { attempts: first.attempts + reply.attempts, ..reply }),
                AuthorisedReply::NothingNewer => Ok(first),
            }
        })
    }
}

/// A part of a batch is never sent again here.
fn resend(reply: &Reply) -> Resend {
    match &reply.verdicts {
        Verdicts::All(verdict) => verdict.resend,
        Verdicts::Each(_) => Resend::Never,
    }
}
