//! One question to one vendor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use channel::{Batch, Channel, ChannelId, ChannelSpec, Clock, HttpClients, Roots, Targets};
use model::{
    Adapter, AppId, BoundAdapter, Composition, CredentialState, DeviceToken, Environment, Message, NotifyId, Options,
    Probe, ProbeFinding, Resend, Section, Sent, Target, Vendor, Verdict,
};
use sha2::{Digest, Sha256};

use super::adopt::Adopted;
use super::recent::{Key, Wording};
use super::{LiveFault, LiveRequest, Place};
use crate::credentials::document::LiveRow;
use crate::rfc3339::rfc3339;

/// A credential at one place.
pub(super) struct Attempt {
    adapter: &'static dyn Adapter,
    section: Section,
    place: Option<Place>,
    /// What was said beside the file.
    said: String,
}

/// What is asked.
pub(super) enum Question {
    /// Whether the credential is taken.
    Probe,
    /// The same by a visible push to a real device.
    Push(DeviceToken),
}

/// The most that one question takes, with its handshake.
const TIMEOUT: Duration = Duration::from_secs(30);

// === impl Attempt ===

impl Attempt {
    pub(super) fn new(
        adopted: &Adopted,
        environment: Environment,
        place: Option<Place>,
        request: &LiveRequest,
    ) -> Self {
        let mut fields = adopted.fields.clone();
        fields.extend(request.fields.clone());
        fields.extend(place.iter().flat_map(|place| place.fields.clone()));
        let said = serde_json::to_string(&request.fields).unwrap_or_default();
        Self { adapter: adopted.adapter, section: Section { environment, fields }, place, said }
    }

    pub(super) fn vendor(&self) -> Vendor {
        self.adapter.vendor()
    }

    pub(super) fn bind(&self) -> Result<Arc<dyn BoundAdapter>, LiveFault> {
        let vendor = self.vendor();
        self.adapter.settings(&self.section).map_err(|faults| LiveFault::Settings { vendor, faults })
    }

    /// The credential at this place.
    pub(super) fn key(&self, identity: [u8; 32], bound: &dyn BoundAdapter) -> Key {
        let place = format!("{} {} {}", self.vendor(), self.section.environment, bound.endpoint());
        Sha256::new().chain_update(identity).chain_update(place).finalize().into()
    }

    /// What makes the answer another one.
    pub(super) fn wording(&self, bound: &dyn BoundAdapter, question: &Question) -> Wording {
        let ids: Vec<String> = bound.credentials().into_iter().filter_map(|note| note.id).collect();
        let token = match question {
            Question::Probe => "",
            Question::Push(token) => token.as_str(),
        };
        Sha256::digest(format!("{}\n{}\n{token}", self.said, ids.join("\n"))).into()
    }

    pub(super) fn open(
        &self,
        adapter: Arc<dyn BoundAdapter>,
        clients: &HttpClients,
        clock: &Clock,
    ) -> Result<Channel, LiveFault> {
        let app = AppId::parse("check").expect("a plain word is an app's name");
        let spec = ChannelSpec {
            id: ChannelId { app, vendor: self.vendor(), environment: self.section.environment },
            limits: adapter.limits(),
            identity: adapter.client_identity().cloned(),
            adapter,
            roots: self.place.as_ref().map_or(Roots::Platform, |place| place.roots.clone()),
            proxy: self.place.as_ref().and_then(|place| place.proxy.clone()),
            clock: clock.clone(),
        };
        Ok(Channel::open(&spec, clients)?)
    }
}

// === impl Question ===

impl Question {
    pub(super) async fn ask(&self, channel: &Channel, clock: &Clock) -> Result<LiveRow, LiveFault> {
        let field = channel.adapter().credentials().first().map_or("", |note| note.field);
        match self {
            Question::Probe => Ok(probe(channel, 0, field, clock).await),
            Question::Push(token) => push(channel, token, field, clock).await,
        }
    }
}

/// Whether the vendor takes the credential of that number.
pub(super) async fn probe(channel: &Channel, credential: u8, field: &'static str, clock: &Clock) -> LiveRow {
    let nonce = uuid::Uuid::new_v4().as_u128();
    let adapter = channel.adapter();
    let begun = Instant::now();
    let asking = async {
        match adapter.probe(credential, nonce, clock.now()) {
            Probe::Push { composed, target } => sent(channel, Batch::new(Arc::new(*composed), targets(target))).await,
            Probe::Ask(request) => match channel.ask(request).await {
                Ok(answer) => adapter.probe_answer(&answer),
                Err(verdict) => verdict,
            },
        }
    };
    let verdict = tokio::time::timeout(TIMEOUT, asking).await.unwrap_or_else(|_| timed_out());
    row(channel, field, &verdict, begun, clock)
}

/// A visible push to a real device.
async fn push(
    channel: &Channel,
    token: &DeviceToken,
    field: &'static str,
    clock: &Clock,
) -> Result<LiveRow, LiveFault> {
    let begun = Instant::now();
    let message = Message {
        title: Some("pushmux".to_owned()),
        body: Some("The credential works.".to_owned()),
        ..Message::default()
    };
    let options = Options::default();
    let composition = Composition {
        message: &message,
        options: &options,
        dialect: None,
        notify_id: NotifyId(u64::from(uuid::Uuid::new_v4().as_fields().0)),
        nonce: uuid::Uuid::new_v4().as_u128(),
        now: clock.now(),
    };
    let id = channel.id();
    let target =
        Target { index: 0, vendor: id.vendor, token: token.clone(), environment: id.environment, dialect: None };
    // What we refuse ourselves says nothing of the credential.
    let refused = |verdict: Verdict| {
        let detail = verdict.detail.map(|detail| detail.to_string());
        LiveFault::NotSendable(detail.unwrap_or_else(|| verdict.outcome.as_str().to_owned()))
    };
    channel.adapter().check_target(&target).map_err(refused)?;
    let composed = channel.adapter().compose(&composition).map_err(|refusal| refused(refusal.verdict))?;
    let sending = sent(channel, Batch::new(Arc::new(composed), targets(target)));
    let verdict = tokio::time::timeout(TIMEOUT, sending).await.unwrap_or_else(|_| timed_out());
    Ok(row(channel, field, &verdict, begun, clock))
}

fn row(channel: &Channel, credential: &'static str, verdict: &Verdict, begun: Instant, clock: &Clock) -> LiveRow {
    let ProbeFinding { state, advice } = channel.adapter().probed(verdict);
    let id = channel.id();
    LiveRow {
        app: None,
        vendor: id.vendor.as_str(),
        environment: id.environment.as_str(),
        endpoint: channel.adapter().endpoint().to_string(),
        credential,
        state: CredentialState::as_str(state),
        outcome: verdict.outcome.as_str(),
        code: verdict.code.as_ref().map(|code| code.as_str().to_owned()),
        detail: verdict.detail.as_ref().map(ToString::to_string),
        advice: advice.into_owned(),
        latency_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        checked_at: rfc3339(clock.now()),
    }
}

fn timed_out() -> Verdict {
    Verdict::unavailable(Sent::Maybe, None)
        .resend(Resend::Never)
        .code("timed_out")
        .detail("no answer within 30 seconds")
}

fn targets(target: Target) -> Targets {
    Targets::new([target].into())
}

async fn sent(channel: &Channel, batch: Batch) -> Verdict {
    let reply = channel.send(batch).await;
    let verdict = reply.verdicts.into_each(1).pop();
    verdict.expect("a call for one target has one verdict")
}
