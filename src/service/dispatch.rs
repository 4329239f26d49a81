//! One push over all its channels at once.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use channel::{Batch, Channel, ChannelId, Targets};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use model::{Composed, Composition, Resend, Sent, Target, Verdict};

use super::admission::{Admitted, Patience};
use super::report::Report;
use super::route::{Group, route};
use crate::channels::Channels;
use crate::device_log::DeviceLog;

/// What is the same for every channel of a push.
struct Sending<'a> {
    composition: Composition<'a>,
    channels: &'a Channels,
    patience: Patience,
}

/// Sends to every target; the reports stand in the order of the targets.
pub(super) async fn dispatch(mut admitted: Admitted, devices: &DeviceLog, now: SystemTime) -> Vec<Report> {
    let targets = std::mem::take(&mut admitted.push.targets);
    let (groups, refused) = route(&admitted.push.app, targets);
    let composition = Composition {
        message: &admitted.push.message,
        options: &admitted.push.options,
        dialect: None,
        notify_id: admitted.notify_id,
        nonce: admitted.nonce,
        now,
    };
    let sending = Sending { composition, channels: &admitted.channels, patience: admitted.patience };
    for report in &refused {
        let Report { vendor, environment, .. } = *report;
        let id = ChannelId { app: admitted.push.app.clone(), vendor, environment };
        admitted.channels.told(&id, |told| told.add(&report.verdict.outcome, 1));
    }
    let mut reports = sending.groups(groups).await;
    reports.extend(refused);
    if !reports.is_sorted_by_key(|report| report.index) {
        reports.sort_unstable_by_key(|report| report.index);
    }
    reports.iter().for_each(|report| devices.tell(&admitted.push.app, &admitted.push.id, report));
    reports
}

// === impl Sending ===

impl Sending<'_> {
    /// All channels at once. Most pushes go through one, which is driven without anything between.
    async fn groups(&self, mut groups: Vec<Group>) -> Vec<Report> {
        match (groups.pop(), groups.is_empty()) {
            (Some(only), true) => self.group(only).await,
            (last, _) => {
                let sent = join_all(groups.into_iter().chain(last).map(|group| self.group(group))).await;
                sent.into_iter().flatten().collect()
            }
        }
    }

    async fn group(&self, group: Group) -> Vec<Report> {
        let composition = Composition { dialect: group.dialect(), ..self.composition };
        let (channel, composed) = match prepared(self.channels, &group.channel, &composition) {
            Ok((channel, composed)) => (channel, Arc::new(composed)),
            Err(verdict) => {
                let targets = group.targets.len() as u64;
                self.channels.told(&group.channel, |told| told.add(&verdict.outcome, targets));
                return refused(&group.targets, &verdict);
            }
        };
        let (good, mut reports) = checked(channel, group.targets);
        // What waits for a hanging vendor must not take the room of all others.
        let share = match self.patience {
            Patience::Sheds => self.channels.share(&group.channel, good.len()),
            Patience::Waits => self.channels.share_when_free(&group.channel, good.len()).await,
        };
        let Some(_share) = share else {
            reports.extend(good.iter().map(|target| Report::unsent(target, channel_busy())));
            count(channel, &reports);
            return reports;
        };
        reports.extend(send(channel, &composed, good).await);
        count(channel, &reports);
        reports
    }
}

/// Counts what callers are told.
fn count(channel: &Channel, reports: &[Report]) {
    let told = channel.stats().told();
    reports.iter().for_each(|report| told.add(&report.verdict.outcome, 1));
}

/// A channel that can be used, and the payload for it; else what becomes of every target.
pub(super) fn prepared<'a>(
    channels: &'a Channels,
    id: &ChannelId,
    composition: &Composition<'_>,
) -> Result<(&'a Channel, Composed), Verdict> {
    let channel = channels.find(id, composition.now)?;
    Ok((channel, channel.adapter().compose(composition).map_err(|refusal| refusal.verdict)?))
}

/// Parts targets that the vendor could never take, with their reports, from the others.
pub(super) fn checked(channel: &Channel, targets: Vec<Target>) -> (Vec<Target>, Vec<Report>) {
    let (mut good, mut reports) = (Vec::with_capacity(targets.len()), Vec::new());
    for target in targets {
        match channel.adapter().check_target(&target) {
            Ok(()) => good.push(target),
            Err(verdict) => reports.push(Report::unsent(&target, verdict)),
        }
    }
    (good, reports)
}

/// Calls the vendor for all targets, as many calls at once as the channel bears. No task of their own: the calls of a push
/// are driven by the push. The reports come as the calls end, so that a slow one holds up nothing.
async fn send(channel: &Channel, composed: &Arc<Composed>, targets: Vec<Target>) -> Vec<Report> {
    let total = targets.len();
    let limits = channel.limits();
    let targets = Targets::new(targets.into());
    if total <= limits.targets_per_call {
        // Most pushes take one call, which is driven without anything between.
        return call(channel, composed, targets).await;
    }
    let calls = targets.chunks(limits.targets_per_call).map(|targets| call(channel, composed, targets));
    let mut calls = stream::iter(calls).buffer_unordered(limits.max_in_flight);
    let mut reports = Vec::with_capacity(total);
    while let Some(more) = calls.next().await {
        reports.extend(more);
    }
    reports
}

/// Calls the vendor once.
async fn call(channel: &Channel, composed: &Arc<Composed>, targets: Targets) -> Vec<Report> {
    let reply = channel.send(Batch::new(composed.clone(), targets.clone())).await;
    let verdicts = reply.verdicts.into_each(targets.len());
    let report = |(target, verdict)| Report::settled(target, verdict, reply.attempts, composed.adjustments.clone());
    targets.iter().zip(verdicts).map(report).collect()
}

pub(super) fn refused(targets: &[Target], verdict: &Verdict) -> Vec<Report> {
    targets.iter().map(|target| Report::unsent(target, verdict.clone())).collect()
}

fn channel_busy() -> Verdict {
    Verdict::unavailable(Sent::No, Some(Duration::from_secs(1)))
        .resend(Resend::Never)
        .code("channel_busy")
        .detail("as many targets wait for this vendor as may; not sent")
}
