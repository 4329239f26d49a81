//! Whether a channel is worth calling at all.
//!
//! A gate is open, shut for some time, or in probation: then one call passes, and what becomes of it opens the gate or shuts
//! it again for longer. Only outcomes that speak of the channel move it, never those of one device or one content. Who can
//! wait (the couriers of durable pushes) [enters](Gate::enter) before it takes work up; direct pushes have one attempt each,
//! whatever the gate says, and what they meet moves it too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use model::{Outcome, Scope, VendorCode, Verdict};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The gate of one channel.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

/// Where a gate stands.
#[derive(Clone, Debug, PartialEq)]
pub enum GateState {
    /// Calls pass.
    Open,
    /// None pass before that moment.
    Shut {
        /// When it is tried again.
        until: Instant,
        /// What shut it.
        cause: Cause,
    },
    /// One call at a time passes, until one succeeds.
    Probation {
        /// What had shut it.
        cause: Cause,
    },
}

/// What shut a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// Whether somebody has to act: a credential is refused, the channel is switched off.
    pub needs_mending: bool,
    /// The outcome's word.
    pub outcome: &'static str,
    /// The vendor's code.
    pub code: Option<VendorCode>,
    /// Words for people.
    pub detail: Option<String>,
}

/// Leave to make one call. In probation nobody else has it meanwhile.
#[derive(Debug)]
pub struct Pass {
    /// The gate, if the call is a probation's.
    probed: Option<Arc<Gate>>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures without a success between them, and when the first of them was.
    failing: Option<(u32, Instant)>,
    shut: Option<Shut>,
}

#[derive(Debug)]
struct Shut {
    until: Instant,
    cause: Cause,
    /// How often it was shut without opening in between.
    times: u32,
    /// A call is on probation.
    is_probed: bool,
}

/// What an outcome says of the channel.
#[derive(Debug)]
enum Signal {
    /// It works.
    Good,
    /// One more failure; a vendor may have said how long to wait.
    Failing(Option<Duration>),
    /// Nothing passes for that long.
    Wait(Duration),
    /// Nothing passes before somebody acts; it is tried now and then.
    NeedsMending,
}

/// A gate shuts after so many failures in a row ..
const FAILURES: u32 = 5;
/// .. if they go on for so long: all calls of a connection that breaks fail at once, and that is no outage.
const FAILING_FOR: Duration = Duration::from_millis(500);
/// How long it is shut at first; then twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The same where somebody has to act.
const FIRST_MENDING: Duration = Duration::from_secs(5);
const LONGEST_MENDING: Duration = Duration::from_secs(300);
/// A wait of no stated length, and the longest that is waited because a vendor says so: it may have been renewed before.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);
const LONGEST_TOLD: Duration = Duration::from_hours(1);

// === impl Gate ===

