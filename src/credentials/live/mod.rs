//! Asking vendors whether they take a credential.
//!
//! One probe for each environment, over a channel of its own that is opened for it and closed after it. What a probe is, and
//! what its answer means, is the adapter's knowledge. Complaints about a made-up device token count as errors at a vendor, so
//! the same question about the same credential is not asked again within a minute (the last answer is given instead), and
//! different questions only a few times.

mod adopt;
mod ask;
mod recent;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certs::{Contents, Expectation, Report};
use channel::{Channel, Clock, HttpClients, OpenFault, Roots};
use futures_util::future::try_join_all;
use http::Uri;
use model::{DeviceToken, Environment, Fault, TestMode, Vendor};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::document::LiveRow;
use adopt::{Adopted, adopt};
use ask::{Attempt, Question};
use recent::Recent;

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
    /// The app that says where vendors are reached has no channel to this one.
    #[error("the app has no channel to {vendor} in {}, so it does not say where to ask", .environment.map_or("any environment", Environment::as_str))]
    NoPlace {
        /// Which vendor.
        vendor: Vendor,
        /// The environment that was asked for.
        environment: Option<Environment>,
    },
    /// The test push cannot be sent to that device.
    #[error("the test push cannot be sent: {0}")]
    NotSendable(String),
    /// The channel cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// This credential was asked about too often.
    #[error("this credential was asked about {0} times within a minute; vendors take that amiss: try again later")]
    TooOften(usize),
    /// As many probes of this vendor are under way as may be, and none ended in time.
    #[error("other checks of {0} are under way and do not end; try again later")]
    Busy(Vendor),
}

/// Asks vendors. Clones share what was asked lately.
#[derive(Clone, Debug)]
pub struct Probes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    recent: Recent,
    /// Each vendor's probes wait for each other only.
    at_once: Mutex<HashMap<Vendor, Arc<Semaphore>>>,
    clients: HttpClients,
    clock: Clock,
}

/// Probes of one vendor at once.
const MAX_AT_ONCE: usize = 4;
/// How long a probe waits for others of its vendor.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);

// === impl Probes ===

impl Probes {
    /// None yet.
    pub fn new(clients: HttpClients, clock: Clock) -> Self {
        Self(Arc::new(Shared { recent: Recent::default(), at_once: Mutex::default(), clients, clock }))
    }

    /// Asks the vendor of a file, of which this is the report, in every environment. `places` say where, and that nowhere else; without them it is asked at
    /// its own address.
    pub async fn ask(
        &self,
        contents: &Contents,
        report: &Report,
        expected: &Expectation,
        request: &LiveRequest,
        places: Option<&Places>,
    ) -> Result<Vec<LiveRow>, LiveFault> {
        let adopted = adopt(contents, report, expected, request.origin, &self.0.clock)?;
        let attempts = attempts(&adopted, request, places)?;
        let attempts = attempts.into_iter().map(|attempt| {
            let question = match &request.token {
                None => Question::Probe,
                Some(token) => Question::Push(token.clone()),
            };
            self.attempt(adopted.identity, attempt, question)
        });
        try_join_all(attempts).await
    }

    /// Asks about the credentials of a configured channel.
    pub async fn ask_channel(&self, channel: &Channel) -> Vec<LiveRow> {
        let mut rows = Vec::new();
        for (number, note) in (0..).zip(channel.adapter().credentials()) {
            let row = ask::probe(channel, number, note.field, &self.0.clock).await;
            rows.push(LiveRow { app: Some(channel.id().app.to_string()), ..row });
        }
        rows
    }

    /// In a task of its own: a caller that hangs up does not undo that the vendor was asked.
    async fn attempt(&self, identity: [u8; 32], attempt: Attempt, question: Question) -> Result<LiveRow, LiveFault> {
        let probes = self.clone();
        let asked = tokio::spawn(async move {
            let bound = attempt.bind()?;
            let key = attempt.key(identity, &*bound);
            let wording = attempt.wording(&*bound, &question);
            // One at a time for each credential, so that the second finds the first one's answer.
            let mut slot = probes.0.recent.slot(key).lock_owned().await;
            if let Some(row) = slot.answer(&wording) {
                return Ok(row);
            }
            slot.make_room()?;
            let vendor = attempt.vendor();
            let turn = tokio::time::timeout(QUEUE_TIMEOUT, probes.turns(vendor).acquire_owned()).await;
            let _turn = turn.map_err(|_| LiveFault::Busy(vendor))?.expect("it is never closed");
            let channel = attempt.open(bound, &probes.0.clients, &probes.0.clock)?;
            let row = question.ask(&channel, &probes.0.clock).await?;
            slot.remember(wording, &row);
            Ok(row)
        });
        asked.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    fn turns(&self, vendor: Vendor) -> Arc<Semaphore> {
        let mut at_once = self.0.at_once.lock().expect("no one panics while holding it");
        at_once.entry(vendor).or_insert_with(|| Arc::new(Semaphore::new(MAX_AT_ONCE))).clone()
    }
}

/// One for each environment that is to be asked in.
fn attempts(adopted: &Adopted, request: &LiveRequest, places: Option<&Places>) -> Result<Vec<Attempt>, LiveFault> {
    // Where the sandbox is the same place, asking twice would say the same twice.
    let both: &[Environment] = match adopted.adapter.capabilities().test_mode {
        TestMode::Host => Environment::ALL.as_slice(),
        _ => &[Environment::Production],
    };
    let vendor = adopted.adapter.vendor();
    let asked = request.environment.as_ref().map_or(both, std::slice::from_ref);
    let place = |environment: &Environment| places.map(|places| places.get(&(vendor, *environment)).cloned());
    let attempts = asked.iter().filter_map(|environment| match place(environment) {
        Some(None) => None,
        place => Some(Attempt::new(adopted, *environment, place.flatten(), request)),
    });
    let attempts: Vec<Attempt> = attempts.collect();
    match attempts.is_empty() {
        true => Err(LiveFault::NoPlace { vendor, environment: request.environment }),
        false => Ok(attempts),
    }
}
