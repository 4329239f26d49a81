//! Watching the credentials of configured channels.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::channels::Channels;
use crate::service::Service;

/// How often they are looked at.
const PERIOD: Duration = Duration::from_hours(24);

/// Says at once, whenever the configuration changes, and daily, which credentials have ended, do not fit, or end soon. That a channel closes when its
/// certificate ends does not wait for this: every push looks at the clock.
pub(crate) async fn watch(service: Service) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut changes = service.current().follow();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Ok(()) = changes.changed() => {}
        }
        report(&service.channels(), service.now());
    }
}

fn report(channels: &Channels, now: std::time::SystemTime) {
    for channel in channels.iter() {
        let credentials = channel.credentials();
        if let Some(closed) = credentials.closed(now) {
            let (code, detail) = (closed.code, &closed.detail);
            tracing::error!(channel = %channel.id(), code, %detail, "The channel is closed: its credential cannot be used");
            continue;
        }
        for warning in credentials.warnings(now) {
            let (code, detail) = (warning.code, &warning.detail);
            let days_left = credentials.days_left(now);
            tracing::warn!(channel = %channel.id(), code, days_left, %detail, "A credential needs attention");
        }
    }
}
