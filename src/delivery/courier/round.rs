//! One part of a push while its courier is at work on it.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use channel::{Batch, Channel, ChannelId, Reply, Targets};
use model::{Adjustment, Composed, Composition, Options, Outcome, Priority, Target, Verdict};
use spool::{ChannelName, Moment, Settlement, TargetResult, Then};
use tokio::time::Instant;
use tracing::Span;

use super::holds::Holds;
use super::tally::Tally;
use crate::backoff;
use crate::channels::{ConfiguredChannel, not_configured};
use crate::delivery::decide::{Attempt, Decision, decide};
use crate::delivery::told::Told;
use crate::delivery::work::Work;
use crate::device_log::DeviceLog;
use crate::service::report::Report;
use crate::service::route::check_dialect;
use crate::traces::{self, SPAN_TARGET};

/// What every round of a courier needs to know.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) id: ChannelId,
    pub(super) name: ChannelName,
    /// The channel as it is configured now, if it is.
    pub(super) configured: Option<Arc<ConfiguredChannel>>,
    /// Whether outcomes are told as events.
    pub(super) tells_outcomes: bool,
    /// Where every outcome is logged.
    pub(super) devices: DeviceLog,
    /// Makes devices of device tokens.
    pub(super) hasher: RandomState,
}

/// A part in memory.
pub(super) struct Round {
    work: Work,
    /// From being taken up until what came of it is written down.
    span: Span,
    /// One payload for each dialect.
    composed: Vec<Arc<Composed>>,
    /// Targets that wait for an earlier push to the same device.
    blocked: Vec<Blocked>,
    /// Calls that wait for their turn or for the vendor.
    calls: usize,
    /// Targets that are tried again, and after how long: the longest of their waits, so that none is too short.
    again: Vec<Target>,
    wait: Duration,
    /// What is not written down yet.
    results: Vec<TargetResult>,
    told: Told,
    outcomes: Tally,
    /// Their devices, in the same order.
    finished: Vec<u64>,
    /// Since when something waits to be written down.
    unsaved_since: Option<Instant>,
    is_cancelled: bool,
}

/// Some targets that may go in one call.
#[derive(Debug)]
pub(super) struct CallSpec {
    pub(super) seq: u64,
    /// Since when it waits, if it is a first attempt.
    since: Option<Moment>,
    composed: Arc<Composed>,
    pub(super) targets: Targets,
}

struct Blocked {
    device: u64,
    composed: usize,
    target: Target,
}

/// What a settlement leaves to be done when it is durable.
#[derive(Debug)]
pub(super) struct Aftermath {
    pub(super) seq: u64,
    pub(super) priority: Priority,
    /// Devices whose targets have their final outcome.
    pub(super) finished: Vec<u64>,
    /// Devices that stay held for the next try.
    pub(super) kept: Vec<u64>,
    /// What callers are told.
    pub(super) outcomes: Tally,
    /// Targets that are tried again.
    pub(super) retried: usize,
    pub(super) end: End,
}

/// Whether a round goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// More of it is under way.
    GoesOn,
    /// It left memory, and is due again.
    Retry(Moment),
    /// Nothing is left to do.
    Done,
}

/// So many results go into one settlement, with their events: what one call of the spool can take many times over, however long
/// device tokens and details are.
const MOST_AT_ONCE: usize = 1000;
/// So many results of a round that goes on are worth writing down ..
const WORTH_SAVING: usize = 256;
/// .. and fewer after so long: they would be sent again after a crash.
const SAVED_AFTER: Duration = Duration::from_millis(50);

// === impl Round ===

impl Round {
    /// Takes a part up: what can never be sent has its result now, the rest is parted into calls, but for what waits for
    /// earlier pushes.
    pub(super) fn begin(work: Work, about: &Surroundings, holds: &mut Holds, now: SystemTime) -> (Self, Vec<CallSpec>) {
        let mut round = Self::of(work, about);
        round.span = attempt(&round.work, &about.id);
        let targets = round.work.targets(&about.id);
        if round.is_over(now.into()) {
            round.finish_all(&targets, &expired(), about);
            return (round, Vec::new());
        }
        let mut ready: Vec<(usize, Vec<Target>)> = Vec::new();
        for (dialect, targets) in by_dialect(targets) {
            if let Err(verdict) = check_dialect(&targets[0]) {
                round.finish_all(&targets, &verdict, about);
                continue;
            }
            match round.compose(dialect.as_deref(), about, now) {
                Ok((channel, composed)) => {
                    let at = round.composed.len();
                    round.composed.push(Arc::new(composed));
                    let mut free = Vec::with_capacity(targets.len());
                    for target in targets {
                        if let Err(verdict) = channel.adapter().check_target(&target) {
                            round.finish(&target, verdict, 0, [].into(), about);
                            continue;
                        }
                        let device = about.device(&target);
                        match holds.claim(device, round.work.seq) {
                            true => free.push(target),
                            false => round.blocked.push(Blocked { device, composed: at, target }),
                        }
                    }
                    ready.push((at, free));
                }
                Err(verdict) => {
                    for target in &targets {
                        // Claimed, since what the channel is closed for may be tried again.
                        holds.claim(about.device(target), round.work.seq);
                    }
                    round.judge(&targets, std::iter::repeat_n(verdict, targets.len()), 0, &[].into(), about, now);
                }
            }
        }
        let calls = ready.into_iter().flat_map(|(at, targets)| round.calls(at, targets, about)).collect();
        (round, calls)
    }

