//! One task for each channel: takes parts up as the channel can bear them, and writes down what became of them.
//!
//! The channel's readiness is awaited before anything is taken up, so that what waits stays in the spool, where it can be
//! overtaken by something more urgent and costs no memory. Everything that came back while one settlement was being made
//! durable is settled together by the next.

mod awaited;
mod change;
mod ending;
mod herald;
mod holds;
mod lanes;
mod pages;
mod reserve;
mod round;
mod settling;
mod sweep;
mod tally;
mod turns;

use std::collections::VecDeque;
use std::collections::hash_map::{HashMap, RandomState};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use channel::{ChannelId, Clock, Pass, Ready, Reply};
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use spool::{ChannelName, Moment, Page, Part, Spool};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span};

use super::name::name_of;
use super::post::{Post, place};
use super::waiters::Waiters;
use super::work::Work;
use crate::channels::{Channels, Fingerprint};
use crate::device_log::DeviceLog;
use awaited::Awaited;
use herald::Herald;
use holds::Holds;
pub(super) use lanes::AT_ONCE;
use lanes::{Admits, Lanes, PageRequest, Queued};
use round::{CallSpec, Round, Surroundings};
use settling::Settling;
use sweep::Sweep;
use turns::is_ordinary_turn;

/// What a courier is given.
#[derive(Clone)]
pub(super) struct Errand {
    pub(super) id: ChannelId,
    /// The channels in force, whenever they change.
    pub(super) channels: watch::Receiver<Arc<Channels>>,
    pub(super) spool: Arc<dyn Spool>,
    pub(super) post: Arc<Post>,
    pub(super) waiters: Arc<Waiters>,
    pub(super) clock: Clock,
    /// Whether outcomes are told as events.
    pub(super) tells_outcomes: bool,
    /// Where every outcome is logged.
    pub(super) devices: DeviceLog,
    /// Set when nothing more is to be taken up.
    pub(super) stopping: watch::Receiver<bool>,
}

/// The courier of one channel.
struct Courier {
    about: Arc<Surroundings>,
    channels: watch::Receiver<Arc<Channels>>,
    /// What the calls that wait are composed for.
    composed_for: Option<Fingerprint>,
    spool: Arc<dyn Spool>,
    post: Arc<Post>,
    waiters: Arc<Waiters>,
    clock: Clock,
    lanes: Lanes,
    herald: Herald,
    rounds: HashMap<u64, Round>,
    /// By priority's place.
    holds: [Holds; 2],
    /// Calls that may be made, by priority's place.
    calls: [VecDeque<CallSpec>; 2],
    /// How many were made.
    launched: u32,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Landed> + Send>>>,
    /// Rounds that have something to write down.
    touched: Vec<u64>,
    sweep: Sweep,
    /// When what is in memory was last looked through for what is over.
    looked_over: Instant,
    /// Targets in memory that wait for earlier pushes, by priority's place.
    blocked: [usize; 2],
    is_stopping: bool,
}

/// A call that came back.
struct Landed {
    call: CallSpec,
    reply: Reply,
}

/// Leave to make a call, and room for it.
type Leave = (Pass, Ready);

/// Calls of each priority that wait for the channel, beyond those under way: enough that it is never idle, few enough that
/// something urgent does not wait long.
const CALLS_AHEAD: usize = 64;
/// Targets that wait for earlier pushes to the same device, of each priority; beyond it only retries are taken up until some of
/// them are gone, since it is retries that they may wait for.
const MAX_BLOCKED: usize = 20_000;
/// Devices that are held, of each priority; beyond it only retries are taken up until some of them are free.
const MAX_HELD: usize = 1_000_000;
/// Calls whose results wait to be written down; beyond it nothing is taken up, so that a spool that cannot be written to, which
/// would have all of them sent again after a crash, does not fill the memory.
const MAX_UNSAVED: usize = 16_384;
/// How long to wait before the spool is asked again for what it would not do.
const SPOOL_PATIENCE: Duration = Duration::from_secs(1);
/// A channel that is closed by its own configuration, or missing, is looked at again after so long.
const CLOSED_PATIENCE: Duration = Duration::from_secs(5);
/// How long a small result waits for company.
const SAVE_SOON: Duration = Duration::from_millis(50);
/// How late a push in memory may end that waits beyond its time.
const LOOK_OVER: Duration = Duration::from_secs(5);
/// The clock is looked at after so long, in case it was set.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// A courier that ended in a panic is followed by another after so long.
const AFTER_PANIC: Duration = Duration::from_secs(1);
/// How long a courier sleeps who has nothing to do; mail wakes it.
const IDLE: Duration = Duration::from_hours(1);

