//! Asking vendors whether they take a credential.
//!
//! One probe for each environment, over a channel of its own that is opened for it and closed after it. What a probe is, and
//! what its answer means, is the adapter's knowledge. Complaints about a made-up device token count as errors at a vendor, so
//! the same credential is not tried again within a minute: the last answer is given instead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use certs::convert::Parts;
use certs::{Contents, Expectation, KeyKind};
use channel::{Batch, Channel, ChannelId, ChannelSpec, Clock, HttpClients, OpenFault, Roots, Targets};
use futures_util::future::try_join_all;
use http::Uri;
use model::{
    Adapter, AppId, BoundAdapter, Composition, CredentialFile, CredentialNote, DeviceToken, Environment, Fault,
    Message, NotifyId, Options, Probe, Section, Target, TestMode, Vendor, Verdict,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::document::LiveRow;
use crate::rfc3339::rfc3339;

/// What to ask, beside the file.
#[derive(Debug, Default)]
pub struct LiveRequest {
    /// Only this environment; else every one that the vendor has.
    pub environment: Option<Environment>,
    /// Fields of the vendor's section that the file does not tell: `topic`, `key_id`, `team_id`.
    pub fields: Map<String, Value>,
    /// A real device to send a visible test push to, instead of nobody.
    pub token: Option<DeviceToken>,
    /// Whose file it is.
    pub origin: Origin,
}

/// Who gave a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Somebody on the network: the file must not choose whom this machine connects to.
    #[default]
    Stranger,
    /// The user of the command line.
    Own,
}

/// Where a vendor is reached, if not at its own address.
#[derive(Clone, Debug)]
pub struct Place {
    /// `endpoint`, `token_endpoint`
    pub fields: Map<String, Value>,
    /// Whom to trust.
    pub roots: Roots,
    /// Through whom.
    pub proxy: Option<Uri>,
}

/// The places of an app's channels.
pub type Places = HashMap<(Vendor, Environment), Place>;

/// Why no vendor was asked.
#[derive(Debug, thiserror::Error)]
pub enum LiveFault {
    /// No vendor takes such files.
    #[error("no vendor can be asked about this: {0}")]
    NotAskable(String),
    /// The vendor needs to be told more, or other things.
    #[error("{} cannot be asked: {}", .vendor, .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings {
        /// Which vendor.
        vendor: Vendor,
        /// What is missing or wrong, by the name of the field.
        faults: Vec<Fault>,
    },
    /// The channel cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// Too many different credentials within a minute.
    #[error("too many credentials were tried within a minute; try again later")]
    TooMany,
}

/// The probes of the last minute. Clones share them.
#[derive(Clone, Debug)]
pub struct Probes {
    recent: Arc<Mutex<HashMap<Fingerprint, (Instant, LiveRow)>>>,
    at_once: Arc<Semaphore>,
    clients: HttpClients,
    clock: Clock,
}

type Fingerprint = [u8; 32];

/// How long an answer stands before the same credential may be tried again.
const PAUSE: Duration = Duration::from_secs(60);
/// Different credentials within that time.
const MAX_RECENT: usize = 1000;
const MAX_AT_ONCE: usize = 4;

/// One credential at one place.
struct Attempt<'a> {
    adapter: &'static dyn Adapter,
    environment: Environment,
    place: Option<&'a Place>,
    fields: Map<String, Value>,
}

// === impl Probes ===

