//! Examples, as they were sent to a service beside the emulators, and answered by it. They lie in files, one for each body;
//! tests hold them to their schemas.

use serde_json::Value;

pub(super) const LINES: &str = include_str!("examples/lines.ndjson");
pub(super) const EVENTS: &str = include_str!("examples/events.txt");
pub(super) const METRICS: &str = include_str!("examples/metrics.txt");

pub(super) fn push() -> Value {
    json(include_str!("examples/push.json"))
}

pub(super) fn results() -> Value {
    json(include_str!("examples/results.json"))
}

pub(super) fn receipt() -> Value {
    json(include_str!("examples/receipt.json"))
}

pub(super) fn state() -> Value {
    json(include_str!("examples/state.json"))
}

pub(super) fn preview() -> Value {
    json(include_str!("examples/preview.json"))
}

pub(super) fn check() -> Value {
    json(include_str!("examples/check.json"))
}

pub(super) fn channels() -> Value {
    json(include_str!("examples/channels.json"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("every example is JSON")
}
