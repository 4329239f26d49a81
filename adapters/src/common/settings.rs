//! From a section of the configuration to the settings of a channel, for all vendors: every fault is found, or there are
//! settings.

use std::ops::RangeInclusive;

use model::parse::{Faults, shape};
use model::{Fault, Path, Section, wipe};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a section as the vendor's raw fields and has them checked. The check adds what is wrong to the faults.
pub(crate) fn read<Raw: DeserializeOwned, Settings>(
    section: &Section,
    check: impl FnOnce(Raw, &mut Faults) -> Option<Settings>,
) -> Result<Settings, Vec<Fault>> {
    let mut fields = Value::Object(section.fields.clone());
    let shaped = shape::<Raw>(&fields);
    wipe(&mut fields);
    let (raw, mut faults) = shaped?;
    match check(raw, &mut faults) {
        Some(settings) if faults.is_empty() => return Ok(settings),
        // A check that forgets to say why: a refusal without a word would help nobody.
        None if faults.is_empty() => faults.add(&Path::root(), "cannot be used together"),
        _ => {}
    }
    Err(faults.into_list())
}

/// The place of a field of the section.
pub(crate) fn at(field: &str) -> Path {
    Path::root().at(field)
}

/// A number within its bounds. Mi and Meizu.
pub(crate) fn within(number: u64, range: &RangeInclusive<u64>) -> Result<u64, String> {
    range.contains(&number).then_some(number).ok_or_else(|| format!("must be {} to {}", range.start(), range.end()))
}