    /// A part that is taken back before anything of it was taken up.
    pub(super) fn cancelled(work: Work, about: &Surroundings) -> Self {
        let mut round = Self::of(work, about);
        let targets = round.work.targets(&about.id);
        round.finish_all(&targets, &cancelled(), about);
        round
    }

    fn of(work: Work, about: &Surroundings) -> Self {
        Self {
            span: Span::none(),
            told: Told::new(&work.push, &about.devices),
            work,
            composed: Vec::new(),
            blocked: Vec::new(),
            calls: 0,
            again: Vec::new(),
            wait: Duration::ZERO,
            results: Vec::new(),
            outcomes: Tally::default(),
            finished: Vec::new(),
            unsaved_since: None,
            is_cancelled: false,
        }
    }

    /// Its priority.
    pub(super) fn priority(&self) -> Priority {
        self.work.push.options.priority
    }

    /// This attempt, for what is done in it.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Targets that wait for earlier pushes.
    pub(super) fn blocked(&self) -> usize {
        self.blocked.len()
    }

    /// These devices are its own now: what waited for them may go, as many in a call as fit.
    pub(super) fn unblock(&mut self, devices: &HashSet<u64>, about: &Surroundings, holds: &mut Holds) -> Vec<CallSpec> {
        let mut free: Vec<Vec<Target>> = vec![Vec::new(); self.composed.len()];
        for blocked in std::mem::take(&mut self.blocked) {
            match devices.contains(&blocked.device) && holds.claim(blocked.device, self.work.seq) {
                true => free[blocked.composed].push(blocked.target),
                false => self.blocked.push(blocked),
            }
        }
        free.into_iter().enumerate().flat_map(|(composed, targets)| self.calls(composed, targets, about)).collect()
    }

    /// The channel is another one: what is not sent yet is composed for it. `calls` are those that were not made; gives those
    /// that are to be made instead.
    pub(super) fn compose_anew(&mut self, calls: &[CallSpec], about: &Surroundings, now: SystemTime) -> Vec<CallSpec> {
        self.calls -= calls.len();
        let mut anew = Vec::new();
        for at in 0..self.composed.len() {
            let is_of = |call: &&CallSpec| Arc::ptr_eq(&call.composed, &self.composed[at]);
            let mut targets: Vec<Target> =
                calls.iter().filter(is_of).flat_map(|call| call.targets.iter().cloned()).collect();
            let blocked = self.blocked.iter().find(|blocked| blocked.composed == at).map(|blocked| &blocked.target);
            let Some(first) = targets.first().or(blocked) else { continue };
            match self.compose(first.dialect.as_deref(), about, now) {
                Ok((_, composed)) => {
                    self.composed[at] = Arc::new(composed);
                    anew.extend(self.calls(at, targets, about));
                }
                Err(verdict) => {
                    let blocked = self.blocked.extract_if(.., |blocked| blocked.composed == at);
                    targets.extend(blocked.map(|blocked| blocked.target));
                    let verdicts = std::iter::repeat_n(verdict, targets.len());
                    self.judge(&targets, verdicts, 0, &[].into(), about, now);
                }
            }
        }
        anew
    }

    /// It was taken back: nothing of it is tried again.
    pub(super) fn cancel(&mut self) {
        self.is_cancelled = true;
    }

    /// Ends what is not sent yet, but for what is under way. `calls` are those that were not made.
    pub(super) fn give_up(&mut self, calls: &[CallSpec], verdict: &Verdict, about: &Surroundings) {
        self.calls -= calls.len();
        let blocked = std::mem::take(&mut self.blocked).into_iter().map(|blocked| blocked.target);
        let again = std::mem::take(&mut self.again).into_iter();
        let called_off = calls.iter().flat_map(|call| call.targets.iter().cloned());
        let targets: Vec<Target> = blocked.chain(again).chain(called_off).collect();
        self.finish_all(&targets, verdict, about);
    }

