//! Tells when a channel stops taking durable pushes, why, and when it goes on.

use std::sync::Arc;
use std::time::SystemTime;

use channel::{Cause, GateState};
use model::VendorCode;
use spool::Spool;

use super::round::Surroundings;
use crate::events::{ChannelChange, ChannelState};

/// Remembers what was told last.
#[derive(Debug)]
pub(super) struct Herald {
    told: ChannelState,
}

// === impl Herald ===

impl Herald {
    /// Looks at the channel, and tells what changed. A channel that was taken out of the configuration needs nobody's care
    /// unless it `keeps` something.
    pub(super) fn look(&mut self, about: &Surroundings, spool: &Arc<dyn Spool>, keeps: bool, now: SystemTime) {
        if about.configured.is_none() && !keeps {
            return;
        }
        let (state, cause) = state(about, now);
        if state == self.told {
            return;
        }
        self.told = state;
        let (reason, code) =
            (cause.as_ref().map(|cause| cause.outcome), cause.as_ref().and_then(|cause| cause.code.as_ref()));
        let detail = cause.as_ref().and_then(|cause| cause.detail.as_deref());
        let vendor_code = code.map(VendorCode::as_str);
        match state {
            ChannelState::Open => tracing::info!(channel = %about.id, "The channel takes pushes again"),
            ChannelState::Shut => tracing::warn!(channel = %about.id, outcome = reason, vendor.code = vendor_code,
                "The channel takes no pushes for a while; they are kept"),
            ChannelState::Parked => tracing::error!(channel = %about.id, outcome = reason, vendor.code = vendor_code,
                "The channel takes no pushes until somebody acts; they are kept"),
        }
        let (app, vendor, environment) = (&about.id.app, about.id.vendor, about.id.environment);
        let event = ChannelChange { app, vendor, environment, state, reason, code, detail }.event();
        let (spool, id) = (spool.clone(), about.id.clone());
        tokio::spawn(async move {
            if let Err(fault) = spool.log(now.into(), vec![event]).await {
                tracing::warn!(channel = %id, %fault, "The state of a channel could not be logged as an event");
            }
        });
    }
}

impl Default for Herald {
    fn default() -> Self {
        Self { told: ChannelState::Open }
    }
}

/// How the channel stands, and what brought it there.
fn state(about: &Surroundings, now: SystemTime) -> (ChannelState, Option<Cause>) {
    let channel = match about.channel(now) {
        Ok(channel) => channel,
        Err(verdict) => return (ChannelState::Parked, Some(Cause::of(&verdict, true))),
    };
    match channel.gate().state() {
        GateState::Open => (ChannelState::Open, None),
        GateState::Shut { cause, .. } | GateState::Probation { cause } if cause.needs_mending => {
            (ChannelState::Parked, Some(cause))
        }
        GateState::Shut { cause, .. } | GateState::Probation { cause } => (ChannelState::Shut, Some(cause)),
    }
}
