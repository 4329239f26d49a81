//! The channels of a configuration, opened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use channel::{Channel, ChannelId, ChannelSpec, Clock, HttpClients, OpenFault, Roots};
use config::{ChannelConfig, Config};
use model::{Adapter, AppId, Fault, MAX_TARGETS, TestMode, Vendor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Every channel that pushes can go through.
#[derive(Debug, Default)]
pub struct Channels {
    apps: BTreeSet<AppId>,
    open: BTreeMap<ChannelId, OpenChannel>,
}

/// A channel and its share of what may be under way.
#[derive(Debug)]
struct OpenChannel {
    channel: Channel,
    share: Arc<Semaphore>,
}

// === impl Channels ===

impl Channels {
    /// Opens every channel of a configuration, or tells all that is wrong with any of them. Connects to nothing.
    pub fn open(config: &Config, clock: &Clock) -> Result<Self, Vec<Fault>> {
        let (mut channels, mut faults) = (Self::default(), Vec::new());
        let clients = HttpClients::new();
        channels.apps.extend(config.apps.iter().cloned());
        for part in &config.channels {
            match open(part, clock, &clients) {
                Ok(Some(channel)) => channels.insert(channel, config.server.max_targets_in_flight),
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

    /// The channel of that name.
    pub fn get(&self, id: &ChannelId) -> Option<&Channel> {
        self.open.get(id).map(|open| &open.channel)
    }

    /// Room for so many targets in a channel's share, if there is any. Given back on drop.
    pub fn share(&self, id: &ChannelId, targets: usize) -> Option<OwnedSemaphorePermit> {
        let share = &self.open.get(id)?.share;
        share.clone().try_acquire_many_owned(u32::try_from(targets).ok()?).ok()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.open.values().map(|open| &open.channel)
    }

    /// A quarter of all that may be under way, but always room for the longest push.
    fn insert(&mut self, channel: Channel, max_targets_in_flight: usize) {
        let share = (max_targets_in_flight / 4).max(MAX_TARGETS);
        let id = channel.id().clone();
        self.open.insert(id, OpenChannel { channel, share: Arc::new(Semaphore::new(share)) });
    }
}

/// `None` where the file does not ask for this environment and the vendor has no such thing.
fn open(part: &ChannelConfig, clock: &Clock, clients: &HttpClients) -> Result<Option<Channel>, Vec<Fault>> {
    let adapter = adapter(part)?;
    let is_sandbox = part.environment == model::Environment::Sandbox;
    if is_sandbox && !part.explicit && adapter.capabilities().test_mode == TestMode::None {
        return Ok(None);
    }
    let below = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.below(&part.path)).collect::<Vec<_>>();
    let bound = adapter.settings(&part.section).map_err(below)?;
    let options = &part.options;
    let roots = options.authorities.as_ref().map_or(Roots::Platform, |authorities| Roots::Pem {
        file: authorities.file.clone(),
        text: authorities.text.clone(),
    });
    let spec = ChannelSpec {
        id: ChannelId { app: part.app.clone(), vendor: adapter.vendor(), environment: part.environment },
        limits: options.apply(bound.limits()),
        adapter: bound,
        roots,
        proxy: options.proxy.clone(),
        clock: clock.clone(),
    };
    Channel::open(&spec, clients).map(Some).map_err(|fault| vec![fault_of(part, &fault)])
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
