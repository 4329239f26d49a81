//! Gives each call the channel's access token. Above `adapt`, because what an expired one means is told by a verdict.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use model::{AccessToken, Verdict, Verdicts};
use tower::{Layer, Service, ServiceExt};

use crate::access_tokens::{AccessTokens, Grant};
use crate::{Batch, Reply};

/// A batch with its access token.
#[derive(Clone, Debug)]
pub(crate) struct Authorised {
    pub(crate) batch: Batch,
    pub(crate) access_token: Option<Arc<AccessToken>>,
}

/// What became of an authorised call.
#[derive(Debug)]
pub(crate) enum AuthorisedReply {
    /// It was made.
    Made {
        /// What came back.
        reply: Reply,
        /// The access token that it was made with.
        access_token: Option<Arc<AccessToken>>,
    },
    /// It was not made: there is no newer access token than the one refused.
    NothingNewer,
}

#[derive(Clone)]
pub(crate) struct AuthoriseLayer(pub(crate) Arc<AccessTokens>);

#[derive(Clone)]
pub(crate) struct Authorising<S> {
    inner: S,
    tokens: Arc<AccessTokens>,
}

type Authorisation = Pin<Box<dyn Future<Output = Result<AuthorisedReply, Infallible>> + Send>>;

// === impl AuthoriseLayer ===

impl<S> Layer<S> for AuthoriseLayer {
    type Service = Authorising<S>;

    fn layer(&self, inner: S) -> Authorising<S> {
        Authorising { inner, tokens: self.0.clone() }
    }
}

// === impl Authorising ===

impl<S> Service<Batch> for Authorising<S>
where
    S: Service<Authorised, Response = Reply, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    type Response = AuthorisedReply;
    type Error = Infallible;
    type Future = Authorisation;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, batch: Batch) -> Authorisation {
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let tokens = self.tokens.clone();
        Box::pin(async move {
            let access_token = match tokens.get(batch.composed.credential, batch.refused.as_ref()).await {
                Ok(Grant::NotNeeded) => None,
                Ok(Grant::Token(token)) => Some(token),
                Ok(Grant::NothingNewer) => return Ok(AuthorisedReply::NothingNewer),
                Err(verdict) => return Ok(without_token(verdict)),
            };
            let mut ready = ready;
            let authorised = Authorised { batch, access_token: access_token.clone() };
            let reply = ready.ready().await?.call(authorised).await?;
            Ok(AuthorisedReply::Made { reply, access_token })
        })
    }
}

fn without_token(verdict: Verdict) -> AuthorisedReply {
    AuthorisedReply::Made { reply: Reply { verdicts: Verdicts::All(verdict), attempts: 0 }, access_token: None }
}
