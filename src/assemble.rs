//! From a configuration file to a service: the composition root.

use std::path::Path as FilePath;
use std::sync::Arc;

use channel::Clock;
use config::{Config, ConfigFault, Server};
use model::Fault;

use crate::channels::Channels;
use crate::service::{MemoryNotifyIds, Service};

/// A configuration that cannot be used: one line for every fault, with the file's name.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadConfiguration(Vec<String>);

/// The service of a configuration file, or every fault of it. Nothing is connected to yet.
pub fn assemble(file: &FilePath) -> Result<(Server, Service), BadConfiguration> {
    let (server, channels) = open(file)?;
    let service =
        Service::new(channels, Arc::new(MemoryNotifyIds::default()), server.max_targets_in_flight, Clock::system());
    Ok((server, service))
}

/// The channels of a configuration file, or every fault of it.
pub fn open(file: &FilePath) -> Result<(Server, Channels), BadConfiguration> {
    let config = Config::load(file).map_err(|fault| BadConfiguration::of(&fault))?;
    let channels = Channels::open(&config, &Clock::system()).map_err(|faults| BadConfiguration::with(file, &faults))?;
    Ok((config.server, channels))
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