impl Gate {
    /// Waits until a call may be made.
    ///
    /// Cancel safe: what was not given out is not lost.
    pub async fn enter(self: &Arc<Self>) -> Pass {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change is missed.
            changed.as_mut().enable();
            let until = match self.try_enter() {
                Ok(pass) => return pass,
                Err(until) => until,
            };
            tokio::select! {
                () = changed => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Whether calls pass freely.
    pub fn is_open(&self) -> bool {
        self.lock().shut.is_none()
    }

    /// Where it stands now.
    pub fn state(&self) -> GateState {
        match &self.lock().shut {
            None => GateState::Open,
            Some(shut) if shut.until > Instant::now() => {
                GateState::Shut { until: shut.until, cause: shut.cause.clone() }
            }
            Some(shut) => GateState::Probation { cause: shut.cause.clone() },
        }
    }

    /// Takes in what became of a call.
    pub(crate) fn record<'a>(&self, verdicts: impl Iterator<Item = &'a Verdict>, now: SystemTime) {
        let mut is_good = false;
        let mut worst: Option<(&Verdict, Signal)> = None;
        for verdict in verdicts {
            match Signal::of(&verdict.outcome, now) {
                Signal::Good => is_good = true,
                signal if worst.is_none() => worst = Some((verdict, signal)),
                _ => {}
            }
        }
        let mut state = self.lock();
        let was_shut = state.shut.is_some();
        match worst {
            // Some targets of the call did get through.
            Some((_, Signal::Failing(_))) | None if is_good => state.succeeded(),
            None => {}
            Some((verdict, signal)) => state.failed(verdict, &signal),
        }
        drop(state);
        if was_shut {
            self.changed.notify_waiters();
        }
    }

    /// A pass, or when to ask again.
    fn try_enter(self: &Arc<Self>) -> Result<Pass, Instant> {
        let mut state = self.lock();
        let Some(shut) = &mut state.shut else { return Ok(Pass { probed: None }) };
        let now = Instant::now();
        if shut.until > now {
            return Err(shut.until);
        }
        if shut.is_probed {
            // Told by the end of the call on probation.
            return Err(now + LONGEST_WAIT);
        }
        shut.is_probed = true;
        Ok(Pass { probed: Some(self.clone()) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl GateState ===

impl GateState {
    /// The word on the API: a gate that somebody has to act for is `parked`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            GateState::Open => "open",
            GateState::Shut { cause, .. } | GateState::Probation { cause } if cause.needs_mending => "parked",
            GateState::Shut { .. } => "shut",
            GateState::Probation { .. } => "probation",
        }
    }
}

// === impl State ===

impl State {
    fn succeeded(&mut self) {
        self.failing = None;
        // While it is shut, what comes back is of calls made before.
        if self.shut.as_ref().is_some_and(|shut| shut.until <= Instant::now()) {
            self.shut = None;
        }
    }

    fn failed(&mut self, verdict: &Verdict, signal: &Signal) {
        let now = Instant::now();
        let times = self.shut.as_ref().map_or(0, |shut| shut.times);
        let is_on_probation = self.shut.as_ref().is_some_and(|shut| shut.until <= now);
        let wait = match signal {
            Signal::Good => return,
            Signal::Wait(wait) => (*wait).min(LONGEST_TOLD),
            Signal::NeedsMending => doubled(FIRST_MENDING, times, LONGEST_MENDING),
            Signal::Failing(told) => {
                let (failures, since) = self.failing.unwrap_or((0, now));
                self.failing = Some((failures + 1, since));
                let goes_on = failures + 1 >= FAILURES && now - since >= FAILING_FOR;
                if !goes_on && !is_on_probation {
                    return;
                }
                doubled(FIRST_WAIT, times, LONGEST_WAIT).max(told.unwrap_or_default().min(LONGEST_TOLD))
            }
        };
        let until = now + wait;
        match &mut self.shut {
            // Calls made before it was shut must not make it longer and longer.
            Some(shut) if !is_on_probation => shut.until = shut.until.max(until),
            shut => {
                let cause = Cause::of(verdict, matches!(signal, Signal::NeedsMending));
                *shut = Some(Shut { until, cause, times: times + 1, is_probed: false });
            }
        }
    }
}

// === impl Signal ===

impl Signal {
    fn of(outcome: &Outcome, now: SystemTime) -> Self {
        match outcome {
            Outcome::Unavailable { retry_after, .. } => Signal::Failing(*retry_after),
            Outcome::Unknown { status } if status.is_none_or(|status| status >= 500) => Signal::Failing(None),
            Outcome::RateLimited { scope: Scope::Channel, retry_after } => {
                Signal::Wait(retry_after.unwrap_or(DEFAULT_WAIT))
            }
            Outcome::QuotaExceeded { scope: Scope::Channel, until } => {
                let wait = until.and_then(|until| until.duration_since(now).ok());
                Signal::Wait(wait.unwrap_or(LONGEST_TOLD))
            }
            Outcome::ExpiredCredentials
            | Outcome::BadCredentials { scope: Scope::Channel }
            | Outcome::ChannelDisabled { scope: Scope::Channel } => Signal::NeedsMending,
            _ => Signal::Good,
        }
    }
}

// === impl Cause ===

impl Cause {
    /// What a verdict has to say of it.
    pub fn of(verdict: &Verdict, needs_mending: bool) -> Self {
        let detail = verdict.detail.as_deref().map(str::to_owned);
        Self { needs_mending, outcome: verdict.outcome.as_str(), code: verdict.code.clone(), detail }
    }
}

// === impl Pass ===

impl Drop for Pass {
    /// A call that was given up, or whose outcome moved nothing, lets the next one try.
    fn drop(&mut self) {
        let Some(gate) = self.probed.take() else { return };
        if let Some(shut) = &mut gate.lock().shut {
            shut.is_probed = false;
        }
        gate.changed.notify_waiters();
    }
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Sent;
    use tokio::time::{advance, timeout};

    fn unavailable() -> Verdict {
        Verdict::unavailable(Sent::Maybe, None)
    }

    fn record(gate: &Gate, verdict: &Verdict) {
        gate.record(std::iter::once(verdict), SystemTime::now());
    }

    fn is_open(gate: &Gate) -> bool {
        gate.state() == GateState::Open
    }

    async fn fail_for_long(gate: &Gate) {
        for _ in 0..FAILURES {
            record(gate, &unavailable());
            advance(FAILING_FOR / 2).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_that_come_at_once_leave_it_open_and_those_that_go_on_shut_it() {
        let gate = Arc::new(Gate::default());
        for _ in 0..1000 {
            record(&gate, &unavailable());
        }
        assert!(is_open(&gate));
        record(&gate, &Verdict::accepted(None));
        fail_for_long(&gate).await;
        assert!(matches!(gate.state(), GateState::Shut { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_passes_on_probation_and_its_success_opens() {
        let gate = Arc::new(Gate::default());
        fail_for_long(&gate).await;
        let began = Instant::now();
        let pass = gate.enter().await;
        assert!(Instant::now() > began, "it was waited for");
        assert!(timeout(Duration::from_secs(5), gate.enter()).await.is_err(), "only one");
        record(&gate, &Verdict::accepted(None));
        drop(pass);
        assert!(is_open(&gate));
        gate.enter().await;
    }

    #[tokio::test(start_paused = true)]
    async fn each_failed_probation_doubles_the_wait_up_to_a_bound() {
        let gate = Arc::new(Gate::default());
        fail_for_long(&gate).await;
        let mut waits = Vec::new();
        for _ in 0..9 {
            let began = Instant::now();
            let pass = gate.enter().await;
            waits.push((Instant::now() - began).as_secs());
            record(&gate, &unavailable());
            drop(pass);
        }
        assert_eq!(&waits[1..], [2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_given_up_on_probation_lets_the_next_one_try() {
        let gate = Arc::new(Gate::default());
        fail_for_long(&gate).await;
        drop(gate.enter().await);
        timeout(Duration::from_secs(1), gate.enter()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_vendor_that_says_how_long_is_left_alone_for_so_long() {
        let gate = Arc::new(Gate::default());
        let outcome = Outcome::RateLimited { scope: Scope::Channel, retry_after: Some(Duration::from_secs(30)) };
        let began = Instant::now();
        record(&gate, &Verdict::new(outcome));
        // An answer to an earlier call does not open it.
        record(&gate, &Verdict::accepted(None));
        gate.enter().await;
        assert_eq!((Instant::now() - began).as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn what_speaks_of_one_device_moves_nothing() {
        let gate = Arc::new(Gate::default());
        for outcome in [
            Outcome::InvalidToken { proof: model::TokenProof::Foreign },
            Outcome::PayloadRejected,
            Outcome::RateLimited { scope: Scope::Target, retry_after: None },
            Outcome::BadCredentials { scope: Scope::Target },
        ] {
            fail_slightly(&gate, outcome).await;
        }
        assert!(is_open(&gate));
    }

    async fn fail_slightly(gate: &Gate, outcome: Outcome) {
        for _ in 0..10 {
            record(gate, &Verdict::new(outcome.clone()));
            advance(FAILING_FOR).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_credential_shuts_it_at_once_and_is_tried_now_and_then() {
        let gate = Arc::new(Gate::default());
        record(&gate, &Verdict::new(Outcome::ExpiredCredentials));
        let GateState::Shut { cause, .. } = gate.state() else { panic!() };
        assert!(cause.needs_mending);
        let began = Instant::now();
        drop(gate.enter().await);
        assert_eq!((Instant::now() - began).as_secs(), FIRST_MENDING.as_secs());
    }
}
