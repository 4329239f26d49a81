//! From a configuration file to a service: the composition root.

use std::path::Path as FilePath;
use std::sync::Arc;

use channel::Clock;
use config::{Config, ConfigFault, Server, SpoolOptions};
use model::Fault;
use spool::{OpenFault, Spool, SpoolFault, SqliteSpool};

use crate::channels::Channels;
use crate::delivery::Delivery;
use crate::service::Service;

/// What a configuration file names, checked. Nothing is connected to or written yet.
#[derive(Debug)]
pub struct Plan {
    /// How it listens and what it bears.
    pub server: Server,
    /// Every channel.
    pub channels: Channels,
    spool: Option<SpoolOptions>,
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
        let channels = Channels::open(&config, &Clock::system());
        let channels = channels.map_err(|faults| BadConfiguration::with(file, &faults))?;
        Ok(Self { server: config.server, channels, spool: config.spool })
    }

    /// A service that only looks: without a spool, whatever the file says.
    pub fn without_spool(self) -> Service {
        Service::new(Arc::new(self.channels), None, self.server.max_targets_in_flight, Clock::system())
    }

    /// The service.
    pub async fn carry_out(self, clock: Clock) -> Result<Service, AssemblyFault> {
        let channels = Arc::new(self.channels);
        let mut delivery = None;
        if let Some(options) = self.spool {
            let spool: Arc<dyn Spool> = Arc::new(SqliteSpool::open(&options.path)?);
            let kept = spool.open_channels().await?.iter().map(|open| open.parts).sum::<u64>();
            tracing::info!(path = %options.path.display(), kept, "The spool is open");
            let started = Delivery::start(spool, channels.clone(), clock.clone(), options.default_ttl).await?;
            delivery = Some(started);
        }
        Ok(Service::new(channels, delivery, self.server.max_targets_in_flight, clock))
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
