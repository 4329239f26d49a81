//! `[limits]`, and `[apps.<app>.limits]` where an app has its own.

use std::time::Duration;

use model::parse::{self, Faults};
use model::{MAX_TARGETS, Path};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What an app may ask of the service. What is not given is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppLimits {
    /// `rate_per_minute`: pushes, whatever number of targets each has.
    pub rate_per_minute: Option<u32>,
    /// `burst`: pushes that may come at once; a tenth of the rate unless given.
    pub burst: Option<u32>,
    /// `max_targets_per_push`
    pub max_targets_per_push: Option<usize>,
    /// `max_in_flight`: targets under way at once.
    pub max_in_flight: Option<usize>,
    /// `duplicate_window_seconds`: for so long the same content is refused; zero for not at all.
    pub duplicate_window: Option<Duration>,
}

/// The fields as they stand in the file.
pub(crate) type RawLimits = Map<String, Value>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    rate_per_minute: Option<u64>,
    burst: Option<u64>,
    max_targets_per_push: Option<u64>,
    max_in_flight: Option<u64>,
    duplicate_window_seconds: Option<u64>,
}

/// The table's name, beside those of vendors.
pub(crate) const NAME: &str = "limits";

const MAX_RATE: u64 = 6_000_000;
const MAX_IN_FLIGHT: u64 = 10_000_000;
const MAX_WINDOW_SECONDS: u64 = 86_400;

// === impl AppLimits ===

impl AppLimits {
    pub(crate) fn check(fields: RawLimits, path: &Path, faults: &mut Faults) -> Self {
        let (raw, mut inner) = match parse::shape::<Raw>(&Value::Object(fields)) {
            Ok(shaped) => shaped,
            Err(found) => {
                found.into_iter().for_each(|fault| faults.add(&path.join(&fault.path), fault.detail));
                return Self::default();
            }
        };
        let mut bounded = |field: &str, value: Option<u64>, least: u64, most: u64| {
            if value.is_some_and(|value| !(least..=most).contains(&value)) {
                inner.add(&Path::root().at(field), format!("must be {least} to {most}"));
                return None;
            }
            value
        };
        let rate = bounded("rate_per_minute", raw.rate_per_minute, 1, MAX_RATE);
        let burst = bounded("burst", raw.burst, 1, MAX_RATE);
        let targets = bounded("max_targets_per_push", raw.max_targets_per_push, 1, MAX_TARGETS as u64);
        let in_flight = bounded("max_in_flight", raw.max_in_flight, 1, MAX_IN_FLIGHT);
        let window = bounded("duplicate_window_seconds", raw.duplicate_window_seconds, 0, MAX_WINDOW_SECONDS);
        inner.into_list().into_iter().for_each(|fault| faults.add(&path.join(&fault.path), fault.detail));
        let small = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
        let size = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
        Self {
            rate_per_minute: small(rate),
            burst: small(burst),
            max_targets_per_push: size(targets),
            max_in_flight: size(in_flight),
            duplicate_window: window.map(Duration::from_secs),
        }
    }

    /// These; where they say nothing, those of every app.
    pub(crate) fn or(self, every: &Self) -> Self {
        Self {
            rate_per_minute: self.rate_per_minute.or(every.rate_per_minute),
            // A burst belongs to its rate.
            burst: self.burst.or(every.burst.filter(|_| self.rate_per_minute.is_none())),
            max_targets_per_push: self.max_targets_per_push.or(every.max_targets_per_push),
            max_in_flight: self.max_in_flight.or(every.max_in_flight),
            duplicate_window: self.duplicate_window.or(every.duplicate_window),
        }
    }

    /// A burst alone says nothing.
    pub(crate) fn check_burst(&self, path: &Path, faults: &mut Faults) {
        if self.burst.is_some() && self.rate_per_minute.is_none() {
            faults.add(&path.at("burst"), "is of a rate: give rate_per_minute as well");
        }
    }

    /// Pushes that may come at once.
    pub fn brim(&self) -> Option<u32> {
        let rate = self.rate_per_minute?;
        Some(self.burst.unwrap_or(rate.div_ceil(10)))
    }
}
