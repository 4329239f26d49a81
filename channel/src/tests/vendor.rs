//! A vendor that does what a test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Uri};
use model::{
    AccessToken, Answer, Authorisation, BoundAdapter, Call, Composed, Composition, CredentialKind, CredentialNote,
    DeviceToken, Environment, Limits, Outcome, Probe, RateUnit, Refusal, Resend, Step, Target, TransportKind, Vendor,
    VendorId, Verdict, Verdicts,
};

use crate::{Batch, Clock, Targets};

/// Signs numbered access tokens that live an hour and are due for renewal after half of it. 200 is accepted, 401 asks for a
/// newer access token, 503 for a resend, 202 for a second step.
#[derive(Debug)]
pub(super) struct TestVendor {
    endpoint: Uri,
    /// How many access tokens were made.
    pub(super) issued: AtomicU64,
    /// Whether a refused token is replaced.
    pub(super) renews: bool,
}

pub(super) fn vendor(renews: bool) -> Arc<TestVendor> {
    Arc::new(TestVendor { endpoint: Uri::from_static("https://vendor.test"), issued: AtomicU64::new(0), renews })
}

pub(super) fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000)
}

/// A clock that follows tokio's paused time.
pub(super) fn clock() -> Clock {
    let begun = tokio::time::Instant::now();
    Clock::new(move || start() + begun.elapsed())
}

pub(super) fn batch(targets: usize) -> Batch {
    let composed = Composed {
        payload: Bytes::from_static(b"{}"),
        headers: HeaderMap::new(),
        nonce: 0,
        credential: 0,
        adjustments: [].into(),
    };
    let target = |index| Target {
        index: u32::try_from(index).unwrap(),
        vendor: Vendor::new("test"),
        token: DeviceToken::parse("token").unwrap(),
        environment: Environment::Production,
        dialect: None,
    };
    Batch::new(composed.into(), Targets::new((0..targets).map(target).collect()))
}

impl BoundAdapter for TestVendor {
    fn limits(&self) -> Limits {
        Limits {
            targets_per_call: 1,
            payload_bytes: 4096,
            rate_per_second: None,
            rate_unit: RateUnit::Requests,
            transport: TransportKind::Batch { connections: 1, idle: Duration::from_secs(1) },
            max_in_flight: 10,
            timeout: Duration::from_secs(10),
        }
    }

    fn endpoint(&self) -> &Uri {
        &self.endpoint
    }

    fn credentials(&self) -> Vec<CredentialNote> {
        vec![CredentialNote { field: "key", kind: CredentialKind::SigningKey, id: None }]
    }

    fn probe(&self, _: u8, _: u128, _: SystemTime) -> Probe {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.endpoint.clone();
        Probe::Ask(request)
    }

    fn check_target(&self, _: &Target) -> Result<(), Verdict> {
        Ok(())
    }

    fn authorise(&self, _: u8, refused: Option<&AccessToken>, now: SystemTime) -> Authorisation {
        if let Some(refused) = refused
            && !self.renews
        {
            return Authorisation::Ready(refused.clone());
        }
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        let header = HeaderValue::from(number);
        let life = Duration::from_secs(3600);
        Authorisation::Ready(AccessToken::new(header, now, now + life / 2, now + life))
    }

    fn compose(&self, _: &Composition<'_>) -> Result<Composed, Refusal> {
        Err(Refusal::rejected("message", "not used here"))
    }

    fn address(&self, call: &Call<'_>) -> Request<Bytes> {
        let mut request = Request::new(call.composed.payload.clone());
        *request.uri_mut() = self.endpoint.clone();
        if let Some(token) = call.access_token {
            request.headers_mut().insert("authorization", token.header().clone());
        }
        request
    }

    fn classify(&self, call: &Call<'_>, answer: &Answer) -> Step {
        let verdict = match answer.status.as_u16() {
            200 => Verdict::accepted(Some(VendorId::new("id"))),
            202 => return Step::Send(self.address(call)),
            401 => Verdict::new(Outcome::ExpiredCredentials).resend(Resend::WithFreshAccessToken),
            503 => Verdict::unavailable(model::Sent::No, None),
            status => Verdict::new(Outcome::Unknown { status: Some(status) }),
        };
        Step::done(Verdicts::All(verdict))
    }
}
