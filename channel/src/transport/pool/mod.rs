//! A few HTTP/2 connections for one channel.
//!
//! Requests go to the least loaded connection, never more at once than the vendor's stream limit allows; a connection whose
//! vendor starts slowly carries one until it has answered. More connections are made under pressure, one at a time, with
//! back-off after a failure; connections that are too old, said goodbye or fell silent get no new requests and end when
//! theirs are answered. `h2` directly and not hyper's client: it costs a quarter less CPU per request and tells which
//! requests were surely not processed.

mod connection;
mod dial;
mod lease;
mod tap;

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::Uri;
use model::TransportKind;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use connection::Connection;
pub(crate) use lease::Pooled;

use self::dial::Dialer;
use self::lease::Lease;
use super::{HttpClients, TransportFault};
use crate::spec::{ChannelSpec, OpenFault};
use crate::stats::ChannelStats;

/// The wait after a connection failed, doubled each time in a row.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// So long a request waits for the next try; it then bridges a vendor's restart. A vendor that stays away makes the wait
/// longer, and requests are answered at once.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest wait between tries of a vendor that is away: so long its return stays unnoticed.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// The longest wait where the vendor refused our credential: only a change of ours helps, and Apple takes many short
/// connections for an attack.
const MAX_BACKOFF_REFUSED: Duration = Duration::from_secs(60);

/// How a pool is bounded; see [`TransportKind::Pool`].
#[derive(Clone, Copy, Debug)]
struct Bounds {
    connections: usize,
    streams: usize,
    starts_at_one: bool,
    max_age: Duration,
    ping_interval: Duration,
    ping_timeout: Duration,
}

/// The connections of one channel.
pub(crate) struct Pool {
    bounds: Bounds,
    dialer: Dialer,
    state: Mutex<State>,
    /// Something changed for those who wait: a stream is free, a connection came or failed.
    changed: Notify,
    stats: Arc<ChannelStats>,
}

#[derive(Default)]
struct State {
    connections: Vec<Arc<Connection>>,
    /// How many of them the channel's counter knows of; another pool of the channel may add to it, too.
    counted: usize,
    dialing: bool,
    failures: u32,
    /// The last failure and when the next try may be made.
    failed: Option<(TransportFault, Instant)>,
}

/// What a look at the pool gives.
enum Look {
    Leased(Lease),
    Wait,
    Down(TransportFault),
}

// === impl Pool ===

impl Pool {
    pub(super) fn open(
        spec: &ChannelSpec,
        clients: &HttpClients,
        stats: &Arc<ChannelStats>,
    ) -> Result<Arc<Self>, OpenFault> {
        let TransportKind::Pool { connections, streams, starts_at_one, max_age, ping_interval, ping_timeout } =
            spec.limits.transport
        else {
            unreachable!("the caller has looked");
        };
        let bounds = Bounds { connections, streams, starts_at_one, max_age, ping_interval, ping_timeout };
        let dialer = Dialer::new(spec, clients)?;
        let (state, changed, stats) = (Mutex::default(), Notify::new(), stats.clone());
        Ok(Arc::new(Self { bounds, dialer, state, changed, stats }))
    }

    /// A free stream, or why there is none. Never waits; starts a connection where one is wanted.
    fn look(self: &Arc<Self>) -> Look {
        let mut state = self.lock();
        let now = Instant::now();
        self.drop_unusable(&mut state, now);
        let free = state.connections.iter().filter(|connection| connection.has_room());
        if let Some(connection) = free.min_by_key(|connection| connection.in_flight()) {
            let lease = Lease::new(connection.clone(), self.clone());
            if connection.has_room() {
                // The next in line need not wait for an answer to come: pass the word on.
                self.changed.notify_one();
            }
            return Look::Leased(lease);
        }
        if state.dialing {
            return Look::Wait;
        }
        if let Some((fault, next_try)) = &state.failed
            && now < *next_try
        {
            let wait = *next_try - now;
            let bridged = fault.may_pass_soon() && wait <= PATIENCE;
            return match state.connections.is_empty() && !bridged {
                true => Look::Down(fault.clone().retry_after(wait)),
                false => Look::Wait,
            };
        }
        if self.wants_another(&state) {
            state.dialing = true;
            tokio::spawn(self.clone().dial());
        }
        Look::Wait
    }

    /// Another connection helps if all are full; one that has not answered yet is not full but slow to start.
    fn wants_another(&self, state: &State) -> bool {
        let live = &state.connections;
        live.len() < self.bounds.connections && live.iter().all(|connection| connection.has_answered())
    }

    async fn dial(self: Arc<Self>) {
        let dialed = self.dialer.dial(self.bounds).await;
        let mut state = self.lock();
        state.dialing = false;
        self.stats.dialled(dialed.is_ok());
        match dialed {
            Ok(connection) => state.connections.push(connection),
            Err(fault) => state.fail(fault, Instant::now()),
        }
        self.count(&mut state);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Takes connections out that must get no new request. Those that answer still do so.
    fn drop_unusable(&self, state: &mut State, now: Instant) {
        let gone: Vec<_> = state.connections.extract_if(.., |connection| !connection.is_usable(now)).collect();
        if gone.is_empty() {
            return;
        }
        for connection in gone {
            self.stats.closed(connection.closing(now));
            // A connection that ended without any answer is as bad as one that could not be made.
            match connection.has_answered() {
                true => state.recover(),
                false => state.fail(connection.end(), now),
            }
        }
        self.count(state);
    }

    /// Tells the channel's counter how many connections there are.
    fn count(&self, state: &mut State) {
        let open = state.connections.len();
        // Wraps, so that what is added may be negative.
        self.stats.connections.fetch_add(open.wrapping_sub(state.counted), Relaxed);
        state.counted = open;
    }

    /// A connection works: the next failure is the first again.
    fn answered(&self) {
        self.lock().recover();
    }

    fn endpoint(&self) -> &Uri {
        self.dialer.endpoint()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no one panics while holding it")
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.lock();
        state.connections.clear();
        self.count(&mut state);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("endpoint", self.endpoint()).finish_non_exhaustive()
    }
}

// === impl State ===

impl State {
    fn fail(&mut self, fault: TransportFault, now: Instant) {
        let longest = if fault.may_pass_soon() { MAX_BACKOFF } else { MAX_BACKOFF_REFUSED };
        let wait = FIRST_BACKOFF.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.failed = Some((fault, now + wait));
    }

    fn recover(&mut self) {
        self.failures = 0;
        self.failed = None;
    }
}

// === impl TransportFault ===

impl TransportFault {
    /// Whether the next connection may work without anybody's doing.
    fn may_pass_soon(&self) -> bool {
        matches!(self, TransportFault::Connect { .. })
    }

    /// The same fault, met while the next try is not due yet.
    fn retry_after(self, wait: Duration) -> Self {
        match self {
            TransportFault::Connect { what, .. } => TransportFault::Connect { what, retry_after: Some(wait) },
            other => other,
        }
    }
}
