//! A channel of every vendor.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::Config;
use model::{Adapter, BoundAdapter, DeviceToken, Environment, Target};

/// A vendor and its channel.
pub(crate) struct Bound {
    pub(crate) vendor: &'static dyn Adapter,
    pub(crate) channel: Arc<dyn BoundAdapter>,
}

/// The configuration with a channel of every vendor.
pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("channels.toml")
}

/// Every vendor's channel in production.
pub(crate) fn all() -> &'static [Bound] {
    static ALL: LazyLock<Vec<Bound>> = LazyLock::new(|| {
        let config = Config::load(&file()).expect("the file is good");
        adapters::ALL.iter().map(|vendor| bind(*vendor, &config)).collect()
    });
    &ALL
}

/// 2026-11-22T18:30:00Z
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_372_200)
}

/// So many made-up targets of a vendor.
pub(crate) fn targets(vendor: &dyn Adapter, count: usize) -> Vec<Target> {
    let target = |index: u32| Target {
        index,
        vendor: vendor.vendor(),
        token: DeviceToken::parse(&format!("regid-{index}")).expect("it is a token"),
        environment: Environment::Production,
        dialect: None,
    };
    (0..).take(count).map(target).collect()
}

fn bind(vendor: &'static dyn Adapter, config: &Config) -> Bound {
    let is_its = |part: &&config::ChannelConfig| {
        part.vendor == vendor.vendor().as_str() && part.environment == Environment::Production
    };
    let part = config.channels.iter().find(is_its).expect("the file names every vendor");
    Bound { vendor, channel: vendor.settings(&part.section).expect("the settings are good") }
}
