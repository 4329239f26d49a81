//! What can go wrong between us and a vendor.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use model::{BoundAdapter, Outcome, Resend, Scope, Sent, Verdict};
use rustls::AlertDescription;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum TransportFault {
    /// No connection could be made, or the last try was just now.
    Connect {
        /// What happened.
        what: Cow<'static, str>,
        /// When the next try is due.
        retry_after: Option<Duration>,
    },
    /// The vendor refused our client certificate in the handshake.
    CertificateRefused {
        /// With this TLS alert.
        alert: AlertDescription,
    },
    /// No stream was free in time.
    NoStream,
    /// The vendor refused the stream unseen (HTTP/2 REFUSED_STREAM).
    Refused,
    /// The vendor ended the connection before it looked at this request (HTTP/2 GOAWAY).
    GoneAway {
        /// Its parting words.
        words: Bytes,
    },
    /// The connection broke before the request was written.
    NotWritten {
        /// How.
        what: Cow<'static, str>,
    },
    /// The connection broke after the request was written.
    Lost {
        /// How.
        what: Cow<'static, str>,
    },
    /// No answer in time.
    TimedOut,
    /// An answer without end.
    TooLong {
        /// As much was read.
        limit_bytes: usize,
    },
}

// === impl TransportFault ===

impl TransportFault {
    /// A connection that could not be made.
    pub(crate) fn connect(what: impl Into<Cow<'static, str>>) -> Self {
        TransportFault::Connect { what: what.into(), retry_after: None }
    }

    /// The same, where it is known that nothing was written yet.
    pub(crate) fn before_writing(self) -> Self {
        match self {
            TransportFault::Lost { what } => TransportFault::NotWritten { what },
            other => other,
        }
    }

    /// The same, where an answer had begun: whatever the vendor says now, it looked at the request.
    pub(crate) fn after_head(self) -> Self {
        match self {
            TransportFault::Refused | TransportFault::GoneAway { .. } => {
                TransportFault::Lost { what: "the vendor broke off its answer".into() }
            }
            other => other,
        }
    }

    /// Whether the request had a connection to the vendor.
    pub(crate) const fn reached_vendor(&self) -> bool {
        !matches!(self, TransportFault::Connect { .. } | TransportFault::NoStream)
    }

    /// The outcome of every target of the call.
    pub(crate) fn verdict(&self, adapter: &dyn BoundAdapter) -> Verdict {
        match self {
            TransportFault::CertificateRefused { alert } => refused_certificate(*alert),
            TransportFault::GoneAway { words } => adapter.parting(words).unwrap_or_else(|| self.unavailable()),
            _ => self.unavailable(),
        }
    }

    fn unavailable(&self) -> Verdict {
        let (code, detail) = self.words();
        let retry_after = match self {
            TransportFault::Connect { retry_after, .. } => *retry_after,
            _ => None,
        };
        let verdict = Verdict::unavailable(self.sent(), retry_after).code(code).detail(detail);
        match self {
            // A second try this instant would meet the same closed door.
            TransportFault::Connect { .. } | TransportFault::NoStream => verdict.resend(Resend::Never),
            _ => verdict,
        }
    }

    /// Whether the vendor may have carried it out.
    fn sent(&self) -> Sent {
        match self {
            TransportFault::Connect { .. }
            | TransportFault::CertificateRefused { .. }
            | TransportFault::NoStream
            | TransportFault::Refused
            | TransportFault::GoneAway { .. }
            | TransportFault::NotWritten { .. } => Sent::No,
            TransportFault::Lost { .. } | TransportFault::TimedOut | TransportFault::TooLong { .. } => Sent::Maybe,
        }
    }

    /// Our code for it, and words for people.
    fn words(&self) -> (&'static str, Cow<'static, str>) {
        match self {
            TransportFault::Connect { what, .. } => ("connect_failed", what.clone()),
            TransportFault::CertificateRefused { .. } => ("certificate_refused", "certificate refused".into()),
            TransportFault::NoStream => ("no_free_stream", "no stream to the vendor was free in time".into()),
            TransportFault::Refused => ("refused_stream", "the vendor refused the stream unseen".into()),
            TransportFault::GoneAway { words } => ("going_away", parting_words(words)),
            TransportFault::NotWritten { what } => ("not_written", what.clone()),
            TransportFault::Lost { what } => ("connection_lost", what.clone()),
            TransportFault::TimedOut => ("timed_out", "no answer in time".into()),
            TransportFault::TooLong { limit_bytes } => {
                ("endless_answer", format!("the answer is longer than {limit_bytes} bytes").into())
            }
        }
    }
}

fn refused_certificate(alert: AlertDescription) -> Verdict {
    let outcome = match alert {
        AlertDescription::CertificateExpired => Outcome::ExpiredCredentials,
        _ => Outcome::BadCredentials { scope: Scope::Channel },
    };
    Verdict::new(outcome)
        .code("certificate_refused")
        .detail(format!("the vendor refused the client certificate with the TLS alert {alert:?}"))
}

fn parting_words(words: &[u8]) -> Cow<'static, str> {
    match String::from_utf8_lossy(words) {
        words if words.is_empty() => "the vendor closed the connection".into(),
        words => format!("the vendor closed the connection: {words}").into(),
    }
}
