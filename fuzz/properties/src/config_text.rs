//! The text of a configuration.

use std::path::Path;

use config::{Config, ConfigFault, Source};
use model::{Environment, Section};

/// A configuration is read or refused with faults that name their place; sections are read by their vendors likewise.
pub fn config_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // What is referred to is there, and is no key.
    let source = Source::new(|_| Ok(b"-----BEGIN PRIVATE KEY-----\n".to_vec()), |name| Some(name.to_owned()));
    match Config::parse(text, Path::new("pushmux.toml"), &source) {
        Ok(config) => {
            let _ = format!("{config:?}");
            for channel in &config.channels {
                bind(&channel.vendor, &channel.section);
            }
        }
        Err(ConfigFault::Invalid { faults, .. }) => assert!(!faults.is_empty(), "a refusal without a reason"),
        Err(ConfigFault::Syntax { detail, .. }) => assert!(!detail.is_empty()),
        Err(ConfigFault::Unreadable { .. }) => unreachable!("no file is read"),
    }
}

fn bind(vendor: &str, section: &Section) {
    let Some(adapter) = adapters::ALL.iter().find(|adapter| adapter.vendor().as_str() == vendor) else { return };
    assert!(matches!(section.environment, Environment::Production | Environment::Sandbox));
    match adapter.settings(section) {
        Ok(channel) => {
            assert!(channel.limits().targets_per_call > 0);
            assert!(!channel.credentials().is_empty());
            let _ = format!("{channel:?}");
        }
        Err(faults) => assert!(!faults.is_empty(), "a refusal without a reason"),
    }
}
