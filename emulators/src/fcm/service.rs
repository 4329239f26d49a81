//! What FCM adds to the HTTP service.
//!
//! Google's front end announces 100 streams and means it: a stream above them is refused, and the connection says
//! GOAWAY `exceeded_max_concurrent_streams` with PROTOCOL_ERROR and ends with the streams that it had. Connections that
//! are idle for three minutes or an hour old end with GOAWAY and NO_ERROR.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use serde_json::Value;

use super::exchange::{self, Exchange};
use super::judge::{self, Judge};
use super::{FcmSite, PRODUCTION, SANDBOX, TOKEN_PATH, reader};
use crate::answer::Answer;
use crate::clock;
use crate::fault::VendorError;
use crate::listen::Connection;
use crate::plan::Plan;
use crate::service::{Arrived, Bounds, HttpSite};
use crate::stats::Counters;

/// A message, if the body is JSON and may be one.
type Json = Option<Value>;

// === impl FcmSite ===

impl HttpSite for FcmSite {
    type Sent = Json;

    const BOUNDS: Option<Bounds> = Some(Bounds {
        streams: 100,
        window_bytes: 1 << 20,
        header_list_bytes: 64 * 1024,
        idle: Duration::from_secs(180),
        age: Duration::from_secs(3600),
        too_many: "exceeded_max_concurrent_streams",
        idled: "session_timed_out",
        aged: "server_shutting_down",
    });

    fn read(parts: &Parts, body: &Bytes) -> Json {
        (parts.uri.path() != TOKEN_PATH).then(|| serde_json::from_slice(body).ok()).flatten()
    }

    /// It is no message.
    fn too_long() -> Option<Answer> {
        None
    }

    fn targets(request: &Arrived<Json>) -> Vec<&str> {
        request.sent.as_ref().and_then(judge::target).into_iter().collect()
    }

    fn judge(&self, request: &Arrived<Json>, connection: &Connection) -> Plan {
        if !Self::is_token_request(request) {
            return self.judged(request).plan();
        }
        let Arrived { parts, body, .. } = request;
        let life = connection.token_life(TOKEN_PATH);
        Plan::answer(Exchange { site: self, parts, body, now_secs: clock::unix_secs(), life }.answer())
    }

    fn own_error(&self, request: &Arrived<Json>, error: VendorError) -> Answer {
        self.judged(request).scripted(&error)
    }

    fn environment(request: &Arrived<Json>) -> Option<&'static str> {
        Some(if request.sent.as_ref().is_some_and(reader::is_dry_run) { SANDBOX } else { PRODUCTION })
    }

    fn is_token_request(request: &Arrived<Json>) -> bool {
        request.parts.uri.path() == TOKEN_PATH
    }

    fn accepted<'c>(request: &Arrived<Json>, counters: &'c Counters) -> &'c AtomicU64 {
        if Self::environment(request) == Some(SANDBOX) { &counters.validated } else { &counters.accepted }
    }

    fn shown_answer(request: &Arrived<Json>, answer: &Answer) -> Bytes {
        if Self::is_token_request(request) { exchange::masked(&answer.body).into() } else { answer.body.clone() }
    }
}

impl FcmSite {
    fn judged<'r>(&'r self, request: &'r Arrived<Json>) -> Judge<'r> {
        Judge { site: self, parts: &request.parts, json: request.sent.as_ref() }
    }
}
