//! Listens at the bytes that a vendor sends, for two facts that the HTTP/2 library keeps to itself: the words of a GOAWAY,
//! and the TLS alert by which a client certificate is refused.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const FRAME_HEADER_BYTES: usize = 9;
const GOAWAY: u8 = 0x7;
/// Last stream id and error code stand before the words.
const GOAWAY_FIXED_BYTES: usize = 8;
/// The longest words kept. Apple's are under 100 bytes.
const MAX_WORDS_BYTES: usize = 1024;
/// What is read after a write has failed, at most.
const MAX_LAST_READS: usize = 16;
const SCRATCH_BYTES: usize = 4096;

/// What was overheard.
#[derive(Debug, Default)]
pub(super) struct Overheard {
    /// Asked before every request, so without a lock.
    has_parted: AtomicBool,
    facts: Mutex<Facts>,
}

#[derive(Clone, Debug, Default)]
struct Facts {
    parting: Option<Bytes>,
    alert: Option<AlertDescription>,
}

/// An IO that passes everything on and remembers those facts.
pub(super) struct Tap<T> {
    io: T,
    frames: Frames,
    overheard: Arc<Overheard>,
    /// A failed write whose error nobody knows yet.
    broken: Option<io::Error>,
}

/// Finds GOAWAY frames in a stream of frames, however it is cut.
#[derive(Debug, Default)]
struct Frames {
    header: Vec<u8>,
    /// Bytes of the current frame's payload still to come.
    rest: usize,
    /// The payload so far, if the frame is a GOAWAY.
    goaway: Option<Vec<u8>>,
}

// === impl Overheard ===

impl Overheard {
    /// Whether there was a GOAWAY.
    pub(super) fn has_parted(&self) -> bool {
        self.has_parted.load(Ordering::Relaxed)
    }

    /// The words of the last GOAWAY that had any; empty words if it had none; `None` if there was no GOAWAY.
    pub(super) fn parting(&self) -> Option<Bytes> {
        self.facts.lock().expect("no one panics while holding it").parting.clone()
    }

    /// The alert that ended the TLS session.
    pub(super) fn alert(&self) -> Option<AlertDescription> {
        self.facts.lock().expect("no one panics while holding it").alert
    }

    fn hear_goaway(&self, words: &[u8]) {
        let mut facts = self.facts.lock().expect("no one panics while holding it");
        // A second, wordless GOAWAY often follows the first.
        if facts.parting.is_none() || !words.is_empty() {
            facts.parting = Some(Bytes::copy_from_slice(words));
        }
        self.has_parted.store(true, Ordering::Relaxed);
    }

    fn hear_error(&self, error: &io::Error) {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = tls {
            self.facts.lock().expect("no one panics while holding it").alert = Some(*alert);
        }
    }
}

// === impl Tap ===

impl<T> Tap<T> {
    pub(super) fn new(io: T, overheard: Arc<Overheard>) -> Self {
        Self { io, frames: Frames::default(), overheard, broken: None }
    }
}

