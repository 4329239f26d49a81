//! One channel of the configuration.

use std::sync::Arc;
use std::time::SystemTime;

use channel::{Channel, ChannelId, ChannelSpec, Clock, HttpClients, OpenFault, Roots};
use config::{ChannelConfig, Config};
use model::{Adapter, BoundAdapter, Fault, Limits, MAX_TARGETS, Path, TestMode, Vendor, Verdict};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::fingerprint::Fingerprint;
use super::{Channels, not_configured};
use crate::credentials::{ChannelCredentials, Place};

/// A channel of the configuration, and its share of what may be under way.
#[derive(Debug)]
pub struct ConfiguredChannel {
    id: ChannelId,
    is_explicit: bool,
    fingerprint: Fingerprint,
    adapter: Arc<dyn BoundAdapter>,
    credentials: ChannelCredentials,
    limits: Limits,
    /// `None` where a credential does not fit: it can be used at no time.
    channel: Option<Channel>,
    share: Arc<Semaphore>,
}

/// What is needed to open channels.
pub(super) struct Opening<'a> {
    pub(super) config: &'a Config,
    pub(super) clock: &'a Clock,
    pub(super) clients: &'a HttpClients,
    /// The set that they follow.
    pub(super) previous: &'a Channels,
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

    /// Two with the same are configured alike.
    pub(crate) const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Its share of what may be under way.
    pub(super) fn share(&self) -> &Arc<Semaphore> {
        &self.share
    }

    /// The channel if its credentials can be used now; else what becomes of targets.
    pub(crate) fn usable(&self, now: SystemTime) -> Result<&Channel, Verdict> {
        let closed = self.credentials.closed(now).map(|closed| closed.verdict());
        match (&self.channel, closed) {
            (Some(channel), None) => Ok(channel),
            (_, Some(verdict)) => Err(verdict),
            // A misfit is told by the credentials as well.
            (None, None) => Err(not_configured(&self.id)),
        }
    }
}

// === impl Opening ===

impl Opening<'_> {
    /// `None` where the file does not ask for this environment and the vendor has no such thing.
    pub(super) fn open(&self, part: &ChannelConfig) -> Result<Option<(Arc<ConfiguredChannel>, Place)>, Vec<Fault>> {
        let adapter = adapter(part)?;
        let id = ChannelId { app: part.app.clone(), vendor: adapter.vendor(), environment: part.environment };
        let previous = self.previous.configured(&id);
        let fingerprint = Fingerprint::of(part);
        let place = place(part);
        if let Some(same) = previous.filter(|previous| previous.fingerprint == fingerprint) {
            return Ok(Some((same.clone(), place)));
        }
        let is_sandbox = part.environment == model::Environment::Sandbox;
        if is_sandbox && !part.explicit && adapter.capabilities().test_mode == TestMode::None {
            return Ok(None);
        }
        let below = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.below(&part.path)).collect::<Vec<_>>();
        let bound = adapter.settings(&part.section).map_err(below)?;
        let credentials = ChannelCredentials::of(&*bound, part.environment, self.clock.now());
        let credentials = credentials.map_err(|fault| below(vec![fault]))?;
        if !part.explicit && credentials.misfit() == Some("wrong_environment") {
            // Nobody asked for this environment, and the certificate does not serve it.
            return Ok(None);
        }
        let works = previous.is_some_and(|previous| previous.usable(self.clock.now()).is_ok());
        if let Some(closed) = credentials.closed(self.clock.now()).filter(|_| works) {
            // At a start it would keep this channel closed and let the others go on. But here is one that works.
            let detail = format!("{}: {}", closed.code, closed.detail);
            return Err(below(vec![Fault::new(Path::root().at("certificate"), detail)]));
        }
        let limits = part.options.apply(bound.limits());
        let spec = ChannelSpec {
            id: id.clone(),
            limits,
            adapter: bound.clone(),
            identity: credentials.identity().cloned(),
            roots: place.roots.clone(),
            proxy: place.proxy.clone(),
            clock: self.clock.clone(),
        };
        let channel = match credentials.misfit() {
            None => {
                let before = previous.and_then(|previous| previous.channel());
                let opened = match before {
                    Some(before) => before.reopen(&spec, self.clients),
                    None => Channel::open(&spec, self.clients),
                };
                Some(opened.map_err(|fault| vec![fault_of(part, &fault)])?)
            }
            Some(_) => None,
        };
        // A quarter of all that may be under way, but always room for the longest push.
        let share = Arc::new(Semaphore::new((self.config.server.max_targets_in_flight / 4).max(MAX_TARGETS)));
        let is_explicit = part.explicit;
        let configured =
            ConfiguredChannel { id, is_explicit, fingerprint, adapter: bound, credentials, limits, channel, share };
        Ok(Some((Arc::new(configured), place)))
    }
}

/// Where a channel's vendor is reached.
fn place(part: &ChannelConfig) -> Place {
    let options = &part.options;
    let roots = options.authorities.as_ref().map_or(Roots::Platform, |authorities| Roots::Pem {
        file: authorities.file.clone(),
        text: authorities.text.clone(),
    });
    Place { fields: addresses(part), roots, proxy: options.proxy.clone() }
}

/// The fields of a section that say where its vendor is.
fn addresses(part: &ChannelConfig) -> Map<String, Value> {
    let is_address = |(name, _): &(&String, &Value)| matches!(name.as_str(), "endpoint" | "token_endpoint");
    let fields = part.section.fields.iter().filter(is_address);
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
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
