//! The text of a stream of server-sent events, made as it is read.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use spool::Event;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::Stopping;
use crate::events::{Feed, Skipped, kind_of, tell};

/// One reader's stream.
pub(super) struct Reading {
    feed: Feed,
    /// What is said before the first event.
    opening: Option<Bytes>,
    /// Up to which id the reader knows that it has been told everything.
    told: u64,
    /// When it is to hear from us again.
    next_word: Instant,
    stopping: Stopping,
    /// Makes room for another reader when this one goes.
    _place: OwnedSemaphorePermit,
}

/// Proxies and routers forget connections on which nothing happens; this is well below their shortest habits.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a reader is to wait before it connects again.
const RETRY_MS: u64 = 1000;

// === impl Reading ===

impl Reading {
    pub(super) fn new(feed: Feed, skipped: Option<Skipped>, place: OwnedSemaphorePermit, stopping: Stopping) -> Self {
        let opening = opening(feed.seen(), skipped);
        let told = feed.seen();
        Self { feed, opening: Some(opening), told, next_word: Instant::now() + KEEP_ALIVE, stopping, _place: place }
    }

    pub(super) fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        futures_util::stream::unfold(self, |mut reading| async move {
            let text = reading.next().await?;
            reading.next_word = Instant::now() + KEEP_ALIVE;
            Some((Ok(text), reading))
        })
    }

    /// What is written next; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(opening);
        }
        tokio::select! {
            biased;
            () = &mut self.stopping => None,
            events = self.feed.next() => match events {
                Ok(events) => {
                    self.told = self.feed.seen();
                    Some(text(&events))
                }
                Err(fault) => {
                    tracing::error!(%fault, "The events cannot be read; a reader's stream ends");
                    None
                }
            },
            // After the feed: its branch is cancel safe, and who has events needs no keep-alive.
            () = tokio::time::sleep_until(self.next_word) => Some(self.keep_alive()),
        }
    }

    /// A comment; and the reader's new place, if there was nothing for it among what was logged. An id without data
    /// sets the place after which a browser goes on, and is no event.
    fn keep_alive(&mut self) -> Bytes {
        let seen = self.feed.seen();
        if seen == self.told {
            return Bytes::from_static(b": keep-alive\n\n");
        }
        self.told = seen;
        format!(": keep-alive\nid: {seen}\n\n").into()
    }
}

/// The reader's place comes first, so that who loses the connection before the first event misses nothing either.
fn opening(seen: u64, skipped: Option<Skipped>) -> Bytes {
    let mut text = format!("retry: {RETRY_MS}\n");
    let written = match skipped {
        Some(Skipped::Purged(last)) => writeln!(text, ": events up to {last} are no longer retained"),
        Some(Skipped::Foreign) => writeln!(text, ": no such event; this begins with the oldest retained"),
        None => Ok(()),
    };
    written.expect("writing to a String does not fail");
    text.push_str(&format!("id: {seen}\n\n"));
    text.into()
}

fn text(events: &[Event]) -> Bytes {
    let bytes: usize = events.iter().map(|event| event.body.len() + 256).sum();
    let mut text = Vec::with_capacity(bytes);
    for event in events {
        let Some(kind) = kind_of(event.kind) else { continue };
        let head = write!(text, "id: {}\nevent: {kind}\ndata: ", event.id);
        head.expect("writing to a vector does not fail");
        tell(event, kind, &mut text);
        text.extend_from_slice(b"\n\n");
    }
    text.into()
}
