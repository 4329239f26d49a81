//! When each request of an open loop is due.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// A request of an open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// From 0 on.
    pub(super) number: u64,
    /// When it is due.
    pub(super) moment: Instant,
    /// Whether its latency counts: not while everything is used for the first time.
    pub(super) counts: bool,
}

/// How long the latency of a steady rate is not counted.
const SETTLING: Duration = Duration::from_millis(500);

/// Numbers from 0 on with the moment each is due: at a steady rate, or all at once.
///
/// The moment is the plan's, not that of sending: what had to wait because those before it were slow counts as late, so that a
/// stall is seen by all whom it met (no coordinated omission). A thread of its own, because the runtime's timer has only milliseconds.
///
/// They go to so many lanes in turn.
pub(super) fn paced(count: u64, rate: Option<f64>, lanes: usize) -> Vec<mpsc::UnboundedReceiver<Due>> {
    let (senders, dues): (Vec<_>, Vec<_>) = (0..lanes).map(|_| mpsc::unbounded_channel()).unzip();
    let began = Instant::now();
    thread::spawn(move || {
        for (number, lane) in (0..count).zip(senders.iter().cycle()) {
            let moment = rate.map_or(began, |rate| began + Duration::from_secs_f64(number as f64 / rate));
            if let Some(wait) = moment.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
                thread::sleep(wait);
            }
            let counts = rate.is_none() || moment >= began + SETTLING;
            if lane.send(Due { number, moment, counts }).is_err() {
                return;
            }
        }
    });
    dues
}