impl Probes {
    /// None yet.
    pub fn new(clients: HttpClients, clock: Clock) -> Self {
        Self { recent: Arc::default(), at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)), clients, clock }
    }

    /// Asks the vendor of a file in every environment.
    pub async fn ask(
        &self,
        contents: &Contents,
        expected: &Expectation,
        request: &LiveRequest,
        places: &Places,
    ) -> Result<Vec<LiveRow>, LiveFault> {
        let attempts = self.attempts(contents, expected, request, places)?;
        try_join_all(attempts.iter().map(|attempt| self.attempt(attempt, request.token.as_ref()))).await
    }

    /// Asks about the credentials of a configured channel.
    pub async fn ask_channel(&self, channel: &Channel) -> Vec<LiveRow> {
        let mut rows = Vec::new();
        for (number, note) in (0..).zip(channel.adapter().credentials()) {
            let row = self.probe(channel, number, &note).await;
            rows.push(LiveRow { app: Some(channel.id().app.to_string()), ..row });
        }
        rows
    }

    fn attempts<'a>(
        &self,
        contents: &Contents,
        expected: &Expectation,
        request: &LiveRequest,
        places: &'a Places,
    ) -> Result<Vec<Attempt<'a>>, LiveFault> {
        let (adapter, mut fields) = adopted(contents, expected, request.origin, &self.clock)?;
        fields.extend(request.fields.clone());
        // Where the sandbox is the same place, asking twice would say the same twice.
        let both: &[Environment] = match adapter.capabilities().test_mode {
            TestMode::Host => &[Environment::Production, Environment::Sandbox],
            _ => &[Environment::Production],
        };
        let asked = request.environment.as_ref().map_or(both, std::slice::from_ref);
        let attempt = |environment: &Environment| {
            let place = places.get(&(adapter.vendor(), *environment));
            let mut fields = fields.clone();
            fields.extend(place.map(|place| place.fields.clone()).unwrap_or_default());
            Attempt { adapter, environment: *environment, place, fields }
        };
        Ok(asked.iter().map(attempt).collect())
    }

    async fn attempt(&self, attempt: &Attempt<'_>, token: Option<&DeviceToken>) -> Result<LiveRow, LiveFault> {
        let bound = attempt.bind()?;
        if let Some(token) = token {
            let _turn = self.at_once.acquire().await.expect("it is never closed");
            let channel = self.open(attempt, bound)?;
            return Ok(self.push(&channel, token).await);
        }
        let fingerprint = attempt.fingerprint(bound.endpoint());
        if let Some(row) = self.recall(&fingerprint)? {
            return Ok(row);
        }
        let _turn = self.at_once.acquire().await.expect("it is never closed");
        let channel = self.open(attempt, bound)?;
        let note = channel.adapter().credentials().into_iter().next();
        let note = note.unwrap_or(CredentialNote { field: "", kind: model::CredentialKind::Secret, id: None });
        let row = self.probe(&channel, 0, &note).await;
        self.remember(fingerprint, &row);
        Ok(row)
    }

    fn open(&self, attempt: &Attempt<'_>, adapter: Arc<dyn BoundAdapter>) -> Result<Channel, LiveFault> {
        let app = AppId::parse("check").expect("a plain word is an app's name");
        let spec = ChannelSpec {
            id: ChannelId { app, vendor: attempt.adapter.vendor(), environment: attempt.environment },
            limits: adapter.limits(),
            adapter,
            roots: attempt.place.map_or(Roots::Platform, |place| place.roots.clone()),
            proxy: attempt.place.and_then(|place| place.proxy.clone()),
            clock: self.clock.clone(),
        };
        Ok(Channel::open(&spec, &self.clients)?)
    }

    /// One probe, whatever comes of it.
    async fn probe(&self, channel: &Channel, credential: u8, note: &CredentialNote) -> LiveRow {
        let nonce = uuid::Uuid::new_v4().as_u128();
        let adapter = channel.adapter();
        let begun = Instant::now();
        let verdict = match adapter.probe(credential, nonce, self.clock.now()) {
            Probe::Push { composed, target } => sent(channel, Batch::new(Arc::new(*composed), targets(target))).await,
            Probe::Ask(request) => match channel.ask(request).await {
                Ok(answer) => adapter.probe_answer(&answer),
                Err(verdict) => verdict,
            },
        };
        self.row(channel, note.field, &verdict, begun)
    }

    /// A visible push to a real device.
    async fn push(&self, channel: &Channel, token: &DeviceToken) -> LiveRow {
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
            now: self.clock.now(),
        };
        let id = channel.id();
        let target =
            Target { index: 0, vendor: id.vendor, token: token.clone(), environment: id.environment, dialect: None };
        let verdict = match channel
            .adapter()
            .check_target(&target)
            .and_then(|()| channel.adapter().compose(&composition).map_err(|refusal| refusal.verdict))
        {
            Ok(composed) => sent(channel, Batch::new(Arc::new(composed), targets(target))).await,
            Err(verdict) => verdict,
        };
        let field = channel.adapter().credentials().first().map_or("", |note| note.field);
        self.row(channel, field, &verdict, begun)
    }

    fn row(&self, channel: &Channel, credential: &'static str, verdict: &Verdict, begun: Instant) -> LiveRow {
        let finding = channel.adapter().probed(verdict);
        let id = channel.id();
        LiveRow {
            app: None,
            vendor: id.vendor.as_str(),
            environment: id.environment.as_str(),
            endpoint: channel.adapter().endpoint().to_string(),
            credential,
            state: finding.state.as_str(),
            outcome: verdict.outcome.as_str(),
            code: verdict.code.as_ref().map(|code| code.as_str().to_owned()),
            detail: verdict.detail.as_ref().map(ToString::to_string),
            advice: finding.advice.into_owned(),
            latency_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            checked_at: rfc3339(self.clock.now()),
        }
    }

    /// The last answer, if it is young.
    fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<LiveRow>, LiveFault> {
        let mut recent = self.recent.lock().expect("no one panics while holding it");
        recent.retain(|_, (at, _)| at.elapsed() < PAUSE);
        match recent.get(fingerprint) {
            Some((_, row)) => Ok(Some(row.clone())),
            None if recent.len() >= MAX_RECENT => Err(LiveFault::TooMany),
            None => Ok(None),
        }
    }

    fn remember(&self, fingerprint: Fingerprint, row: &LiveRow) {
        let mut recent = self.recent.lock().expect("no one panics while holding it");
        recent.insert(fingerprint, (Instant::now(), row.clone()));
    }
}