    /// Whether it is not worth sending any more.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        now >= self.work.expires_at
    }

    /// A call came back.
    pub(super) fn land(&mut self, call: &CallSpec, reply: Reply, about: &Surroundings, now: SystemTime) {
        self.calls -= 1;
        let verdicts = reply.verdicts.into_each(call.targets.len());
        self.judge(&call.targets, verdicts.into_iter(), reply.attempts, &call.composed.adjustments, about, now);
    }

    /// What is to be written down now, if anything is.
    pub(super) fn settlement(&mut self, about: &Surroundings, now: SystemTime) -> Option<(Settlement, Aftermath)> {
        let count = self.results.len().min(MOST_AT_ONCE);
        let is_all = count == self.results.len();
        let is_idle = self.calls == 0 && (self.blocked.is_empty() || !self.again.is_empty());
        let end = match is_idle && is_all {
            true if self.again.is_empty() => End::Done,
            true => End::Retry(Moment::from(now + self.wait)),
            false if !self.is_worth_saving() => return None,
            false => End::GoesOn,
        };
        if is_all {
            self.unsaved_since = None;
        }
        let then = match end {
            End::GoesOn => Then::Progress,
            End::Retry(due) => Then::RetryAt { due, attempts: self.work.attempts.saturating_add(1) },
            End::Done => Then::Done,
        };
        let settlement = Settlement {
            seq: self.work.seq,
            channel: about.name.clone(),
            results: self.results.drain(..count).collect(),
            then,
            events: self.told.take(count, &about.id, about.tells_outcomes),
        };
        let mut finished: Vec<u64> = self.finished.drain(..count).collect();
        let mut kept: Vec<u64> = Vec::new();
        if let End::Retry(_) = end {
            kept.extend(self.again.iter().map(|target| about.device(target)));
            // A device that stands twice in the push is not free while one of its targets is tried again.
            let again: HashSet<u64> = kept.iter().copied().collect();
            kept.extend(finished.extract_if(.., |device| again.contains(device)));
        }
        let outcomes = std::mem::take(&mut self.outcomes);
        let retried = if let End::Retry(_) = end { self.again.len() } else { 0 };
        let (seq, priority) = (self.work.seq, self.priority());
        Some((settlement, Aftermath { seq, priority, finished, kept, outcomes, retried, end }))
    }

    /// What is to be written down when the service stops: the part stays where it stood, but for what has its result.
    pub(super) fn last_words(&mut self, about: &Surroundings, now: SystemTime) -> Option<(Settlement, Aftermath)> {
        if self.unsaved_since.is_some() {
            self.unsaved_since = Instant::now().checked_sub(SAVED_AFTER);
        }
        self.settlement(about, now)
    }

    /// Whether something waits to be written down.
    pub(super) fn has_unsaved(&self) -> bool {
        self.unsaved_since.is_some()
    }

    fn is_worth_saving(&self) -> bool {
        self.results.len() >= WORTH_SAVING || self.unsaved_since.is_some_and(|since| since.elapsed() >= SAVED_AFTER)
    }

    /// The channel if it can be used, and the payload for it; else what becomes of the targets.
    fn compose<'a>(
        &self,
        dialect: Option<&str>,
        about: &'a Surroundings,
        now: SystemTime,
    ) -> Result<(&'a Channel, Composed), Verdict> {
        let channel = about.channel(now)?;
        let options = self.options(now);
        let composition = Composition {
            message: &self.work.push.message,
            options: &options,
            dialect,
            notify_id: self.work.notify_id,
            nonce: self.work.nonce,
            now,
        };
        Ok((channel, channel.adapter().compose(&composition).map_err(|refusal| refusal.verdict)?))
    }

    fn calls(&mut self, composed: usize, targets: Vec<Target>, about: &Surroundings) -> Vec<CallSpec> {
        if targets.is_empty() {
            return Vec::new();
        }
        let (seq, composed) = (self.work.seq, &self.composed[composed]);
        let since = (self.work.attempts == 0).then_some(self.work.since);
        let per_call = about.targets_per_call();
        let batches = Targets::new(targets.into()).chunks(per_call);
        let calls: Vec<CallSpec> =
            batches.map(|targets| CallSpec { seq, since, composed: composed.clone(), targets }).collect();
        self.calls += calls.len();
        calls
    }

    /// The delivery options of this attempt: what was to be sent later is sent now, and lives as long as is left.
    fn options(&self, now: SystemTime) -> Options {
        let options = &self.work.push.options;
        let left = self.work.left(now.into()).map(|left| Duration::from_secs(left.as_millis().div_ceil(1000) as u64));
        let ttl = options.ttl.map(|ttl| left.map_or(ttl, |left| left.min(ttl)));
        Options { ttl, send_at: None, ..options.clone() }
    }

    fn judge(
        &mut self,
        targets: &[Target],
        verdicts: impl Iterator<Item = Verdict>,
        attempts: u32,
        adjustments: &Arc<[Adjustment]>,
        about: &Surroundings,
        now: SystemTime,
    ) {
        let before = self.work.attempts;
        let attempt = Attempt { before, left: self.work.left(now.into()) };
        // The same for all of them, since they are tried again together.
        let chance = LazyCell::new(backoff::chance);
        for (target, verdict) in targets.iter().zip(verdicts) {
            let tries = before + attempts;
            match decide(&verdict, verdict.outcome.retry_after(now), attempt, || *chance) {
                Decision::Final => self.finish(target, verdict, tries, adjustments.clone(), about),
                _ if self.is_cancelled => self.finish(target, cancelled(), tries, adjustments.clone(), about),
                Decision::TooLate => self.finish(target, too_late(&verdict), tries, adjustments.clone(), about),
                Decision::Again(wait) => {
                    self.wait = self.wait.max(wait);
                    self.again.push(target.clone());
                }
            }
        }
    }

    fn finish_all(&mut self, targets: &[Target], verdict: &Verdict, about: &Surroundings) {
        for target in targets {
            self.finish(target, verdict.clone(), self.work.attempts, [].into(), about);
        }
    }

    fn finish(
        &mut self,
        target: &Target,
        verdict: Verdict,
        attempts: u32,
        adjustments: Arc<[Adjustment]>,
        about: &Surroundings,
    ) {
        self.outcomes.add(&verdict.outcome);
        let report = Report::settled(target, verdict, attempts, adjustments);
        self.results.push(self.told.tell(&report));
        self.finished.push(about.device(target));
        self.unsaved_since.get_or_insert_with(Instant::now);
    }
}

