//! What the spool takes at most, the same for every kind of it.

use std::collections::HashSet;

use crate::{NewEvent, NewPush, Settlement, SpoolFault};

/// A push's body, in bytes.
pub const MAX_BODY_BYTES: usize = 32 << 20;
/// Channels of one push.
pub const MAX_CHANNELS: usize = 64;
/// What became of one target, in bytes.
pub const MAX_OUTCOME_BYTES: usize = 64 << 10;
/// An event's body, in bytes.
pub const MAX_EVENT_BYTES: usize = 1 << 20;
/// Results and events of one call, in bytes.
pub const MAX_CALL_BYTES: usize = 64 << 20;
/// Settlements with results of one push, without the one that ends it.
pub const MAX_CHUNKS: u64 = (1 << 20) - 1;
/// Parts of one page.
pub const MAX_PAGE_ROWS: usize = 4096;
/// Events of one page.
pub const MAX_EVENT_ROWS: usize = 4096;
/// Events looked at for one page.
pub const MAX_EVENTS_SEEN: usize = 16_384;
/// Bytes of bodies in one page of events; yet one event always fits.
pub const MAX_EVENT_PAGE_BYTES: usize = 4 << 20;
/// Pushes removed by one purge.
pub const MAX_PURGED_PUSHES: usize = 1000;
/// Events removed by one purge.
pub const MAX_PURGED_EVENTS: usize = 10_000;
/// The name of a reader of events, in bytes.
pub const MAX_READER_BYTES: usize = 128;
/// The greatest notify id that can be leased.
pub const MAX_NOTIFY_ID: u64 = i64::MAX as u64;

pub(crate) fn check_push(push: &NewPush) -> Result<(), SpoolFault> {
    at_most("body", MAX_BODY_BYTES, push.body.len())?;
    at_most("channels", MAX_CHANNELS, push.channels.len())?;
    if push.channels.is_empty() {
        return Err(SpoolFault::Malformed { detail: "a push without channels" });
    }
    let mut seen = HashSet::new();
    if push.channels.len() > 1 && !push.channels.iter().all(|channel| seen.insert(channel)) {
        return Err(SpoolFault::Malformed { detail: "a channel named twice" });
    }
    Ok(())
}

/// Checks settlements and gives their size in bytes.
pub(crate) fn check_settlements(settlements: &[Settlement]) -> Result<usize, SpoolFault> {
    let mut bytes = 0;
    for settlement in settlements {
        for result in &settlement.results {
            at_most("outcome", MAX_OUTCOME_BYTES, result.outcome.len())?;
            bytes += result.outcome.len() + 16;
        }
        bytes += check_events(&settlement.events)? + 64;
    }
    at_most("settlements", MAX_CALL_BYTES, bytes)?;
    Ok(bytes)
}

/// Checks events and gives their size in bytes.
pub(crate) fn check_events(events: &[NewEvent]) -> Result<usize, SpoolFault> {
    let mut bytes = 0;
    for event in events {
        at_most("event", MAX_EVENT_BYTES, event.body.len())?;
        bytes += event.body.len() + 64;
    }
    at_most("events", MAX_CALL_BYTES, bytes)?;
    Ok(bytes)
}

pub(crate) fn check_mark(reader: &str, event: u64) -> Result<(), SpoolFault> {
    at_most("reader", MAX_READER_BYTES, reader.len())?;
    if reader.is_empty() {
        return Err(SpoolFault::Malformed { detail: "a reader without a name" });
    }
    if i64::try_from(event).is_err() {
        return Err(SpoolFault::Malformed { detail: "a mark at what cannot be an event's id" });
    }
    Ok(())
}

pub(crate) fn check_lease(start: u64, count: u64) -> Result<u64, SpoolFault> {
    let end = start.saturating_add(count);
    if end > MAX_NOTIFY_ID {
        return Err(SpoolFault::Malformed { detail: "the app's notify ids are used up" });
    }
    Ok(end)
}

fn at_most(what: &'static str, limit: usize, actual: usize) -> Result<(), SpoolFault> {
    if actual > limit { Err(SpoolFault::TooLarge { what, limit, actual }) } else { Ok(()) }
}
