//! A byte stream under an HTTP/2 server that can put frames of its own between the server's.
//!
//! It exists because `h2`'s server cannot change SETTINGS_MAX_CONCURRENT_STREAMS on a live connection, nor choose the
//! last stream id and debug data of a GOAWAY (h2 0.4.20), and vendors do both. The stream follows the frame boundaries
//! of what the server writes, puts our frames between them, and hides the peer's acknowledgement of our SETTINGS from
//! the server, which would call it a protocol error. Everything else passes unchanged.
//!
//! A GOAWAY is true: what the peer says on streams above the last one that it names is not heard any more (RFC 9113,
//! section 6.8, lets the peer send such requests again elsewhere), and none is said to be unprocessed that was answered
//! but whose answer may not have gone out before.
//!
//! Promised: a frame put in is on the wire before anything that the server writes after the next boundary. After
//! [`Handle::end`] the frame under way and what is pending are flushed and the stream is shut down; what the server
//! writes and what the peer sends after that is dropped, and the server reads its end when the peer closes. (Closing at
//! once would make the kernel answer the peer's late bytes with a reset, and the GOAWAY could get lost with it.)

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::frame::{self, Cursor, HEADERS, Head};

/// The client's preface, RFC 9113 section 3.4: bytes before the first frame.
const PREFACE_BYTES: usize = 24;
const READ_BYTES: usize = 16 * 1024;
/// No limit was announced.
const UNLIMITED: u32 = u32::MAX;

/// The stream itself; goes to the HTTP server.
pub(crate) struct Wire<S> {
    inner: S,
    shared: Arc<Shared>,
    /// `None` passes bytes without looking: HTTP/1.1.
    frames: Option<Frames>,
}

/// Our grip on the stream, while the server owns it.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Shared>);

struct Frames {
    out: Cursor,
    /// Our SETTINGS, to be sent in place of the server's first frame.
    first: Option<BytesMut>,
    /// Frames of ours that are being written; nothing of the server's may come before their end.
    writing: BytesMut,
    inbound: Cursor,
    preface_left: usize,
    /// The payload under way is not for the server.
    hiding: bool,
    scratch: Box<[u8]>,
    /// Read and filtered, not yet handed up.
    read: BytesMut,
}

struct Shared {
    state: Mutex<State>,
    limit: AtomicU32,
    acknowledged: AtomicU32,
    /// The last stream that a GOAWAY named; written with `state` locked.
    last_stream: AtomicU32,
}

#[derive(Default)]
struct State {
    pending: BytesMut,
    unacknowledged: VecDeque<Announced>,
    waker: Option<Waker>,
    /// The highest stream that the peer has opened.
    highest_stream: u32,
    /// Answers that were given to the server, and those of them that are on the wire to their end.
    answers: u64,
    answers_written: u64,
    /// It was said that what is open was not processed.
    unprocessed: bool,
    ending: bool,
    ended: bool,
}

/// A SETTINGS frame that the peer has yet to acknowledge.
struct Announced {
    ours: bool,
    limit: Option<u32>,
}

// === impl Handle ===

impl Handle {
    /// The stream limit that was announced last.
    pub(crate) fn limit(&self) -> u32 {
        self.0.limit.load(Ordering::Acquire)
    }

    /// The stream limit that the peer has confirmed, so that it can be blamed for exceeding it.
    pub(crate) fn acknowledged_limit(&self) -> u32 {
        self.0.acknowledged.load(Ordering::Acquire)
    }

    /// Announces another stream limit. Nothing is sent if it is the present one.
    pub(crate) fn set_limit(&self, limit: u32) {
        if self.0.limit.swap(limit, Ordering::AcqRel) == limit {
            return;
        }
        let mut state = self.0.lock();
        state.pending.extend_from_slice(&frame::settings(&[(frame::MAX_CONCURRENT_STREAMS, limit)]));
        state.unacknowledged.push_back(Announced { ours: true, limit: Some(limit) });
        state.wake();
    }

    /// To be asked before a request is carried out and answered: not any more, once it was said to be unprocessed.
    #[must_use]
    pub(crate) fn may_answer(&self) -> bool {
        let mut state = self.0.lock();
        state.answers += u64::from(!state.unprocessed);
        !state.unprocessed
    }

    /// Sends GOAWAY that names the highest stream there is; the connection goes on until [`Handle::end`].
    pub(crate) fn goaway(&self, debug: &[u8]) -> u32 {
        self.goaway_because(h2::Reason::NO_ERROR, debug)
    }

