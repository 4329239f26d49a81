//! Requests that carry many devices, over an ordinary HTTP client that keeps its own connections.

use std::error::Error;
use std::io;

use bytes::{Bytes, BytesMut};
use http::Request;
use model::Answer;

use super::{MAX_ANSWER_BYTES, Received, Receiving, TransportFault};

/// A shared HTTP client. Redirects are not followed: what a vendor answers is for its adapter to read.
#[derive(Clone, Debug)]
pub(crate) struct BatchClient {
    client: reqwest::Client,
}

// === impl BatchClient ===

impl BatchClient {
    pub(super) const fn new(client: reqwest::Client) -> Self {
        Self { client }
    }

    pub(super) fn send(&self, request: Request<Bytes>) -> Receiving {
        let client = self.client.clone();
        Box::pin(async move {
            let request = reqwest::Request::try_from(request)
                .map_err(|error| TransportFault::connect(format!("the endpoint is no URL: {error}")))?;
            let mut response = client.execute(request).await.map_err(|error| fault(&error))?;
            let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
            let body = read(response).await?;
            Ok(Received { answer: Answer { status, headers, body }, connection: None })
        })
    }
}

async fn read(mut response: reqwest::Response) -> Result<Bytes, TransportFault> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error).after_head())? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(TransportFault::TooLong { limit_bytes: MAX_ANSWER_BYTES });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn fault(error: &reqwest::Error) -> TransportFault {
    let what = innermost(error);
    if error.is_connect() {
        return TransportFault::connect(what);
    }
    let remote =
        causes(error).into_iter().filter_map(|cause| cause.downcast_ref::<h2::Error>()).find(|cause| cause.is_remote());
    match remote {
        // h2 gives a remote GOAWAY as error only to streams above its last-stream-id, and to new ones.
        Some(cause) if cause.is_go_away() => TransportFault::GoneAway { words: Bytes::new() },
        Some(cause) if cause.reason() == Some(h2::Reason::REFUSED_STREAM) => TransportFault::Refused,
        Some(_) | None => TransportFault::Lost { what: what.into() },
    }
}

/// The deepest cause says what happened; reqwest's own text would name the URL.
fn innermost(error: &reqwest::Error) -> String {
    let deepest = causes(error).last().map(ToString::to_string);
    deepest.unwrap_or_else(|| "the connection failed".to_owned())
}

/// The causes of an error, outermost first, each `io::Error` opened as well.
fn causes(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let (mut causes, mut next) = (Vec::new(), error.source());
    while let Some(cause) = next {
        causes.push(cause);
        let opened = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = opened.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source());
    }
    causes
}