impl<T: AsyncRead + Unpin> Tap<T> {
    /// A vendor that refuses us says why and closes. If we are just writing, the write fails first, and who gets that error
    /// reads no further: so it is held back until the vendor's last words are read.
    fn written<N>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<N>>) -> Poll<io::Result<N>> {
        match polled {
            Poll::Ready(Err(error)) => {
                self.overheard.hear_error(&error);
                self.broken = Some(error);
                self.hear_out(cx).map(Err)
            }
            other => other,
        }
    }

    /// The error of a failed write, once there is nothing more to read.
    fn hear_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let mut scratch = [0; SCRATCH_BYTES];
        for _ in 0..MAX_LAST_READS {
            let mut rest = ReadBuf::new(&mut scratch);
            match Pin::new(&mut *self).poll_read(cx, &mut rest) {
                // The other end is gone, so this wakes us soon.
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !rest.filled().is_empty() => {}
                Poll::Ready(_) => break,
            }
        }
        Poll::Ready(self.broken.take().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Tap<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let polled = Pin::new(&mut this.io).poll_read(cx, buf);
        match &polled {
            Poll::Ready(Ok(())) => this.frames.pass(&buf.filled()[before..], |words| this.overheard.hear_goaway(words)),
            Poll::Ready(Err(error)) => this.overheard.hear_error(error),
            Poll::Pending => {}
        }
        polled
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tap<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.broken.is_some() {
            return self.hear_out(cx).map(Err);
        }
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken.is_some() {
            return self.hear_out(cx).map(Err);
        }
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.written(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.broken.is_some() {
            return self.hear_out(cx).map(Err);
        }
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.written(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

// === impl Frames ===

impl Frames {
    fn pass(&mut self, mut bytes: &[u8], mut hear: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            if self.rest == 0 {
                bytes = self.pass_header(bytes);
            } else {
                bytes = self.pass_payload(bytes);
            }
            if self.rest == 0
                && let Some(payload) = self.goaway.take()
            {
                hear(payload.get(GOAWAY_FIXED_BYTES..).unwrap_or_default());
            }
        }
    }

    fn pass_header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (part, rest) = bytes.split_at(bytes.len().min(FRAME_HEADER_BYTES - self.header.len()));
        self.header.extend_from_slice(part);
        if let &[high, middle, low, kind, ..] = &self.header[..]
            && self.header.len() == FRAME_HEADER_BYTES
        {
            self.rest = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            self.goaway = (kind == GOAWAY).then(Vec::new);
            self.header.clear();
        }
        rest
    }

    fn pass_payload<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (part, rest) = bytes.split_at(bytes.len().min(self.rest));
        self.rest -= part.len();
        if let Some(payload) = &mut self.goaway {
            let room = (GOAWAY_FIXED_BYTES + MAX_WORDS_BYTES).saturating_sub(payload.len());
            payload.extend_from_slice(&part[..part.len().min(room)]);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 0], payload].concat()
    }

    fn goaway(words: &[u8]) -> Vec<u8> {
        frame(GOAWAY, &[&[0; GOAWAY_FIXED_BYTES], words].concat())
    }

    #[test]
    fn wordless_goodbyes_do_not_erase_words() {
        let overheard = Overheard::default();
        assert_eq!(overheard.parting(), None);
        overheard.hear_goaway(b"");
        assert_eq!(overheard.parting(), Some(Bytes::new()));
        overheard.hear_goaway(b"reason");
        overheard.hear_goaway(b"");
        assert_eq!(overheard.parting(), Some(Bytes::from_static(b"reason")));
    }

    /// Fails to write, and has these bytes and this error left to read.
    struct Refusing(Vec<u8>, Option<io::Error>, bool);

    impl AsyncRead for Refusing {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            // What the kernel holds is not known to the runtime at once.
            if std::mem::take(&mut self.2) {
                return Poll::Pending;
            }
            if self.0.is_empty() {
                return Poll::Ready(self.1.take().map_or(Ok(()), Err));
            }
            let part = self.0.len().min(buf.remaining());
            buf.put_slice(&self.0.drain(..part).collect::<Vec<_>>());
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Refusing {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn last_words_are_heard_although_a_write_failed_before_they_were_read() {
        let overheard = Arc::new(Overheard::default());
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateRevoked);
        let io = Refusing(goaway(b"reason"), Some(io::Error::new(io::ErrorKind::InvalidData, alert)), true);
        let mut tap = Tap::new(io, overheard.clone());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut tap).poll_write(&mut cx, b"x").is_pending());
        let Poll::Ready(Err(error)) = Pin::new(&mut tap).poll_flush(&mut cx) else { panic!("the write had failed") };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(overheard.parting(), Some(Bytes::from_static(b"reason")));
        assert_eq!(overheard.alert(), Some(AlertDescription::CertificateRevoked));
    }

    proptest! {
        #[test]
        fn goodbyes_are_heard_however_the_bytes_are_cut(
            frames in prop::collection::vec((0u8..10, prop::collection::vec(any::<u8>(), 0..100)), 0..8),
            cut in 1usize..40,
        ) {
            let wanted: Vec<Vec<u8>> =
                frames.iter().filter(|(kind, _)| *kind == GOAWAY).map(|(_, words)| words.clone()).collect();
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|(kind, payload)| if *kind == GOAWAY { goaway(payload) } else { frame(*kind, payload) })
                .collect();
            let (mut frames, mut heard) = (Frames::default(), Vec::new());
            for part in bytes.chunks(cut) {
                frames.pass(part, |words| heard.push(words.to_vec()));
            }
            prop_assert_eq!(heard, wanted);
        }
    }
}
