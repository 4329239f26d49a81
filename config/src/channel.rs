//! What every channel takes, whatever its vendor.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use model::parse::{self, Faults};
use model::{AppId, Environment, Limits, Path, Section, TransportKind};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::source::Source;

/// One channel's part of the configuration.
#[derive(Debug)]
pub struct ChannelConfig {
    /// Whose.
    pub app: AppId,
    /// The vendor's name, not known to be one yet.
    pub vendor: String,
    /// To which devices.
    pub environment: Environment,
    /// Whether the file speaks of this environment, or it follows from the other.
    pub explicit: bool,
    /// Where it stands in the file.
    pub path: Path,
    /// What every channel takes.
    pub options: ChannelOptions,
    /// What the vendor takes.
    pub section: Section,
}

/// Options that every channel takes; what is not given is for the vendor's adapter to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelOptions {
    /// `ca_file`: whom to trust as the vendor, instead of the machine's authorities.
    pub authorities: Option<Authorities>,
    /// `proxy`: an HTTP proxy to go through.
    pub proxy: Option<Uri>,
    /// `connections`: at most so many at once.
    pub connections: Option<usize>,
    /// `max_in_flight`: requests under way at most.
    pub max_in_flight: Option<usize>,
    /// `rate_per_second`: in the vendor's unit.
    pub rate_per_second: Option<f64>,
    /// `timeout_seconds`: for one request.
    pub timeout: Option<Duration>,
}

/// Certificate authorities of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorities {
    /// The file as it was named.
    pub file: PathBuf,
    /// Its text, PEM.
    pub text: Bytes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    ca_file: Option<String>,
    proxy: Option<String>,
    connections: Option<u64>,
    max_in_flight: Option<u64>,
    rate_per_second: Option<f64>,
    timeout_seconds: Option<f64>,
}

// === impl ChannelOptions ===

impl ChannelOptions {
    /// The options' names.
    const FIELDS: [&str; 6] =
        ["ca_file", "proxy", "connections", "max_in_flight", "rate_per_second", "timeout_seconds"];

    /// Takes the options out of a vendor's section.
    pub(crate) fn take(fields: &mut Map<String, Value>, path: &Path, source: &Source, faults: &mut Faults) -> Self {
        let taken = Self::FIELDS.iter().filter_map(|name| fields.shift_remove_entry(*name));
        let taken = Value::Object(taken.collect());
        match parse::shape::<Raw>(&taken) {
            Ok((raw, inner)) => {
                let mut inner = inner;
                let options = Self::check(raw, source, &mut inner);
                inner.into_list().into_iter().for_each(|fault| faults.add(&path.join(&fault.path), fault.detail));
                options
            }
            Err(inner) => {
                inner.into_iter().for_each(|fault| faults.add(&path.join(&fault.path), fault.detail));
                Self::default()
            }
        }
    }

    /// A vendor's limits with these changes.
    #[must_use]
    pub fn apply(&self, limits: Limits) -> Limits {
        let mut transport = limits.transport;
        match &mut transport {
            TransportKind::Pool { connections, .. } | TransportKind::Batch { connections, .. } => {
                *connections = self.connections.unwrap_or(*connections);
            }
        }
        Limits {
            transport,
            max_in_flight: self.max_in_flight.unwrap_or(limits.max_in_flight),
            rate_per_second: self.rate_per_second.or(limits.rate_per_second),
            timeout: self.timeout.unwrap_or(limits.timeout),
            ..limits
        }
    }

    fn check(raw: Raw, source: &Source, faults: &mut Faults) -> Self {
        let root = Path::root();
        let authorities = raw.ca_file.map(|file| Authorities::read(file, source));
        let proxy = raw.proxy.map(|proxy| {
            let uri: Option<Uri> = proxy.parse().ok();
            uri.filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
                .ok_or("must be an http URL of host and port, such as http://proxy.example.com:3128")
        });
        let mut whole = |field: &str, value: Option<u64>, most: u64| {
            if value.is_some_and(|value| !(1..=most).contains(&value)) {
                faults.add(&root.at(field), format!("must be 1 to {most}"));
            }
            value.and_then(|value| usize::try_from(value).ok())
        };
        let connections = whole("connections", raw.connections, 100);
        let max_in_flight = whole("max_in_flight", raw.max_in_flight, 100_000);
        let mut fraction = |field: &str, value: Option<f64>, least: f64, most: f64| {
            if value.is_some_and(|value| !(least..=most).contains(&value)) {
                faults.add(&root.at(field), format!("must be {least} to {most}"));
                return None;
            }
            value
        };
        let rate_per_second = fraction("rate_per_second", raw.rate_per_second, 0.01, 1_000_000.0);
        let timeout = fraction("timeout_seconds", raw.timeout_seconds, 0.1, 300.0).map(Duration::from_secs_f64);
        Self {
            authorities: faults.take(&root.at("ca_file"), authorities.transpose()).flatten(),
            proxy: faults.take(&root.at("proxy"), proxy.transpose()).flatten(),
            connections,
            max_in_flight,
            rate_per_second,
            timeout,
        }
    }
}

// === impl Authorities ===

impl Authorities {
    pub(crate) fn read(file: String, source: &Source) -> Result<Self, String> {
        let text = source.read(&file)?;
        Ok(Self { file: file.into(), text: text.into() })
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.file.display())
    }
}