    /// The same with another error code.
    pub(crate) fn goaway_because(&self, code: h2::Reason, debug: &[u8]) -> u32 {
        let mut state = self.0.lock();
        let last_stream = state.highest_stream;
        self.0.part(&mut state, last_stream, code, debug)
    }

    /// Sends GOAWAY after which nothing is carried out. It names no stream, unless an answer is still on its way.
    pub(crate) fn goaway_unprocessed(&self, debug: &[u8]) {
        let mut state = self.0.lock();
        state.unprocessed = true;
        let last_stream = if state.answers == state.answers_written { 0 } else { state.highest_stream };
        self.0.part(&mut state, last_stream, h2::Reason::NO_ERROR, debug);
    }

    /// Flushes what is pending, then shuts the stream down.
    pub(crate) fn end(&self) {
        let mut state = self.0.lock();
        state.ending = true;
        state.wake();
    }
}

// === impl Wire ===

impl<S> Wire<S> {
    /// Under an HTTP/2 server. With `first`, these settings go out in place of the server's own.
    pub(crate) fn http2(inner: S, first: Option<&[(u16, u32)]>) -> (Self, Handle) {
        let shared = Arc::new(Shared::default());
        let limit = first.and_then(limit_in).unwrap_or(UNLIMITED);
        shared.limit.store(limit, Ordering::Release);
        shared.acknowledged.store(limit, Ordering::Release);
        let frames = Frames {
            out: Cursor::default(),
            first: first.map(frame::settings),
            writing: BytesMut::new(),
            inbound: Cursor::default(),
            preface_left: PREFACE_BYTES,
            hiding: false,
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            read: BytesMut::new(),
        };
        (Self { inner, shared: Arc::clone(&shared), frames: Some(frames) }, Handle(shared))
    }

    /// Under an HTTP/1.1 server: frames cannot be put in, [`Handle::end`] works.
    pub(crate) fn http1(inner: S) -> (Self, Handle) {
        let shared = Arc::new(Shared::default());
        (Self { inner, shared: Arc::clone(&shared), frames: None }, Handle(shared))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let (ending, _) = this.shared.progress();
        let Some(frames) = this.frames.as_mut() else {
            if ending {
                return Poll::Ready(Ok(bytes.len()));
            }
            return Pin::new(&mut this.inner).poll_write(cx, bytes);
        };
        if frames.first.is_some() {
            return Poll::Ready(Ok(frames.swallow_first(bytes, &this.shared)));
        }
        ready!(frames.poll_put_in(&mut this.inner, &this.shared, cx))?;
        if ending && frames.out.at_boundary() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let allowed = frames.allowed(bytes, &this.shared);
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, &bytes[..allowed]))?;
        frames.wrote(&bytes[..written], &this.shared);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(frames) = this.frames.as_mut() {
            ready!(frames.poll_put_in(&mut this.inner, &this.shared, cx))?;
        }
        ready!(Pin::new(&mut this.inner).poll_flush(cx))?;
        let (ending, ended) = this.shared.progress();
        if ending && !ended {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            this.shared.lock().ended = true;
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.shared.listen(cx) {
            return poll_discard(&mut this.inner, cx);
        }
        let Some(frames) = this.frames.as_mut() else {
            return Pin::new(&mut this.inner).poll_read(cx, out);
        };
        while frames.read.is_empty() {
            let mut fresh = ReadBuf::new(&mut frames.scratch);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut fresh))?;
            let count = fresh.filled().len();
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
            frames.filter(count, &this.shared);
        }
        let count = frames.read.len().min(out.remaining());
        out.put_slice(&frames.read[..count]);
        frames.read.advance(count);
        Poll::Ready(Ok(()))
    }
}

// === impl Frames ===

impl Frames {
    /// Drops the server's first frame, which is always its SETTINGS, and puts ours in its place.
    fn swallow_first(&mut self, bytes: &[u8], shared: &Shared) -> usize {
        let eaten = self.out.advance_to_boundary(bytes, |_| {});
        if self.out.at_boundary()
            && let Some(first) = self.first.take()
        {
            self.writing.extend_from_slice(&first);
            let limit = Some(shared.limit.load(Ordering::Acquire));
            shared.lock().unacknowledged.push_front(Announced { ours: false, limit });
        }
        eaten
    }

