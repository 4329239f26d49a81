//! From a scripted fault to what becomes of the request; the same for every vendor but for its own errors.

use bytes::Bytes;
use h2::Reason;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::answer::{Act, Answer, Goaway, Last};
use crate::fault::{Fault, LastStream, VendorError};

/// What a scripted fault does to one request.
pub(crate) enum Script {
    /// Nothing: it is judged as ever.
    AsEver,
    /// It is judged as ever, but its answer is the last one of the connection; the GOAWAY bears this.
    LastAnswer(Bytes),
    /// This happens instead.
    Instead(Act),
}

// === impl Script ===

impl Script {
    /// `own` words the vendor's errors.
    pub(crate) fn of(fault: Option<Fault>, own: impl FnOnce(VendorError) -> Answer) -> Self {
        Self::Instead(match fault {
            // the last five never decide a request, see `fault`
            None
            | Some(Fault::DelayMs(_) | Fault::Tls | Fault::MaxStreams(_) | Fault::FallToOne | Fault::TokenLife(_)) => {
                return Self::AsEver;
            }
            Some(Fault::Goaway { reason, text, last_stream }) => {
                let debug = reason.map(|reason| debug_data(&reason)).or(text.map(Bytes::from)).unwrap_or_default();
                match last_stream {
                    LastStream::Current => return Self::LastAnswer(debug),
                    LastStream::Zero => Act::Goaway(Goaway { debug, last: Last::Zero }),
                }
            }
            Some(Fault::Error(error)) => {
                let retry_after = error.retry_after.as_deref().and_then(|value| HeaderValue::from_str(value).ok());
                let mut answer = own(error);
                answer.headers.extend(retry_after.map(|value| (RETRY_AFTER, value)));
                Act::Answer(answer)
            }
            Some(Fault::Stall) => Act::Hang,
            Some(Fault::Reset) => Act::Reset(Reason::INTERNAL_ERROR),
            Some(Fault::Refuse) => Act::Reset(Reason::REFUSED_STREAM),
            Some(Fault::Rubbish) => Act::Answer(Answer::rubbish(StatusCode::OK)),
            Some(Fault::Status { status, body }) => Act::Answer(Answer::scripted(status, &body)),
            Some(Fault::Close) => Act::Close,
        })
    }
}

/// The same, but an answer is the last one of its connection.
pub(crate) fn under_goaway(act: Act, debug: Bytes) -> Act {
    match act {
        Act::Answer(answer) => Act::Goaway(Goaway { debug, last: Last::Answered(Box::new(answer)) }),
        other => other,
    }
}

/// A reason as GOAWAY bears it.
pub(crate) fn debug_data(reason: &str) -> Bytes {
    json!({ "reason": reason }).to_string().into()
}
