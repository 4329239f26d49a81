//! What was received: kept as bytes in order of arrival, decoded only when somebody asks.
//!
//! The latest [`RECORDS_MAX`] requests are kept, or as many as somebody wants; older ones are forgotten (the counts in `stats`
//! are not). Where none are wanted nothing is copied and no lock is taken, for those who measure.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::vendor::Vendor;

/// How many requests are kept at most.
pub(crate) const RECORDS_MAX: usize = 100_000;

/// One request, decoded, and what it was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Received {
    /// Counts all requests of this run, from 1; never reused.
    pub seq: u64,
    /// When its last byte arrived, RFC 3339.
    pub time: String,
    /// Whose emulator received it.
    pub vendor: &'static str,
    /// `production` or `sandbox`.
    pub environment: &'static str,
    /// Counts the connections of this run, from 1.
    pub connection: u64,
    /// HTTP method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Header values in order of arrival; a list where a name came more than once. Credentials are masked.
    pub headers: Map<String, Value>,
    /// The device tokens it names.
    pub tokens: Vec<String>,
    /// The decoded body: JSON, or an object of form fields; a string if it is neither.
    pub body: Value,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The decoded answer; `{"fault": "<what>"}` where there was none; null while it is open.
    pub answer: Value,
}

/// One request as it is kept.
pub(crate) struct Entry {
    seq: u64,
    time: SystemTime,
    vendor: &'static dyn Vendor,
    environment: &'static str,
    connection: u64,
    pub(crate) method: http::Method,
    pub(crate) path: String,
    headers: Bytes,
    pub(crate) body: Bytes,
    outcome: OnceLock<Outcome>,
}

/// How it ended.
pub(crate) enum Outcome {
    Answered { status: u16, body: Bytes },
    Fault(&'static str),
}

/// What a vendor hands over of a request.
pub(crate) struct Arrival<'r> {
    pub(crate) vendor: &'static dyn Vendor,
    pub(crate) environment: &'static str,
    pub(crate) connection: u64,
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: Bytes,
}

/// The latest requests.
pub(crate) struct Recorder {
    seq: AtomicU64,
    wanted: AtomicUsize,
    kept: Mutex<VecDeque<Arc<Entry>>>,
}

// === impl Recorder ===

impl Recorder {
    pub(crate) fn new() -> Self {
        Self { seq: AtomicU64::new(0), wanted: AtomicUsize::new(RECORDS_MAX), kept: Mutex::default() }
    }

    /// Keeps so many of the latest from now on, at most [`RECORDS_MAX`].
    pub(crate) fn want(&self, requests: usize) {
        self.wanted.store(requests.min(RECORDS_MAX), Relaxed);
        self.clear();
    }

    pub(crate) fn arrived(&self, arrival: Arrival<'_>) -> Arc<Entry> {
        let wanted = self.wanted.load(Relaxed);
        if wanted == 0 {
            let seq = self.seq.fetch_add(1, Relaxed) + 1;
            return Arc::new(Entry::new(seq, Bytes::new(), Arrival { body: Bytes::new(), ..arrival }));
        }
        let packed = pack(arrival.headers);
        let mut kept = self.lock();
        // Under the lock, so that they stand in the order of their numbers.
        let seq = self.seq.fetch_add(1, Relaxed) + 1;
        let entry = Arc::new(Entry::new(seq, packed, arrival));
        while kept.len() >= wanted {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&entry));
        entry
    }

    pub(crate) fn received(&self, vendor: Option<&str>) -> Vec<Received> {
        let entries: Vec<_> = self.lock().iter().map(Arc::clone).collect();
        let wanted = |entry: &&Arc<Entry>| vendor.is_none_or(|name| entry.vendor.name() == name);
        entries.iter().filter(wanted).map(|entry| entry.decode()).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Entry>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Entry ===

impl Entry {
    fn new(seq: u64, headers: Bytes, arrival: Arrival<'_>) -> Self {
        Self {
            seq,
            time: SystemTime::now(),
            vendor: arrival.vendor,
            environment: arrival.environment,
            connection: arrival.connection,
            method: arrival.method,
            path: arrival.path,
            headers,
            body: arrival.body,
            outcome: OnceLock::new(),
        }
    }

    /// Notes how it ended. The first note stands.
    pub(crate) fn ended(&self, outcome: Outcome) {
        let _ = self.outcome.set(outcome);
    }

    fn decode(&self) -> Received {
        let decoded = self.vendor.decode(self);
        let (status, answer) = match self.outcome.get() {
            Some(Outcome::Answered { status, body }) => (Some(*status), decode_body(body)),
            Some(Outcome::Fault(name)) => (None, json!({ "fault": name })),
            None => (None, Value::Null),
        };
        Received {
            seq: self.seq,
            time: rfc3339(self.time),
            vendor: self.vendor.name(),
            environment: self.environment,
            connection: self.connection,
            method: self.method.to_string(),
            path: self.path.clone(),
            headers: unpack(&self.headers, self.vendor),
            tokens: decoded.tokens,
            body: decoded.body,
            status,
            answer,
        }
    }
}

/// JSON if it is JSON, null if it is empty, else the text.
pub(crate) fn decode_body(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

/// Headers as one run of `name:value\n`; smaller and cheaper to keep than a map. Values bear no line feed (RFC 9110).
fn pack(headers: &HeaderMap) -> Bytes {
    let size = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
    let mut packed = Vec::with_capacity(size);
    for (name, value) in headers {
        packed.extend_from_slice(name.as_str().as_bytes());
        packed.push(b':');
        packed.extend_from_slice(value.as_bytes());
        packed.push(b'\n');
    }
    packed.into()
}

fn unpack(packed: &[u8], vendor: &dyn Vendor) -> Map<String, Value> {
    let mut headers = Map::new();
    for line in String::from_utf8_lossy(packed).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = match name {
            "authorization" => vendor.mask(value),
            _ => value.to_owned(),
        };
        add(&mut headers, name, Value::String(value));
    }
    headers
}

/// Puts a value into an object; it becomes a list where the name is there already.
pub(crate) fn add(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

fn rfc3339(time: SystemTime) -> String {
    OffsetDateTime::from(time).format(&Rfc3339).unwrap_or_default()
}
