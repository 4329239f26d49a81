//! Bodies, taken in whole before anybody looks at them: in time, and no more at once than there is memory for.
//!
//! A body counts from its first byte until its request is answered, since what is read of it lives as long.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Problem;

/// The room for bodies of all callers.
#[derive(Clone, Debug)]
pub(super) struct Uploads {
    room: Arc<Semaphore>,
    max_body_bytes: usize,
    /// For a body from its first byte to its last.
    time: Duration,
}

/// A body's share of the room, given back on drop.
type Share = Option<OwnedSemaphorePermit>;

/// Bodies at once, all callers' together; at least a few of the longest.
const ROOM_BYTES: usize = 256 << 20;
const LONGEST_AT_ONCE: usize = 4;
/// In which room is counted. Small bodies count as one.
const UNIT_BYTES: usize = 1 << 10;
/// When who found no room may come again.
const PAUSE: Duration = Duration::from_secs(1);

// === impl Uploads ===

impl Uploads {
    pub(super) fn new(max_body_bytes: usize, time: Duration) -> Self {
        let units = ROOM_BYTES.max(max_body_bytes.saturating_mul(LONGEST_AT_ONCE)) / UNIT_BYTES;
        Self { room: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))), max_body_bytes, time }
    }

    async fn take_in(&self, request: Request) -> Result<(Request, Share), Problem> {
        let (head, body) = request.into_parts();
        if body.is_end_stream() {
            return Ok((Request::from_parts(head, body), None));
        }
        let (bytes, share) = timeout(self.time, self.read(body)).await.map_err(|_| self.late())??;
        Ok((Request::from_parts(head, Body::from(bytes)), share))
    }

    async fn read(&self, body: Body) -> Result<(Bytes, Share), Problem> {
        let (mut whole, mut more): (Bytes, Option<BytesMut>) = (Bytes::new(), None);
        let (mut length, mut share): (usize, Share) = (0, None);
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| broken())?;
            length += chunk.len();
            if length > self.max_body_bytes {
                return Err(Problem::too_large());
            }
            self.grow(&mut share, length)?;
            match &mut more {
                // Most bodies come in one piece and are not copied.
                None if whole.is_empty() => whole = chunk,
                None => more.insert(BytesMut::from(whole.as_ref())).extend_from_slice(&chunk),
                Some(more) => more.extend_from_slice(&chunk),
            }
        }
        Ok((more.map_or(whole, BytesMut::freeze), share))
    }

    fn late(&self) -> Problem {
        let detail = format!("the whole body must arrive within {} seconds", self.time.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "The body came too slowly", detail)
    }

    /// Makes a share fit so many bytes.
    fn grow(&self, share: &mut Share, bytes: usize) -> Result<(), Problem> {
        let held = share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(missing) = bytes.div_ceil(UNIT_BYTES).checked_sub(held).filter(|missing| *missing > 0) else {
            return Ok(());
        };
        let missing = u32::try_from(missing).map_err(|_| busy())?;
        let more = self.room.clone().try_acquire_many_owned(missing).map_err(|_| busy())?;
        match share {
            Some(share) => share.merge(more),
            None => *share = Some(more),
        }
        Ok(())
    }
}

/// Takes a request's body in before the request is looked at.
pub(super) async fn take_in(State(uploads): State<Uploads>, request: Request, next: Next) -> Response {
    match uploads.take_in(request).await {
        Ok((request, share)) => {
            let response = next.run(request).await;
            drop(share);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

fn busy() -> Problem {
    let detail = "too many bodies are being received at once; try again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much at once", detail).retry_after(PAUSE)
}

fn broken() -> Problem {
    let detail = "the connection broke before the body's end";
    Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body cannot be read", detail)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    fn uploads(max_body_bytes: usize) -> Uploads {
        Uploads::new(max_body_bytes, Duration::from_secs(30))
    }

    fn request(chunks: Vec<&'static [u8]>, ends: bool) -> Request {
        let chunks = stream::iter(chunks).map(|chunk| Ok::<_, Infallible>(Bytes::from_static(chunk)));
        let body = match ends {
            true => Body::from_stream(chunks),
            false => Body::from_stream(chunks.chain(stream::pending())),
        };
        Request::new(body)
    }

    async fn status(uploads: &Uploads, request: Request) -> StatusCode {
        uploads.take_in(request).await.map_or_else(|problem| problem.status(), |_| StatusCode::OK)
    }

    #[tokio::test]
    async fn a_body_is_the_same_however_it_comes() {
        let uploads = uploads(1 << 20);
        for chunks in [vec![&b"one two three"[..]], vec![b"one ", b"two ", b"", b"three"]] {
            let (request, share) = uploads.take_in(request(chunks, true)).await.unwrap();
            let whole = axum::body::to_bytes(request.into_body(), 100).await.unwrap();
            assert_eq!(whole, "one two three");
            assert_eq!(share.unwrap().num_permits(), 1);
        }
    }

    #[tokio::test]
    async fn a_longer_body_is_refused_as_soon_as_it_shows() {
        let uploads = uploads(1 << 10);
        let chunk: &'static [u8] = &[b'x'; 600];
        assert_eq!(status(&uploads, request(vec![chunk, chunk], false)).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_end_is_given_up() {
        assert_eq!(status(&uploads(1 << 10), request(vec![b"x"], false)).await, StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn beyond_the_room_callers_are_asked_to_come_again_until_others_are_answered() {
        let uploads = uploads(1 << 10);
        let free = uploads.room.available_permits();
        let all = uploads.room.clone().try_acquire_many_owned(u32::try_from(free - 1).unwrap()).unwrap();
        let (_, share) = uploads.take_in(request(vec![b"first"], true)).await.unwrap();
        assert_eq!(status(&uploads, request(vec![b"second"], true)).await, StatusCode::SERVICE_UNAVAILABLE);
        drop(share);
        assert_eq!(status(&uploads, request(vec![b"second"], true)).await, StatusCode::OK);
        drop(all);
        assert_eq!(uploads.room.available_permits(), free, "nothing is lost");
    }
}
