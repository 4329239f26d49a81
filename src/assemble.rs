//! From a configuration file to a service: the composition root.

use std::path::Path as FilePath;
use std::sync::Arc;

use channel::Clock;
use config::{Config, ConfigFault, Server, SpoolOptions};
use model::Fault;
use spool::{OpenFault, Retention, Spool, SpoolFault, SqliteSpool};

use crate::channels::Channels;
use crate::delivery::{Delivery, Habits};
use crate::service::Service;
use crate::webhooks::Webhook;
use crate::{retention, webhooks};

/// What a configuration file names, checked. Nothing is connected to or written yet.
#[derive(Debug)]
pub struct Plan {
    /// How it listens and what it bears.
    pub server: Server,
    /// Every channel.
    pub channels: Channels,
    spool: Option<SpoolOptions>,
    webhooks: Vec<Webhook>,
}

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyFault {
    /// The configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] BadConfiguration),
    /// The spool cannot be opened.
    #[error("spool.path: {0}")]
    Spool(#[from] OpenFault),
    /// The spool was opened and cannot be read.
    #[error("spool.path: {0}")]
    Unreadable(#[from] SpoolFault),
}

/// A configuration that cannot be used: one line for every fault, with the file's name.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadConfiguration(Vec<String>);

/// The service of a configuration file, or every fault of it. Opens the spool and takes up what it holds.
pub async fn assemble(file: &FilePath) -> Result<(Server, Service), AssemblyFault> {
    let plan = Plan::read(file)?;
    let server = plan.server.clone();
    Ok((server, plan.carry_out(Clock::system()).await?))
}

// === impl Plan ===

impl Plan {
    /// Reads a configuration file, or tells every fault of it.
    pub fn read(file: &FilePath) -> Result<Self, BadConfiguration> {
        let config = Config::load(file).map_err(|fault| BadConfiguration::of(&fault))?;
        let (channels, webhooks) = (Channels::open(&config, &Clock::system()), webhooks::open(&config));
        match (channels, webhooks) {
            (Ok(channels), Ok(webhooks)) => Ok(Self { server: config.server, channels, spool: config.spool, webhooks }),
            (channels, webhooks) => {
                let faults = channels.err().into_iter().chain(webhooks.err()).flatten().collect::<Vec<_>>();
                Err(BadConfiguration::with(file, &faults))
            }
        }
    }

    /// A service that only looks: without a spool, whatever the file says.
    pub fn without_spool(self) -> Service {
        Service::new(Arc::new(self.channels), None, self.server.max_targets_in_flight, Clock::system())
    }

    /// The service.
    pub async fn carry_out(self, clock: Clock) -> Result<Service, AssemblyFault> {
        let (channels, max_in_flight) = (Arc::new(self.channels), self.server.max_targets_in_flight);
        let Some(options) = self.spool else { return Ok(Service::new(channels, None, max_in_flight, clock)) };
        let spool: Arc<dyn Spool> = Arc::new(SqliteSpool::open(&options.path)?);
        let kept = spool.open_channels().await?.iter().map(|open| open.parts).sum::<u64>();
        tracing::info!(path = %options.path.display(), kept, "The spool is open");
        let habits = Habits { default_ttl: options.default_ttl, tells_outcomes: options.outcome_events };
        let delivery = Delivery::start(spool.clone(), channels.clone(), clock.clone(), habits).await?;
        let service = Service::new(channels, Some(delivery), max_in_flight, clock.clone());
        let retention = Retention { pushes: options.retention, events: options.event_retention };
        tokio::spawn(retention::run(spool.clone(), retention, clock.clone(), service.stopping()));
        for webhook in self.webhooks {
            tokio::spawn(webhooks::run(spool.clone(), webhook, clock.clone(), service.stopping()));
        }
        Ok(service)
    }
}

// === impl BadConfiguration ===

impl BadConfiguration {
    /// One line for every fault.
    pub fn lines(&self) -> &[String] {
        &self.0
    }

    fn of(fault: &ConfigFault) -> Self {
        match fault {
            ConfigFault::Invalid { file, faults } => Self::with(file, faults),
            ConfigFault::Unreadable { .. } | ConfigFault::Syntax { .. } => Self(vec![fault.to_string()]),
        }
    }

    fn with(file: &FilePath, faults: &[Fault]) -> Self {
        Self(faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect())
    }
}
