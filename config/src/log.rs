//! `[log]`

use model::parse::Faults;
use model::{Path, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::section;
use crate::source::Source;

/// What logs say.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// `device_key`: makes names of device tokens, at least 16 bytes long. Without it each process draws its own.
    pub device_key: Option<Secret>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    device_key: Option<Secret>,
}

/// The fewest bytes of a device key: with fewer somebody could try them all.
const MIN_KEY_BYTES: usize = 16;

// === impl LogOptions ===

impl LogOptions {
    pub(crate) fn check(fields: Map<String, Value>, path: &Path, source: &Source, faults: &mut Faults) -> Option<Self> {
        section::read(fields, path, source, faults, |raw: Raw, _, faults| {
            let is_short = raw.device_key.as_ref().is_some_and(|key| key.reveal().trim().len() < MIN_KEY_BYTES);
            if is_short {
                let detail = "must hold at least 16 bytes; openssl rand -hex 32 makes a good one";
                faults.add(&Path::root().at("device_key"), detail);
            }
            Some(Self { device_key: raw.device_key })
        })
    }
}

impl PartialEq for LogOptions {
    fn eq(&self, other: &Self) -> bool {
        let key = |options: &Self| options.device_key.as_ref().map(|key| key.reveal().to_owned());
        key(self) == key(other)
    }
}
