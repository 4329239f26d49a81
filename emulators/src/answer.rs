//! What an emulator does with a request in the end: an HTTP answer, or something a transport does instead.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// It is answered.
    Answer(Answer),
    /// It is never answered; the connection stays.
    Hang,
    /// Its stream is reset. On HTTP/1.1 the connection is dropped.
    Reset(h2::Reason),
    /// The connection says that it goes away.
    Goaway(Goaway),
    /// The TCP connection is dropped at once, no TLS goodbye.
    Close,
}

/// A GOAWAY frame, and what it does to the request that met it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goaway {
    pub(crate) debug: Bytes,
    pub(crate) last: Last,
}

/// Which stream GOAWAY names as the last one processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Last {
    /// None that is open was processed, nor will be; the connection ends at once.
    Zero,
    /// All that there are; this one is answered so, then the connection ends.
    Answered(Box<Answer>),
    /// As before, but the connection ends without an answer: nobody can tell.
    Silent,
}

// === impl Answer ===

impl Answer {
    pub(crate) fn new(status: StatusCode, content_type: Option<&'static str>, body: impl Into<Bytes>) -> Self {
        let mut headers = Vec::with_capacity(3);
        if let Some(name) = content_type {
            headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static(name)));
        }
        Self { status, headers, body: body.into() }
    }

    /// A middlebox's page, as clients meet it in front of every vendor.
    pub(crate) fn html(status: StatusCode) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n");
        Self::new(status, Some("text/html"), page)
    }

    /// Bytes that are no JSON, labelled as JSON.
    pub(crate) fn rubbish(status: StatusCode) -> Self {
        Self::new(status, Some("application/json"), &b"{\"rubbish\": \xff\xfe <not json"[..])
    }

    /// What a rule spells out: a JSON string as it stands, other JSON printed, null empty.
    pub(crate) fn scripted(status: u16, body: &Value) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match body {
            Value::Null => Self::empty(status),
            Value::String(text) => Self::new(status, Some("text/plain"), text.clone()),
            json => Self::new(status, Some("application/json"), json.to_string()),
        }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, None, Bytes::new())
    }
}

// === impl Act ===

impl Act {
    /// Whether an HTTP answer is part of it.
    pub(crate) fn answers(&self) -> bool {
        matches!(self, Self::Answer(_) | Self::Goaway(Goaway { last: Last::Answered(_), .. }))
    }

    /// The name of what is not an answer, for the record.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Hang => "stall",
            Self::Reset(h2::Reason::REFUSED_STREAM) => "refuse",
            Self::Reset(_) => "reset",
            Self::Goaway(_) => "goaway",
            Self::Close => "close",
        }
    }
}