/// The vendor that takes such a file, and what its section would say.
fn adopted(
    contents: &Contents,
    expected: &Expectation,
    origin: Origin,
    clock: &Clock,
) -> Result<(&'static dyn Adapter, Map<String, Value>), LiveFault> {
    let not_askable = |what: String| LiveFault::NotAskable(what);
    let claim = |file: &CredentialFile<'_>| {
        let claims = adapters::ALL.iter().find_map(|adapter| Some((*adapter, adapter.fields_for(file)?)));
        claims.ok_or_else(|| not_askable("no vendor takes such files".to_owned()))
    };
    if let Some(account) = &contents.service_account {
        return claim(&CredentialFile::ServiceAccount { json: &account.json, trusted: origin == Origin::Own });
    }
    let now = clock.now().into();
    let parts = Parts::of(contents, expected.topic.as_deref(), now).map_err(|fault| not_askable(fault.to_string()))?;
    let pem = parts.pem(None);
    if pem.key.is_empty() {
        return Err(not_askable("the file holds no private key".to_owned()));
    }
    if pem.certificate.is_empty() {
        if contents.keys.iter().all(|key| key.kind != KeyKind::P256) {
            return Err(not_askable("the file holds a key without its certificate".to_owned()));
        }
        return claim(&CredentialFile::SigningKey { key: &pem.key, file: expected.file.as_deref() });
    }
    let report = certs::Report::of(contents, expected, now).map_err(|fault| not_askable(fault.to_string()))?;
    let topics = report.certificate.map(|certificate| certificate.topics).unwrap_or_default();
    let app_id = topics.first().map(|topic| topic.topic.as_str());
    let certificate = format!("{}{}", pem.certificate, pem.chain);
    claim(&CredentialFile::Certificate { certificate: &certificate, key: &pem.key, app_id })
}

fn targets(target: Target) -> Targets {
    Targets::new([target].into())
}

async fn sent(channel: &Channel, batch: Batch) -> Verdict {
    let reply = channel.send(batch).await;
    let verdict = reply.verdicts.into_each(1).pop();
    verdict.expect("a call for one target has one verdict")
}

// === impl Attempt ===

impl Attempt<'_> {
    fn bind(&self) -> Result<Arc<dyn BoundAdapter>, LiveFault> {
        let section = Section { environment: self.environment, fields: self.fields.clone() };
        let vendor = self.adapter.vendor();
        self.adapter.settings(&section).map_err(|faults| LiveFault::Settings { vendor, faults })
    }

    /// Tells credentials and places apart without keeping them.
    fn fingerprint(&self, endpoint: &Uri) -> Fingerprint {
        let mut digest = Sha256::new();
        let place = format!("{} {} {endpoint} ", self.adapter.vendor(), self.environment);
        digest.update(place.as_bytes());
        digest.update(Value::Object(self.fields.clone()).to_string().as_bytes());
        digest.finalize().into()
    }
}
