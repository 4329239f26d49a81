//! From a TOML file to a checked configuration.
//!
//! All faults are found and named by their path (`apps.demo.apns.key_id`), never only the first. Secrets may stand in the
//! text, or be read from `{ file = ".." }` and `{ env = ".." }`; relative paths start at the configuration's own folder. What
//! belongs to one vendor is handed on as a [`Section`](model::Section) for its adapter to check: this crate knows none.

mod apps;
mod channel;
mod finite;
mod keys;
mod limits;
mod log;
mod merge;
mod metrics;
mod section;
mod server;
mod source;
mod spool;
mod stamp;
mod tls;
mod traces;
mod webhook;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use model::parse::{self, Faults};
use model::{AppId, Fault, Path};
use serde::Deserialize;
use serde_json::{Map, Value};

use apps::Apps;

pub use channel::{Authorities, ChannelConfig, ChannelOptions};
pub use keys::{Action, Actions, KeyApps, KeyConfig, KeyHash, KeyHashFault};
pub use limits::AppLimits;
pub use log::LogOptions;
pub use metrics::MetricsOptions;
pub use server::Server;
pub use source::Source;
pub use spool::SpoolOptions;
pub use stamp::{Stamp, Stamps};
pub use tls::TlsConfig;
pub use traces::TracesOptions;
pub use webhook::{WebhookConfig, WebhookSecret, WebhookSecretFault};

/// A configuration without faults, as far as it can be told without the vendors' adapters.
#[derive(Debug)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[server.tls]`; without it plain HTTP is spoken.
    pub tls: Option<TlsConfig>,
    /// `[spool]`, if durable delivery is asked for.
    pub spool: Option<SpoolOptions>,
    /// `[metrics]`
    pub metrics: MetricsOptions,
    /// `[log]`
    pub log: LogOptions,
    /// `[traces]`, if spans go anywhere.
    pub traces: Option<TracesOptions>,
    /// Every app that is named, also one without vendors.
    pub apps: Vec<AppId>,
    /// `[apps.<app>.<vendor>]`, one for each environment.
    pub channels: Vec<ChannelConfig>,
    /// `[apps.<app>.webhook]`
    pub webhooks: Vec<WebhookConfig>,
    /// `[apps.<app>.limits]` over `[limits]`, of every app that has any.
    pub limits: BTreeMap<AppId, AppLimits>,
    /// `[keys.<name>]`; without any, callers are not asked for one.
    pub keys: Vec<KeyConfig>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}: {detail}", file.display())]
    Syntax {
        /// Which.
        file: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// It says something wrong, at these places.
    #[error("{} has {} fault(s)", file.display(), faults.len())]
    Invalid {
        /// Which.
        file: PathBuf,
        /// All of them.
        faults: Vec<Fault>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Raw {
    server: Option<server::Raw>,
    spool: Option<spool::Raw>,
    metrics: Option<metrics::Raw>,
    log: Option<Map<String, Value>>,
    traces: Option<Map<String, Value>>,
    apps: Option<apps::RawApps>,
    keys: Option<keys::RawKeys>,
    limits: Option<limits::RawLimits>,
}

/// Why an address that others reach is no place for a service without keys.
pub const NEEDS_KEYS: &str = "is reached by others, and anybody could send: configure [keys] (pushmux key new makes one), or listen \
                              on 127.0.0.1";

// === impl Config ===

impl Config {
    /// Reads and checks a file.
    pub fn load(file: &FilePath) -> Result<Self, ConfigFault> {
        Self::load_noting(file).0
    }

    /// The same, and which files were read for it, also where that failed.
    pub fn load_noting(file: &FilePath) -> (Result<Self, ConfigFault>, Stamps) {
        let source = Source::system(file.parent().unwrap_or(FilePath::new("")));
        let before = Stamp::of(file);
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|source| ConfigFault::Unreadable { file: file.to_owned(), source });
        let config = text.and_then(|text| Self::parse(&text, file, &source));
        let mut stamps = source.into_stamps();
        stamps.insert(file.to_owned(), before);
        (config, stamps)
    }

    /// Checks a text; `file` is its name in messages, `source` resolves what it refers to.
    pub fn parse(text: &str, file: &FilePath, source: &Source) -> Result<Self, ConfigFault> {
        let syntax = |detail: String| ConfigFault::Syntax { file: file.to_owned(), detail };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| syntax(error.to_string()))?;
        let infinite = finite::faults(&table);
        let mut tree = serde_json::to_value(table).map_err(|error| syntax(error.to_string()))?;
        merge::drop_comments(&mut tree);
        let invalid = |faults: Vec<Fault>| ConfigFault::Invalid { file: file.to_owned(), faults };
        if !infinite.is_empty() {
            return Err(invalid(infinite));
        }
        let (raw, mut faults) = parse::shape::<Raw>(&tree).map_err(invalid)?;
        let folder = file.parent().unwrap_or(FilePath::new(""));
        let config = Self::check(raw, folder, source, &mut faults);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(invalid(faults.into_list())),
        }
    }

    fn check(raw: Raw, folder: &FilePath, source: &Source, faults: &mut Faults) -> Option<Self> {
        let mut raw_server = raw.server.unwrap_or_default();
        let (tls, server_path) = (raw_server.tls.take(), Path::root().at("server"));
        let server = Server::check(&raw_server, &server_path, faults);
        let tls = tls.map(|fields| TlsConfig::check(fields, &server_path.at("tls"), source, faults));
        let spool = raw.spool.map(|raw| SpoolOptions::check(raw, folder, &Path::root().at("spool"), faults));
        let every = AppLimits::check(raw.limits.unwrap_or_default(), &Path::root().at("limits"), faults);
        every.check_burst(&Path::root().at("limits"), faults);
        let metrics = MetricsOptions::check(&raw.metrics.unwrap_or_default());
        let log = LogOptions::check(raw.log.unwrap_or_default(), &Path::root().at("log"), source, faults);
        let traces = raw.traces.map(|fields| TracesOptions::check(fields, &Path::root().at("traces"), source, faults));
        let apps = Apps::check(raw.apps.unwrap_or_default(), &every, source, faults);
        let Apps { apps, channels, webhooks, limits } = apps;
        if spool.is_none() {
            let needs_spool = "posts events, which are kept in a spool: configure [spool] path";
            webhooks.iter().for_each(|webhook| faults.add(&webhook.path, needs_spool));
        }
        let has_keys = raw.keys.as_ref().is_some_and(|keys| !keys.is_empty());
        let keys = keys::check(raw.keys.unwrap_or_default(), &apps, source, faults);
        if !has_keys && server.as_ref().is_some_and(|server| !server.listen.ip().is_loopback()) {
            faults.add(&Path::root().at("server").at("listen"), NEEDS_KEYS);
        }
        Some(Self {
            server: server?,
            tls: tls.flatten(),
            spool: spool.flatten(),
            metrics,
            log: log?,
            traces: traces.flatten(),
            apps,
            channels,
            webhooks,
            limits,
            keys,
        })
    }
}
