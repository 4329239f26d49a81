//! From a configuration file to a service: the composition root.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use channel::Clock;
use config::{AppLimits, Config, ConfigFault, Stamps};
use model::{AppId, Fault};
use spool::{OpenFault, Retention, Spool, SpoolFault, SqliteSpool};

use crate::access::Keys;
use crate::channels::{Channels, Current};
use crate::delivery::{Delivery, Habits};
use crate::device_log::DeviceLog;
use crate::http::{Front, Tls};
use crate::reload::{Fixed, Reloader};
use crate::service::Service;
use crate::traces::Exporter;
use crate::webhooks::{Webhook, Webhooks};
use crate::{retention, webhooks};

/// What a configuration file names, checked. Nothing is connected to or written yet.
#[derive(Debug)]
pub struct Plan {
    /// How it is reached.
    pub front: Front,
    /// Every channel.
    pub channels: Channels,
    pub(crate) fixed: Fixed,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) limits: BTreeMap<AppId, AppLimits>,
    pub(crate) traces: Option<Exporter>,
}

/// What came of reading a configuration file.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) plan: Result<Plan, BadConfiguration>,
    /// The files that were read.
    pub(crate) stamps: Stamps,
}

/// A configuration that was read for a service.
#[derive(Debug)]
pub struct Draft {
    file: PathBuf,
    plan: Plan,
    stamps: Stamps,
    clock: Clock,
}

/// A service, and who puts a changed configuration in force for it.
pub struct Assembled {
    /// How it is reached.
    pub front: Front,
    /// The service.
    pub service: Service,
    /// To be run.
    pub reloader: Reloader,
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
pub async fn assemble(file: &FilePath) -> Result<Assembled, AssemblyFault> {
    Draft::read(file)?.assemble().await
}

// === impl Draft ===

impl Draft {
    /// Reads a file, or tells every fault of it.
    pub fn read(file: &FilePath) -> Result<Self, BadConfiguration> {
        let clock = Clock::system();
        let Reading { plan, stamps } = Reading::of(file, &Channels::default(), &clock);
        Ok(Self { file: file.to_owned(), plan: plan?, stamps, clock })
    }

    /// Where spans are to go, if anywhere; to be begun before the service.
    pub(crate) fn traces(&mut self) -> Option<Exporter> {
        self.plan.traces.take()
    }

    /// Opens the spool and takes up what it holds.
    pub async fn assemble(self) -> Result<Assembled, AssemblyFault> {
        let Self { file, plan, stamps, clock } = self;
        let (front, fixed) = (plan.front.clone(), plan.fixed.clone());
        let (service, webhooks) = plan.start(clock).await?;
        let reloader = Reloader::new(&file, stamps, service.clone(), (front.clone(), fixed), webhooks);
        Ok(Assembled { front, service, reloader })
    }
}

// === impl Plan ===

impl Plan {
    /// Reads a configuration file, or tells every fault of it.
    pub fn read(file: &FilePath) -> Result<Self, BadConfiguration> {
        Reading::of(file, &Channels::default(), &Clock::system()).plan
    }

    /// What the machine has against it, as far as that shows while a service of the same configuration runs. Nothing is
    /// connected to or written.
    pub(crate) fn check_machine(&self, file: &FilePath) -> Result<(), BadConfiguration> {
        let mut faults = Vec::new();
        let mut add = |path: [&str; 2], detail: String| faults.push(Fault::new(path.into_iter().collect(), detail));
        // Its port may be in use by that service.
        if let Err(cause) = std::net::TcpListener::bind((self.front.server.listen.ip(), 0)) {
            add(
                ["server", "listen"],
                format!("{} is no address of this machine ({cause})", self.front.server.listen.ip()),
            );
        }
        if let Some(fault) = self.fixed.spool.as_ref().and_then(|spool| SqliteSpool::inspect(&spool.path).err()) {
            add(["spool", "path"], fault.to_string());
        }
        if faults.is_empty() { Ok(()) } else { Err(BadConfiguration::with(file, &faults)) }
    }

    /// A service that only looks: without a spool, whatever the file says.
    pub fn without_spool(self) -> Service {
        let max_in_flight = self.front.server.max_targets_in_flight;
        let Fixed { metrics, log, .. } = self.fixed;
        let devices = DeviceLog::new(&log);
        Service::new(Current::new(self.channels), None, max_in_flight, metrics.into(), devices, Clock::system())
    }

    /// The service.
    pub async fn carry_out(self, clock: Clock) -> Result<Service, AssemblyFault> {
        Ok(self.start(clock).await?.0)
    }

    /// The service, and its webhooks if it has a spool.
    async fn start(self, clock: Clock) -> Result<(Service, Option<Webhooks>), AssemblyFault> {
        let (channels, max_in_flight) = (Current::new(self.channels), self.front.server.max_targets_in_flight);
        let Fixed { spool, metrics, log, .. } = self.fixed;
        let devices = DeviceLog::new(&log);
        let Some(options) = spool else {
            let service = Service::new(channels, None, max_in_flight, metrics.into(), devices, clock);
            service.limits().apply(self.limits);
            return Ok((service, None));
        };
        let spool: Arc<dyn Spool> = Arc::new(SqliteSpool::open(&options.path)?);
        let kept = spool.open_channels().await?.iter().map(|open| open.parts).sum::<u64>();
        tracing::info!(path = %options.path.display(), kept, "The spool is open");
        let (default_ttl, tells_outcomes) = (options.default_ttl, options.outcome_events);
        let habits = Habits { default_ttl, tells_outcomes, devices: devices.clone() };
        let delivery = Delivery::start(spool.clone(), channels.clone(), clock.clone(), habits).await?;
        let service = Service::new(channels, Some(delivery), max_in_flight, metrics.into(), devices, clock.clone());
        service.limits().apply(self.limits);
        let retention = Retention { pushes: options.retention, events: options.event_retention };
        tokio::spawn(retention::run(spool.clone(), retention, clock.clone(), service.stopping()));
        let mut webhooks = Webhooks::new(spool, clock, service.webhooks().clone());
        webhooks.apply(self.webhooks, || service.stopping());
        Ok((service, Some(webhooks)))
    }
}

// === impl Reading ===

impl Reading {
    /// Reads a file. Of these channels, which are open, those are taken over of which it says the same.
    pub(crate) fn of(file: &FilePath, channels: &Channels, clock: &Clock) -> Self {
        let (config, stamps) = Config::load_noting(file);
        let config = config.map_err(|fault| BadConfiguration::of(&fault));
        let plan = config.and_then(|config| {
            let (channels, webhooks) = (channels.succeed(&config, clock), webhooks::open(&config));
            let tls = config.tls.as_ref().map(Tls::open).transpose().map_err(|fault| vec![fault]);
            let traces = config.traces.as_ref().map(Exporter::open).transpose().map_err(|fault| vec![fault]);
            match (channels, webhooks, tls, traces) {
                (Ok(channels), Ok(webhooks), Ok(tls), Ok(traces)) => {
                    let (fixed, limits) = (Fixed::of(&config), config.limits);
                    let front = Front::new(config.server, Keys::new(config.keys), tls, traces.is_some());
                    Ok(Plan { front, channels, fixed, webhooks, limits, traces })
                }
                (channels, webhooks, tls, traces) => {
                    let own = tls.err().into_iter().chain(traces.err());
                    let faults = own.chain(channels.err()).chain(webhooks.err()).flatten();
                    Err(BadConfiguration::with(file, &faults.collect::<Vec<_>>()))
                }
            }
        });
        Self { plan, stamps }
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
