//! The channels of a configuration, opened.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use channel::{Channel, ChannelId, ChannelSpec, Clock, HttpClients, OpenFault, Roots};
use config::{ChannelConfig, Config};
use model::{Adapter, AppId, BoundAdapter, Fault, Limits, MAX_TARGETS, Outcome, Scope, TestMode, Vendor, Verdict};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::credentials::{ChannelCredentials, Place, Places};

/// Every channel that is configured.
#[derive(Debug, Default)]
pub struct Channels {
    apps: BTreeSet<AppId>,
    configured: BTreeMap<ChannelId, ConfiguredChannel>,
    /// Where each app's vendors are reached, for checks of other credentials.
    places: HashMap<AppId, Places>,
    clients: HttpClients,
}

/// A channel of the configuration, and its share of what may be under way.
#[derive(Debug)]
pub struct ConfiguredChannel {
    id: ChannelId,
    is_explicit: bool,
    adapter: Arc<dyn BoundAdapter>,
    credentials: ChannelCredentials,
    limits: Limits,
    /// `None` where a credential does not fit: it can be used at no time.
    channel: Option<Channel>,
    share: Arc<Semaphore>,
}

// === impl Channels ===

impl Channels {
    /// Opens every channel of a configuration, or tells all that is wrong with any of them. Connects to nothing.
    pub fn open(config: &Config, clock: &Clock) -> Result<Self, Vec<Fault>> {
        let (mut channels, mut faults) = (Self::default(), Vec::new());
        channels.apps.extend(config.apps.iter().cloned());
        for part in &config.channels {
            match open(part, config, clock, &channels.clients) {
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
        self.apps.contains(app)
    }

    /// Every app, by name.
    pub fn apps(&self) -> impl Iterator<Item = &AppId> {
        self.apps.iter()
    }

    /// Whether there is such a channel.
    pub fn is_configured(&self, id: &ChannelId) -> bool {
        self.configured.contains_key(id)
    }

    /// The bounds of a channel.
    pub fn limits(&self, id: &ChannelId) -> Option<&Limits> {
        self.configured.get(id).map(ConfiguredChannel::limits)
    }

    /// The channel of that name if pushes can go through it now; else what becomes of its targets.
    pub fn find(&self, id: &ChannelId, now: SystemTime) -> Result<&Channel, Verdict> {
        let configured = self.configured.get(id).ok_or_else(|| not_configured(id))?;
        configured.usable(now)
    }

    /// Room for so many targets in a channel's share, if there is any. Given back on drop.
    pub fn share(&self, id: &ChannelId, targets: usize) -> Option<OwnedSemaphorePermit> {
        let share = &self.configured.get(id)?.share;
        share.clone().try_acquire_many_owned(u32::try_from(targets).ok()?).ok()
    }

    /// The same as soon as there is room; `None` if there is no such channel.
    pub async fn share_when_free(&self, id: &ChannelId, targets: usize) -> Option<OwnedSemaphorePermit> {
        let share = &self.configured.get(id)?.share;
        share.clone().acquire_many_owned(u32::try_from(targets).ok()?).await.ok()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &ConfiguredChannel> {
        self.configured.values()
    }

    /// Where an app's vendors are reached.
    pub fn places(&self, app: &AppId) -> Option<&Places> {
        self.places.get(app)
    }

    /// The HTTP clients that they share.
    pub fn clients(&self) -> &HttpClients {
        &self.clients
    }

    fn insert(&mut self, channel: ConfiguredChannel, place: Place) {
        let id = channel.id.clone();
        self.places.entry(id.app.clone()).or_default().insert((id.vendor, id.environment), place);
        self.configured.insert(id, channel);
    }
}

// === impl ConfiguredChannel ===

impl ConfiguredChannel {
    /// Its name.
    pub fn id(&self) -> &ChannelId {
        &self.id
    }

    /// Whether the configuration speaks of this environment, or it follows from the other.
    pub fn is_explicit(&self) -> bool {
        self.is_explicit
    }

    /// How its vendor is spoken.
    pub fn adapter(&self) -> &dyn BoundAdapter {
        &*self.adapter
    }

    /// Its bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What it authenticates with.
    pub fn credentials(&self) -> &ChannelCredentials {
        &self.credentials
    }

    /// The channel itself, unless a credential does not fit.
    pub fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    /// The channel if its credentials can be used now; else what becomes of targets.
    fn usable(&self, now: SystemTime) -> Result<&Channel, Verdict> {
        let closed = self.credentials.closed(now).map(|closed| closed.verdict());
        match (&self.channel, closed) {
            (Some(channel), None) => Ok(channel),
            (_, Some(verdict)) => Err(verdict),
            // A misfit is told by the credentials as well.
            (None, None) => Err(not_configured(&self.id)),
        }
    }
}

/// `None` where the file does not ask for this environment and the vendor has no such thing.
fn open(
    part: &ChannelConfig,
    config: &Config,
    clock: &Clock,
    clients: &HttpClients,
) -> Result<Option<(ConfiguredChannel, Place)>, Vec<Fault>> {
    let adapter = adapter(part)?;
    let is_sandbox = part.environment == model::Environment::Sandbox;
    if is_sandbox && !part.explicit && adapter.capabilities().test_mode == TestMode::None {
        return Ok(None);
    }
    let below = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.below(&part.path)).collect::<Vec<_>>();
    let bound = adapter.settings(&part.section).map_err(below)?;
    let credentials = ChannelCredentials::of(&*bound, part.environment, clock.now());
    let credentials = credentials.map_err(|fault| below(vec![fault]))?;
    if !part.explicit && credentials.misfit() == Some("wrong_environment") {
        // Nobody asked for this environment, and the certificate does not serve it.
        return Ok(None);
    }
    let options = &part.options;
    let roots = options.authorities.as_ref().map_or(Roots::Platform, |authorities| Roots::Pem {
        file: authorities.file.clone(),
        text: authorities.text.clone(),
    });
    let id = ChannelId { app: part.app.clone(), vendor: adapter.vendor(), environment: part.environment };
    let place = Place { fields: addresses(part), roots: roots.clone(), proxy: options.proxy.clone() };
    let limits = options.apply(bound.limits());
    let spec = ChannelSpec {
        id: id.clone(),
        limits,
        adapter: bound.clone(),
        identity: credentials.identity().cloned(),
        roots,
        proxy: options.proxy.clone(),
        clock: clock.clone(),
    };
    let channel = match credentials.misfit() {
        None => Some(Channel::open(&spec, clients).map_err(|fault| vec![fault_of(part, &fault)])?),
        Some(_) => None,
    };
    // A quarter of all that may be under way, but always room for the longest push.
    let share = Arc::new(Semaphore::new((config.server.max_targets_in_flight / 4).max(MAX_TARGETS)));
    Ok(Some((
        ConfiguredChannel { id, is_explicit: part.explicit, adapter: bound, credentials, limits, channel, share },
        place,
    )))
}

/// The fields of a section that say where its vendor is.
fn addresses(part: &ChannelConfig) -> Map<String, Value> {
    let is_address = |(name, _): &(&String, &Value)| matches!(name.as_str(), "endpoint" | "token_endpoint");
    let fields = part.section.fields.iter().filter(is_address);
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What becomes of targets for which there is no channel.
pub(crate) fn not_configured(id: &ChannelId) -> Verdict {
    let detail = format!(
        "the app has no channel to {} in {}: configure [apps.{}.{}]",
        id.vendor, id.environment, id.app, id.vendor
    );
    Verdict::new(Outcome::ChannelDisabled { scope: Scope::Channel }).code("not_configured").detail(detail)
}

fn adapter(part: &ChannelConfig) -> Result<&'static dyn Adapter, Vec<Fault>> {
    let vendors = adapters::vendors();
    let found = Vendor::find(&part.vendor, vendors).and_then(adapters::find);
    found.ok_or_else(|| {
        let known: Vec<&str> = vendors.iter().map(|vendor| vendor.as_str()).collect();
        vec![Fault::new(part.path.clone(), format!("is no known vendor; known are {}", known.join(", ")))]
    })
}

fn fault_of(part: &ChannelConfig, fault: &OpenFault) -> Fault {
    let (field, detail) = match fault {
        OpenFault::Roots { file, detail } => ("ca_file", format!("{file} {detail}")),
        OpenFault::Platform(_) => ("ca_file", fault.to_string()),
        OpenFault::Identity { field, detail } => (*field, detail.clone()),
        OpenFault::Proxy(detail) => ("proxy", detail.clone()),
    };
    Fault::new(part.path.at(field), detail)
}