/// An attempt, in the trace of its push.
fn attempt(work: &Work, id: &ChannelId) -> Span {
    let (push, attempt) = (&work.push, i64::from(work.attempts) + 1);
    let span = tracing::debug_span!(
        target: SPAN_TARGET,
        parent: None,
        "attempt",
        push.id = %push.id,
        channel = %id,
        attempt,
    );
    traces::follow(&span, work.trace);
    span
}

// === impl CallSpec ===

impl CallSpec {
    pub(super) fn batch(&self, now: Moment) -> Batch {
        let waited = self.since.map(|since| now.as_millis().saturating_sub(since.as_millis()));
        Batch::new(self.composed.clone(), self.targets.clone()).after(waited.map(Duration::from_millis))
    }
}

// === impl Surroundings ===

impl Surroundings {
    /// The device of a target of this channel.
    pub(super) fn device(&self, target: &Target) -> u64 {
        self.hasher.hash_one(target.token.as_str())
    }

    /// The channel if pushes can go through it now; else what becomes of them.
    pub(super) fn channel(&self, now: SystemTime) -> Result<&Channel, Verdict> {
        self.configured.as_ref().ok_or_else(|| not_configured(&self.id))?.usable(now)
    }

    fn targets_per_call(&self) -> usize {
        self.configured.as_ref().map_or(1, |configured| configured.limits().targets_per_call)
    }
}

/// Targets by their dialect, in the caller's order.
fn by_dialect(targets: Vec<Target>) -> Vec<(Option<Box<str>>, Vec<Target>)> {
    let mut groups: Vec<(Option<Box<str>>, Vec<Target>)> = Vec::new();
    for target in targets {
        match groups.iter_mut().find(|(dialect, _)| *dialect == target.dialect) {
            Some((_, group)) => group.push(target),
            None => groups.push((target.dialect.clone(), vec![target])),
        }
    }
    groups
}

/// What becomes of a target whose time was over.
pub(super) fn expired() -> Verdict {
    Verdict::new(Outcome::Expired).detail("its time was over before it could be sent")
}

/// What becomes of a target that was taken back.
pub(super) fn cancelled() -> Verdict {
    Verdict::new(Outcome::Cancelled).detail("it was taken back before the vendor had taken it")
}

/// Its time runs out before it may be tried again.
fn too_late(last: &Verdict) -> Verdict {
    let code = last.code.as_ref().map(|code| format!(" ({})", code.as_str())).unwrap_or_default();
    let detail =
        format!("its time is over before it may be tried again; the last answer was {}{code}", last.outcome.as_str());
    let verdict = Verdict::new(Outcome::Expired).detail(detail);
    Verdict { code: last.code.clone(), ..verdict }
}
