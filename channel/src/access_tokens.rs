//! A channel's access tokens: cached, renewed before they end, by one flight at a time.

use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use model::{AccessToken, Authorisation, BoundAdapter, Resend, Sent, Verdict};
use tokio::sync::Mutex;
use tracing::Instrument;
use tracing::field::Empty;

use crate::stats::ChannelStats;
use crate::transport::{TransportFault, exchange};
use crate::{Clock, SPAN_TARGET};

/// A failed exchange is not repeated sooner: ten thousand targets must not become ten thousand exchanges.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);

/// The access tokens of one channel, one for each of its credentials.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    issuer: Arc<Issuer>,
    /// Most channels have one credential, so a list is looked through.
    slots: RwLock<Vec<Arc<Slot>>>,
}

/// How new ones are got.
#[derive(Debug)]
struct Issuer {
    adapter: Arc<dyn BoundAdapter>,
    client: reqwest::Client,
    timeout: Duration,
    clock: Clock,
    stats: Arc<ChannelStats>,
}

/// The access token of one credential.
#[derive(Debug)]
struct Slot {
    credential: u8,
    issuer: Arc<Issuer>,
    current: RwLock<Option<Arc<AccessToken>>>,
    /// Held by whoever renews.
    flight: Arc<Mutex<LastFailure>>,
}

type LastFailure = Option<(Verdict, SystemTime)>;

/// What a request goes with.
#[derive(Clone, Debug)]
pub(crate) enum Grant {
    /// Nothing: the vendor needs no access token.
    NotNeeded,
    /// This one.
    Token(Arc<AccessToken>),
    /// The one refused is still the newest.
    NothingNewer,
}

// === impl AccessTokens ===

impl AccessTokens {
    pub(crate) fn new(
        adapter: Arc<dyn BoundAdapter>,
        client: reqwest::Client,
        timeout: Duration,
        clock: Clock,
        stats: Arc<ChannelStats>,
    ) -> Self {
        let issuer = Arc::new(Issuer { adapter, client, timeout, clock, stats });
        Self { issuer, slots: RwLock::default() }
    }

    /// The token to use now with that credential; never `refused`, which the vendor has just called expired.
    pub(crate) async fn get(&self, credential: u8, refused: Option<&Arc<AccessToken>>) -> Result<Grant, Verdict> {
        self.slot(credential).get(refused).await
    }

    fn slot(&self, credential: u8) -> Arc<Slot> {
        let find = |slots: &[Arc<Slot>]| slots.iter().find(|slot| slot.credential == credential).cloned();
        if let Some(slot) = find(&self.slots.read().expect("no one panics while holding it")) {
            return slot;
        }
        let mut slots = self.slots.write().expect("no one panics while holding it");
        find(&slots).unwrap_or_else(|| {
            let slot = Arc::new(Slot::new(credential, self.issuer.clone()));
            slots.push(slot.clone());
            slot
        })
    }
}

// === impl Slot ===

impl Slot {
    fn new(credential: u8, issuer: Arc<Issuer>) -> Self {
        Self { credential, issuer, current: RwLock::default(), flight: Arc::default() }
    }

    async fn get(self: Arc<Self>, refused: Option<&Arc<AccessToken>>) -> Result<Grant, Verdict> {
        let now = self.issuer.clock.now();
        if let Some(token) = self.usable(refused, now) {
            if now >= token.refresh_at {
                self.renew_beside();
            }
            return Ok(Grant::Token(token));
        }
        // The whole wait is bounded: for those before us as well as for the vendor.
        let renewing = self.renew_once(refused);
        tokio::time::timeout(self.issuer.timeout, renewing)
            .await
            .unwrap_or_else(|_| Err(Verdict::unavailable(Sent::No, None).resend(Resend::Never).code("no_access_token")))
    }

    /// Due, but good for a while: one flight renews it, nobody waits.
    fn renew_beside(self: &Arc<Self>) {
        if let Ok(mut failure) = self.flight.clone().try_lock_owned() {
            let slot = self.clone();
            tokio::spawn(async move { slot.renew(&mut failure, None).await });
        }
    }

    async fn renew_once(&self, refused: Option<&Arc<AccessToken>>) -> Result<Grant, Verdict> {
        let mut failure = self.flight.lock().await;
        // Somebody may have been here while we waited.
        match self.usable(refused, self.issuer.clock.now()) {
            Some(token) => Ok(Grant::Token(token)),
            None => self.renew(&mut failure, refused).await,
        }
    }

    async fn renew(&self, failure: &mut LastFailure, refused: Option<&Arc<AccessToken>>) -> Result<Grant, Verdict> {
        let now = self.issuer.clock.now();
        if let Some((verdict, at)) = failure
            && now < *at + FAILURE_PAUSE
        {
            return Err(verdict.clone());
        }
        let renewed = match self.issuer.adapter.authorise(self.credential, refused.map(AsRef::as_ref), now) {
            Authorisation::NotNeeded => return Ok(Grant::NotNeeded),
            Authorisation::Ready(token) => Ok(token),
            Authorisation::Exchange(request) => {
                let span = tracing::debug_span!(
                    target: SPAN_TARGET,
                    "access token",
                    otel.kind = "client",
                    otel.status_code = Empty,
                );
                let exchanged = self.exchange(request, now).instrument(span.clone()).await;
                if exchanged.is_err() {
                    span.record("otel.status_code", "ERROR");
                }
                exchanged
            }
        };
        self.issuer.stats.renewed(renewed.is_ok());
        match renewed {
            Ok(token) if refused.is_some_and(|refused| **refused == token) => Ok(Grant::NothingNewer),
            Ok(token) => {
                let token = Arc::new(token);
                *self.current.write().expect("no one panics while holding it") = Some(token.clone());
                *failure = None;
                Ok(Grant::Token(token))
            }
            Err(verdict) => {
                *failure = Some((verdict.clone(), self.issuer.clock.now()));
                Err(verdict)
            }
        }
    }

    async fn exchange(&self, request: http::Request<bytes::Bytes>, now: SystemTime) -> Result<AccessToken, Verdict> {
        let answer = exchange(&self.issuer.client, request, self.issuer.timeout).await;
        let answer = answer.map_err(|fault: TransportFault| {
            // The push itself was surely not sent, whatever became of the exchange.
            let verdict = fault.verdict(&*self.issuer.adapter);
            Verdict { resend: Resend::Never, ..verdict }
        })?;
        self.issuer.adapter.access_token(self.credential, &answer, now)
    }

    fn usable(&self, refused: Option<&Arc<AccessToken>>, now: SystemTime) -> Option<Arc<AccessToken>> {
        let current = self.current.read().expect("no one panics while holding it").clone()?;
        let is_refused = refused.is_some_and(|refused| **refused == *current);
        (!is_refused && now < current.expires_at).then_some(current)
    }
}
