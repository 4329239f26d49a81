//! One HTTP/2 connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::time::Instant;

use super::tap::Overheard;
use super::{Bounds, TransportFault};
use crate::stats::Closing;

/// A connection and what is known of it. Ends when nobody holds it any more.
pub(crate) struct Connection {
    sender: SendRequest<Bytes>,
    bounds: Bounds,
    opened: Instant,
    expires: Instant,
    in_flight: AtomicUsize,
    /// Microseconds after `opened` of the last answer; 0 before the first.
    last_answer: AtomicU64,
    retired: AtomicBool,
    silent: AtomicBool,
    ended: AtomicBool,
    overheard: Arc<Overheard>,
}

// === impl Connection ===

impl Connection {
    pub(super) fn new(sender: SendRequest<Bytes>, bounds: Bounds, expires: Instant, overheard: Arc<Overheard>) -> Self {
        Self {
            sender,
            bounds,
            opened: Instant::now(),
            expires,
            in_flight: AtomicUsize::new(0),
            last_answer: AtomicU64::new(0),
            retired: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            overheard,
        }
    }

    /// A handle to open a stream with.
    pub(super) fn sender(&self) -> SendRequest<Bytes> {
        self.sender.clone()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether another stream may be opened. Asked under the pool's lock only, which makes count and limit one view.
    pub(super) fn has_room(&self) -> bool {
        self.in_flight() < self.capacity()
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// An answer came. Says whether it was the first.
    pub(super) fn answer(&self) -> bool {
        let micros = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.last_answer.swap(micros.max(1), Ordering::Relaxed) == 0
    }

    pub(super) fn has_answered(&self) -> bool {
        self.last_answer.load(Ordering::Relaxed) > 0
    }

    /// Whether nothing was answered since a moment.
    pub(super) fn silent_since(&self, moment: Instant) -> bool {
        let micros = u128::from(self.last_answer.load(Ordering::Relaxed));
        micros <= moment.saturating_duration_since(self.opened).as_micros()
    }

    /// Lets it finish what it carries and gives it nothing new.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Nothing came in time: held to be dead.
    pub(super) fn retire_as_silent(&self) {
        self.silent.store(true, Ordering::Relaxed);
        self.retire();
    }

    /// Its driver has ended: nothing more comes.
    pub(super) fn set_ended(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_usable(&self, now: Instant) -> bool {
        let over = self.retired.load(Ordering::Relaxed) || self.ended.load(Ordering::Relaxed);
        !over && now < self.expires && !self.overheard.has_parted()
    }

    /// Why it is not usable any more, for the counters.
    pub(super) fn closing(&self, now: Instant) -> Closing {
        if self.overheard.parting().is_some() {
            Closing::Goaway
        } else if self.silent.load(Ordering::Relaxed) {
            Closing::Silent
        } else if self.ended.load(Ordering::Relaxed) {
            Closing::Lost
        } else if now >= self.expires {
            Closing::Aged
        } else {
            Closing::Retired
        }
    }

    /// How it ended, for requests that were surely not processed.
    pub(super) fn end(&self) -> TransportFault {
        match (self.overheard.alert(), self.overheard.parting()) {
            (Some(alert), _) => TransportFault::CertificateRefused { alert },
            (None, Some(words)) => TransportFault::GoneAway { words },
            (None, None) if self.silent.load(Ordering::Relaxed) => {
                TransportFault::connect("the vendor answered nothing on the last connection")
            }
            (None, None) => TransportFault::connect("the vendor closed the connection before it answered anything"),
        }
    }

    /// What a stream's error means.
    pub(super) fn fault(&self, error: &h2::Error) -> TransportFault {
        if let Some(alert) = self.overheard.alert() {
            return TransportFault::CertificateRefused { alert };
        }
        // h2 gives a remote GOAWAY as error only to streams above its last-stream-id, and to new ones.
        if error.is_go_away() && error.is_remote() {
            return TransportFault::GoneAway { words: self.overheard.parting().unwrap_or_default() };
        }
        if error.is_remote() && error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM) {
            return TransportFault::Refused;
        }
        TransportFault::Lost { what: error.to_string().into() }
    }

    fn capacity(&self) -> usize {
        if self.bounds.starts_at_one && !self.has_answered() {
            return 1;
        }
        self.sender.current_max_send_streams().min(self.bounds.streams)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("in_flight", &self.in_flight()).finish_non_exhaustive()
    }
}
