//! The channels of a configuration, opened.

mod configured;
mod current;
mod fingerprint;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use channel::{Channel, ChannelId, Clock, HttpClients, OutcomeCounts, Roots};
use config::Config;
use model::{AppId, Fault, Limits, Outcome, Scope, Verdict};
use tokio::sync::OwnedSemaphorePermit;

pub use configured::ConfiguredChannel;
pub use current::Current;
pub(crate) use fingerprint::Fingerprint;

use crate::credentials::{Place, Places};
use crate::service::AppCounters;
use configured::Opening;

/// Every channel that is configured. A set that does not change; see [`Current`].
#[derive(Debug, Default)]
pub struct Channels {
    apps: BTreeMap<AppId, Arc<AppCounters>>,
    configured: BTreeMap<ChannelId, Arc<ConfiguredChannel>>,
    /// Where each app's vendors are reached, for checks of other credentials.
    places: HashMap<AppId, Places>,
    clients: HttpClients,
    /// What became of targets for which there was no open channel; the same for all sets.
    unsent: Arc<Mutex<BTreeMap<ChannelId, OutcomeCounts>>>,
}

// === impl Channels ===

impl Channels {
    /// Opens every channel of a configuration, or tells all that is wrong with any of them. Connects to nothing.
    pub fn open(config: &Config, clock: &Clock) -> Result<Self, Vec<Fault>> {
        Self::default().succeed(config, clock)
    }

    /// The channels of a configuration that follows the one of these: those of which it says the same are taken over as they
    /// are, with their connections and all that is under way.
    pub fn succeed(&self, config: &Config, clock: &Clock) -> Result<Self, Vec<Fault>> {
        let (clients, unsent) = (self.clients.clone(), self.unsent.clone());
        let mut channels = Self { clients, unsent, ..Self::default() };
        let mut faults = Vec::new();
        let counters = |app: &AppId| self.apps.get(app).cloned().unwrap_or_default();
        channels.apps.extend(config.apps.iter().map(|app| (app.clone(), counters(app))));
        let opening = Opening { config, clock, clients: &self.clients, previous: self };
        for part in &config.channels {
            match opening.open(part) {
                Ok(Some((channel, place))) => channels.insert(channel, place),
                Ok(None) => {}
                Err(more) => faults.extend(more),
            }
        }
        // What holds for both environments is at fault in both.
        let mut seen = BTreeSet::new();
        faults.retain(|fault| seen.insert(fault.to_string()));
        if faults.is_empty() { Ok(channels) } else { Err(faults) }
    }

    /// Whether an app is configured.
    pub fn has_app(&self, app: &AppId) -> bool {
        self.apps.contains_key(app)
    }

    /// The counters of an app, if it is configured.
    pub fn app(&self, app: &AppId) -> Option<&Arc<AppCounters>> {
        self.apps.get(app)
    }

    /// Every app with its counters, by name.
    pub fn apps_counted(&self) -> impl Iterator<Item = (&AppId, &AppCounters)> {
        self.apps.iter().map(|(app, counters)| (app, &**counters))
    }

    /// Every app, by name.
    pub fn apps(&self) -> impl Iterator<Item = &AppId> {
        self.apps.keys()
    }

    /// Whether there is such a channel.
    pub fn is_configured(&self, id: &ChannelId) -> bool {
        self.configured.contains_key(id)
    }

    /// The bounds of a channel.
    pub fn limits(&self, id: &ChannelId) -> Option<&Limits> {
        self.configured.get(id).map(|configured| configured.limits())
    }

    /// The channel of that name if pushes can go through it now; else what becomes of its targets.
    pub fn find(&self, id: &ChannelId, now: SystemTime) -> Result<&Channel, Verdict> {
        let configured = self.configured.get(id).ok_or_else(|| not_configured(id))?;
        configured.usable(now)
    }

    /// What is configured under that name.
    pub(crate) fn configured(&self, id: &ChannelId) -> Option<&Arc<ConfiguredChannel>> {
        self.configured.get(id)
    }

    /// Room for so many targets in a channel's share, if there is any. Given back on drop.
    pub fn share(&self, id: &ChannelId, targets: usize) -> Option<OwnedSemaphorePermit> {
        let share = self.configured.get(id)?.share();
        share.clone().try_acquire_many_owned(u32::try_from(targets).ok()?).ok()
    }

    /// The same as soon as there is room; `None` if there is no such channel.
    pub async fn share_when_free(&self, id: &ChannelId, targets: usize) -> Option<OwnedSemaphorePermit> {
        let share = self.configured.get(id)?.share();
        share.clone().acquire_many_owned(u32::try_from(targets).ok()?).await.ok()
    }

    /// Counts what callers were told of targets. For those that were sent, the channel's own counters are at hand.
    pub fn told(&self, id: &ChannelId, count: impl FnOnce(&OutcomeCounts)) {
        match self.configured.get(id).and_then(|configured| configured.channel()) {
            Some(channel) => count(channel.stats().told()),
            None => count(self.unsent_counts().entry(id.clone()).or_default()),
        }
    }

    /// What became of targets for which there was no open channel.
    pub(crate) fn unsent(&self) -> Vec<(ChannelId, BTreeMap<&'static str, u64>)> {
        self.unsent_counts().iter().map(|(id, counts)| (id.clone(), counts.snapshot())).collect()
    }

    fn unsent_counts(&self) -> MutexGuard<'_, BTreeMap<ChannelId, OutcomeCounts>> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &ConfiguredChannel> {
        self.configured.values().map(|configured| &**configured)
    }

    /// Where an app's vendors are reached.
    pub fn places(&self, app: &AppId) -> Option<&Places> {
        self.places.get(app)
    }

    /// The HTTP clients that they share.
    pub fn clients(&self) -> &HttpClients {
        &self.clients
    }

    /// Lets go of HTTP clients that only channels before these were opened with.
    pub(crate) fn tidy(&self) {
        let wanted: HashSet<&Roots> = self.places.values().flat_map(Places::values).map(|place| &place.roots).collect();
        self.clients.retain(|roots| wanted.contains(roots));
    }

    fn insert(&mut self, channel: Arc<ConfiguredChannel>, place: Place) {
        let id = channel.id().clone();
        self.places.entry(id.app.clone()).or_default().insert((id.vendor, id.environment), place);
        self.configured.insert(id, channel);
    }
}

/// What becomes of targets for which there is no channel.
pub(crate) fn not_configured(id: &ChannelId) -> Verdict {
    let detail = format!(
        "the app has no channel to {} in {}: configure [apps.{}.{}]",
        id.vendor, id.environment, id.app, id.vendor
    );
    Verdict::new(Outcome::ChannelDisabled { scope: Scope::Channel }).code("not_configured").detail(detail)
}