    /// Writes our frames, if we stand between two of the server's.
    fn poll_put_in<S: AsyncWrite + Unpin>(
        &mut self,
        inner: &mut S,
        shared: &Shared,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.out.at_boundary() || self.first.is_some() {
            return Poll::Ready(Ok(()));
        }
        self.writing.unsplit(shared.lock().pending.split());
        while !self.writing.is_empty() {
            let written = ready!(Pin::new(&mut *inner).poll_write(cx, &self.writing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.writing.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// How much of the server's bytes may go out now: up to the next boundary, if something waits for it.
    fn allowed(&self, bytes: &[u8], shared: &Shared) -> usize {
        let state = shared.lock();
        if state.pending.is_empty() && !state.ending {
            return bytes.len();
        }
        drop(state);
        let mut ahead = self.out.clone();
        ahead.advance_to_boundary(bytes, |_| {})
    }

    fn wrote(&mut self, mut bytes: &[u8], shared: &Shared) {
        while !bytes.is_empty() {
            let (eaten, head) = self.out.step(bytes);
            bytes = &bytes[eaten..];
            match head {
                Some(head) if head.is_settings() => {
                    shared.lock().unacknowledged.push_back(Announced { ours: false, limit: None });
                }
                Some(head) if head.ends_stream() => shared.lock().answers_written += 1,
                Some(_) | None => {}
            }
        }
    }

    /// Moves `count` fresh bytes to `read`, without acknowledgements of our SETTINGS and without streams after GOAWAY.
    fn filter(&mut self, count: usize, shared: &Shared) {
        let mut bytes = &self.scratch[..count];
        let preface = self.preface_left.min(bytes.len());
        self.preface_left -= preface;
        self.read.extend_from_slice(&bytes[..preface]);
        bytes = &bytes[preface..];
        while !bytes.is_empty() {
            let (eaten, head) = self.inbound.step(bytes);
            match head {
                Some(head) => {
                    self.hiding = shared.hides(head);
                    if !self.hiding {
                        self.read.extend_from_slice(self.inbound.head_bytes());
                    }
                }
                None if self.hiding || self.inbound.in_head() => {}
                None => self.read.extend_from_slice(&bytes[..eaten]),
            }
            bytes = &bytes[eaten..];
        }
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ending, ended.
    fn progress(&self) -> (bool, bool) {
        let state = self.lock();
        (state.ending, state.ended)
    }

    /// Remembers whom to wake. Whether the stream has ended.
    fn listen(&self, cx: &Context<'_>) -> bool {
        let mut state = self.lock();
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        state.ended
    }

    /// Sends GOAWAY and listens to no stream above the last one from here on.
    fn part(&self, state: &mut State, last_stream: u32, code: h2::Reason, debug: &[u8]) -> u32 {
        let last_stream = last_stream.min(self.last_stream.load(Ordering::Acquire));
        self.last_stream.store(last_stream, Ordering::Release);
        state.pending.extend_from_slice(&frame::goaway(last_stream, code, debug));
        state.wake();
        last_stream
    }

    /// Takes notes of an inbound frame; whether the server must not see it.
    fn hides(&self, head: Head) -> bool {
        if head.kind == HEADERS {
            let mut state = self.lock();
            if head.stream <= self.last_stream.load(Ordering::Acquire) {
                state.highest_stream = state.highest_stream.max(head.stream);
            }
        }
        // The server's view of header compression goes wrong by that, but only requests bear headers, and none is to come.
        if head.stream > self.last_stream.load(Ordering::Acquire) {
            return true;
        }
        if !head.is_settings_ack() {
            return false;
        }
        let Some(announced) = self.lock().unacknowledged.pop_front() else {
            return false;
        };
        if let Some(limit) = announced.limit {
            self.acknowledged.store(limit, Ordering::Release);
        }
        announced.ours
    }
}

impl Default for Shared {
    fn default() -> Self {
        let [limit, acknowledged] = [AtomicU32::default(), AtomicU32::default()];
        Self { state: Mutex::default(), limit, acknowledged, last_stream: AtomicU32::new(u32::MAX) }
    }
}

// === impl State ===

impl State {
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

/// Reads until the peer's end, keeping nothing.
fn poll_discard<S: AsyncRead + Unpin>(inner: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    let mut scratch = [0; 1024];
    loop {
        let mut fresh = ReadBuf::new(&mut scratch);
        ready!(Pin::new(&mut *inner).poll_read(cx, &mut fresh))?;
        if fresh.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
    }
}

fn limit_in(settings: &[(u16, u32)]) -> Option<u32> {
    settings.iter().find(|(id, _)| *id == frame::MAX_CONCURRENT_STREAMS).map(|(_, value)| *value)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