/// Runs a courier until it is told to stop and everything under way is settled.
pub(super) async fn run(errand: Errand) {
    let mut stopping = errand.stopping.clone();
    while AssertUnwindSafe(attend(errand.clone())).catch_unwind().await.is_err() {
        tracing::error!(channel = %errand.id, "A courier ended in a panic; this is a fault of pushmux. Another takes over");
        // All that it was at work on is in the spool.
        errand.post.begin_anew();
        tokio::select! {
            () = sleep(AFTER_PANIC) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn attend(errand: Errand) {
    let Errand { id, mut channels, spool, post, waiters, clock, tells_outcomes, devices, mut stopping } = errand;
    let name = name_of(&id);
    let configured = channels.borrow_and_update().configured(&id).cloned();
    let about = Arc::new(Surroundings { id, name, configured, tells_outcomes, devices, hasher: RandomState::new() });
    let mut courier = Courier {
        about,
        channels,
        composed_for: None,
        spool,
        post,
        waiters,
        clock,
        lanes: Lanes::default(),
        herald: Herald::default(),
        rounds: HashMap::new(),
        holds: Default::default(),
        calls: Default::default(),
        launched: 0,
        under_way: FuturesUnordered::new(),
        touched: Vec::new(),
        sweep: Sweep::new(),
        looked_over: Instant::now(),
        blocked: [0; 2],
        is_stopping: false,
    };
    tokio::select! {
        holds = reserve::reserve(&*courier.spool, &courier.about) => courier.holds = holds,
        _ = stopping.wait_for(|stop| *stop) => return,
    }
    courier.run(stopping).await;
}

// === impl Courier ===

impl Courier {
    async fn run(&mut self, mut stopping: watch::Receiver<bool>) {
        let mut leave: Awaited<Leave> = Awaited::nothing();
        let mut page: Awaited<(PageRequest, Option<Page>)> = Awaited::nothing();
        let mut settling: Awaited<Settling> = Awaited::nothing();
        let mut sweeping: Awaited<Vec<Part>> = Awaited::nothing();
        let mut channels = self.channels.clone();
        loop {
            self.follow(&mut leave);
            self.collect();
            let keeps = !self.lanes.is_empty() || self.lanes.next_due().is_some();
            self.herald.look(&self.about, &self.spool, keeps, self.clock.now());
            if !self.is_stopping {
                self.go_on(&mut leave);
                let admits = self.admits();
                if page.is_idle()
                    && let Some(request) = self.lanes.wanted(&self.post, self.clock.now().into(), admits)
                {
                    page = Awaited::of(read(self.spool.clone(), self.about.name.clone(), request));
                }
            }
            if self.looked_over.elapsed() >= LOOK_OVER {
                self.looked_over = Instant::now();
                self.expire_waiting();
            }
            if sweeping.is_idle() && self.sweep.is_due(self.takes_pushes()) {
                let now = self.clock.now().into();
                sweeping = Awaited::of(sweep::expired(self.spool.clone(), self.about.name.clone(), now));
            }
            if settling.is_idle() {
                settling = self.settle();
            }
            if self.is_stopping && self.under_way.is_empty() && settling.is_idle() {
                return;
            }
            let (post, rest) = (self.post.clone(), self.rest());
            tokio::select! {
                biased;
                Some(landed) = self.under_way.next(), if !self.under_way.is_empty() => self.landed(landed),
                (aftermaths, settled) = settling.done() => match settled {
                    Ok(settled) => self.settled(aftermaths, settled),
                    Err(fault) => {
                        tracing::error!(channel = %self.about.id, %fault, "Delivery stands still: the spool cannot be written");
                        return;
                    }
                },
                (pass, ready) = leave.done() => self.launch(pass, ready),
                (request, read) = page.done() => self.lanes.read(request, read, &self.post),
                parts = sweeping.done() => self.expire(parts),
                () = post.rung() => {}
                // Looked at above, as it is when this task is busy with other things.
                Ok(()) = channels.changed() => {}
                () = sleep(rest) => {}
                _ = stopping.wait_for(|stop| *stop), if !self.is_stopping => {
                    self.is_stopping = true;
                    leave = Awaited::nothing();
                }
            }
        }
    }

    /// Takes in the mail.
    fn collect(&mut self) {
        let mail = self.post.collect(self.lanes.room());
        for (priority, works) in mail.fresh.into_iter().enumerate() {
            self.lanes.hand(priority, works);
        }
        for (priority, due) in [model::Priority::Normal, model::Priority::High].into_iter().zip(mail.later) {
            if let Some(due) = due {
                self.lanes.later(priority, due);
            }
        }
        for work in mail.cancelled {
            self.cancel(work);
        }
    }

    /// Makes calls as long as the channel has room for them at once.
    fn go_on(&mut self, leave: &mut Awaited<Leave>) {
        loop {
            self.take_up();
            if self.calls.iter().all(VecDeque::is_empty) {
                return;
            }
            if leave.is_idle() {
                *leave = Awaited::of(self.leave());
            }
            match leave.done().now_or_never() {
                Some((pass, ready)) => self.launch(pass, ready),
                None => return,
            }
        }
    }

    /// Waits until the channel is worth a call and has room for it.
    fn leave(&self) -> impl Future<Output = Leave> + Send + 'static {
        let (about, clock) = (self.about.clone(), self.clock.clone());
        async move {
            loop {
                let Ok(channel) = about.channel(clock.now()) else {
                    sleep(CLOSED_PATIENCE).await;
                    continue;
                };
                let pass = channel.gate().enter().await;
                let ready = channel.ready().await;
                if about.channel(clock.now()).is_ok() {
                    return (pass, ready);
                }
            }
        }
    }

    /// Takes parts up, a few calls ahead of the channel.
    fn take_up(&mut self) {
        let now = self.clock.now();
        // As far as its configuration goes; whether it is worth calling is asked before each call.
        if self.about.channel(now).is_err() {
            return;
        }
        self.compose_anew(now);
        while let Some(queued) = self.lanes.next(self.admits()) {
            self.begin(queued, now);
        }
    }

    /// What may be taken up, by the priority's place.
    fn admits(&self) -> [Admits; 2] {
        [0, 1].map(|priority| {
            let is_crowded = self.blocked[priority] >= MAX_BLOCKED || self.holds[priority].len() >= MAX_HELD;
            // Calls of the one priority, however many a push has, do not keep the other's from being made next.
            match self.calls[priority].len() < CALLS_AHEAD && self.touched.len() < MAX_UNSAVED {
                false => Admits::Nothing,
                true if is_crowded => Admits::Retries,
                true => Admits::All,
            }
        })
    }

    fn begin(&mut self, queued: Queued, now: SystemTime) {
        let work = match queued {
            Queued::Handed(work, _) => work,
            Queued::Stored(part) => match Work::read(&part) {
                Ok(work) => work,
                Err(fault) => {
                    // It was read before it was taken, so this is another version's.
                    tracing::error!(push.id = %part.id, channel = %self.about.id, %fault,
                        "A push in the spool cannot be read by this version; it waits for one that can");
                    return;
                }
            },
        };
        let seq = work.seq;
        let priority = place(work.push.options.priority);
        let (round, calls) = Round::begin(work, &self.about, &mut self.holds[priority], now);
        self.blocked[priority] += round.blocked();
        self.calls[priority].extend(calls);
        self.rounds.insert(seq, round);
        self.touched.push(seq);
    }

    fn launch(&mut self, pass: Pass, ready: Ready) {
        let now = Moment::from(self.clock.now());
        let call = loop {
            let [normal, high] = &mut self.calls;
            let (first, second) = if is_ordinary_turn(self.launched) { (normal, high) } else { (high, normal) };
            let Some(call) = first.pop_front().or_else(|| second.pop_front()) else { return };
            match self.rounds.get_mut(&call.seq) {
                // The wait for the channel was too long for it.
                Some(round) if round.is_over(now) => {
                    self.touched.push(call.seq);
                    round.give_up(&[call], &round::expired(), &self.about);
                }
                _ => break call,
            }
        };
        self.launched = self.launched.wrapping_add(1);
        let batch = call.batch(now);
        let span = self.rounds.get(&call.seq).map_or_else(Span::none, |round| round.span().clone());
        self.under_way.push(Box::pin(async move {
            let reply = ready.send(batch).instrument(span).await;
            drop(pass);
            Landed { call, reply }
        }));
    }

    /// Takes in a call that came back, and all others that did meanwhile.
    fn landed(&mut self, landed: Landed) {
        let now = self.clock.now();
        let mut next = Some(landed);
        while let Some(Landed { call, reply }) = next {
            if let Some(round) = self.rounds.get_mut(&call.seq) {
                round.land(&call, reply, &self.about, now);
                self.touched.push(call.seq);
            }
            next = self.under_way.next().now_or_never().flatten();
        }
    }

    /// Whether the channel is worth calling, and takes first attempts up.
    fn takes_pushes(&self) -> bool {
        let channel = self.about.channel(self.clock.now());
        channel.is_ok_and(|channel| channel.gate().is_open()) && !self.admits().contains(&Admits::Retries)
    }

    /// How long nothing happens by itself.
    fn rest(&self) -> Duration {
        if !self.touched.is_empty() {
            return SAVE_SOON;
        }
        let now = Moment::from(self.clock.now());
        // What is due already waits for something else than time.
        let due = self.lanes.next_due().filter(|due| *due > now);
        let rest = due.map(|due| Duration::from_millis(due.as_millis() - now.as_millis()));
        let longest = match (self.lanes.is_empty(), self.lanes.next_due()) {
            (true, None) => IDLE,
            (true, Some(_)) => LONGEST_SLEEP,
            (false, _) => LOOK_OVER,
        };
        let sweep = self.sweep.rest().map_or(longest, |rest| rest.max(SAVE_SOON));
        rest.map_or(longest, |rest| rest.min(longest)).min(sweep)
    }
}

async fn read(spool: Arc<dyn Spool>, name: ChannelName, request: PageRequest) -> (PageRequest, Option<Page>) {
    match spool.page(&name, request.priority, request.after, request.limits).await {
        Ok(page) => (request, Some(page)),
        Err(fault) => {
            tracing::warn!(channel = %name, %fault, "The spool cannot be read; it is asked again");
            sleep(SPOOL_PATIENCE).await;
            (request, None)
        }
    }
}
