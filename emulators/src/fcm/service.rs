//! One connection of FCM, HTTP/2 or HTTP/1.1 as ALPN chose, served by hyper over our wire.
//!
//! Google's front end announces 100 streams and means it: a stream above them is refused, and the connection says
//! GOAWAY `exceeded_max_concurrent_streams` with PROTOCOL_ERROR and ends with the streams that it had. Connections that
//! are idle for three minutes or an hour old end with GOAWAY and NO_ERROR.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use h2::Reason;
use http::request::Parts;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::exchange::{self, Exchange};
use super::gate::{Gate, Pass};
use super::judge::{self, Judge, Plan};
use super::{FcmSite, PRODUCTION, SANDBOX, TOKEN_PATH, reader};
use crate::answer::{Act, Answer, Goaway, Last};
use crate::fault::Verdict;
use crate::listen::{Connection, Head};
use crate::record::{Entry, Outcome, pack};
use crate::script::{Script, under_goaway};
use crate::wire::{Handle, Wire};

const STREAMS: u32 = 100;
const WINDOW_BYTES: u32 = 1 << 20;
const HEADER_LIST_BYTES: u32 = 64 * 1024;
/// Bodies are read up to here; what is larger is no message.
const BODY_BYTES: usize = 1 << 20;
const IDLE: Duration = Duration::from_secs(180);
const AGE: Duration = Duration::from_secs(3600);
/// How often age and idleness are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long the client may take to see the end.
const LINGER: Duration = Duration::from_secs(1);
/// How long a last answer may take to the socket.
const FLUSH: Duration = Duration::from_millis(20);

/// A connection as its requests see it.
struct Shared {
    site: Arc<FcmSite>,
    connection: Connection,
    wire: Handle,
    gate: Arc<Gate>,
    /// Drop the connection now.
    drop_now: Notify,
    /// Let it end after the present answers.
    finish: Notify,
}

/// A request in full.
struct Call {
    parts: Parts,
    body: Bytes,
    json: Option<Value>,
}

/// Makes hyper reset a stream with this code; on HTTP/1.1 any error drops the connection.
type Reset = h2::Error;
type Answered = Result<Response<Full<Bytes>>, Reset>;

/// Serves a connection to its end.
pub(super) async fn serve(site: Arc<FcmSite>, stream: TlsStream<TcpStream>, connection: Connection) {
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let first = [(3, STREAMS), (4, WINDOW_BYTES), (6, HEADER_LIST_BYTES)];
    let (io, wire) = if http2 { Wire::http2(stream, Some(&first)) } else { Wire::http1(stream) };
    let (gate, drop_now, finish) = (Arc::new(Gate::default()), Notify::new(), Notify::new());
    let shared = Arc::new(Shared { site, connection, wire, gate, drop_now, finish });
    let serving = Arc::clone(&shared);
    let service = service_fn(move |request| Arc::clone(&serving).accepted(request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // what `first` announces; the streams are counted here, as hyper's limit could not be changed later
    builder.http2().max_concurrent_streams(None).initial_stream_window_size(WINDOW_BYTES);
    builder.http2().max_header_list_size(HEADER_LIST_BYTES).timer(TokioTimer::new());
    let mut server = std::pin::pin!(builder.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        result = server.as_mut() => Some(result),
        () = shared.drop_now.notified() => return,
        () = shared.finish.notified() => None,
        () = shared.gate.left.notified() => None,
        () = shared.grow_old() => None,
    };
    match ended {
        Some(Err(error)) => debug!(%error, "connection ended"),
        Some(Ok(())) => {}
        None => {
            let flushed = tokio::time::timeout(FLUSH, server.as_mut()).await;
            shared.wire.end();
            if flushed.is_err() {
                let _ = tokio::time::timeout(LINGER, server).await;
            }
        }
    }
}

// === impl Shared ===

impl Shared {
    /// A request's head is there; called in order of arrival.
    fn accepted(self: Arc<Self>, request: Request<Incoming>) -> impl Future<Output = Answered> {
        let pass = self.pass(request.version());
        async move {
            let _pass = pass?;
            self.handle(request).await
        }
    }

    /// Counts the stream, or refuses it.
    fn pass(&self, version: Version) -> Result<Pass, Reset> {
        if version != Version::HTTP_2 {
            return Ok(self.gate.pass());
        }
        let open = self.gate.open();
        if open < self.wire.limit() && !self.gate.is_leaving() {
            return Ok(self.gate.pass());
        }
        if open >= self.wire.acknowledged_limit() {
            self.connection.counters().stream_limit_violations.fetch_add(1, Relaxed);
            if self.gate.leave() {
                let text = b"exceeded_max_concurrent_streams";
                self.wire.goaway_because(self.wire.highest_stream(), Reason::PROTOCOL_ERROR, text);
            }
        }
        Err(Reason::REFUSED_STREAM.into())
    }

    async fn handle(&self, request: Request<Incoming>) -> Answered {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, BODY_BYTES).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let json = (parts.uri.path() != TOKEN_PATH).then(|| serde_json::from_slice(&body).ok()).flatten();
        let call = Call { parts, body, json };
        let entry = self.arrived(&call);
        let plan = self.judge(&call);
        if plan.act == Act::Hang {
            entry.ended(Outcome::Fault(plan.act.name()));
        }
        tokio::time::sleep(plan.delay).await;
        self.act(plan, &call, &entry).await
    }

    fn arrived(&self, call: &Call) -> Arc<Entry> {
        let Call { parts, body, .. } = call;
        if call.is_exchange() {
            self.connection.counters().token_requests.fetch_add(1, Relaxed);
        }
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let head = Head { packed: pack(&parts.headers), body: body.clone() };
        self.connection.arrived_in(call.environment(), parts.method.clone(), path.to_owned(), head)
    }

    fn judge(&self, call: &Call) -> Plan {
        let target = || call.json.as_ref().and_then(judge::target);
        let counters = self.connection.counters();
        counters.targets.fetch_add(u64::from(target().is_some()), Relaxed);
        let path = call.parts.uri.path();
        let tokens = || target().into_iter().collect();
        let Verdict { delay, fault, max_streams, .. } = self.connection.verdict_in(call.environment(), path, tokens);
        if let Some(limit) = max_streams.filter(|_| call.parts.version == Version::HTTP_2) {
            self.wire.set_limit(limit);
        }
        let authorization = call.parts.headers.get(http::header::AUTHORIZATION);
        let fresh_access = || counters.access_token(authorization.map_or(b"", http::HeaderValue::as_bytes));
        let judge =
            Judge { site: &self.site, parts: &call.parts, json: call.json.as_ref(), fresh_access: &fresh_access };
        let judged = || if call.is_exchange() { self.exchange(call) } else { judge.plan() };
        let plan = match Script::of(fault, |error| judge.scripted(&error)) {
            Script::AsEver => judged(),
            Script::LastAnswer(debug) => {
                let plan = judged();
                Plan { act: under_goaway(plan.act, debug), ..plan }
            }
            Script::Instead(act) => Plan::now(act),
        };
        Plan { delay: plan.delay + delay, ..plan }
    }

    fn exchange(&self, call: &Call) -> Plan {
        let life = self.connection.token_life(TOKEN_PATH);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_secs = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        let exchange = Exchange { site: &self.site, parts: &call.parts, body: &call.body, now_secs, life };
        Plan::now(Act::Answer(exchange.answer()))
    }

    async fn act(&self, plan: Plan, call: &Call, entry: &Entry) -> Answered {
        if plan.accepted > 0 {
            let counters = self.connection.counters();
            let counter = if call.environment() == SANDBOX { &counters.validated } else { &counters.accepted };
            counter.fetch_add(plan.accepted, Relaxed);
        }
        if !plan.act.answers() {
            entry.ended(Outcome::Fault(plan.act.name()));
        }
        match plan.act {
            Act::Answer(answer) => Ok(answered(answer, call, entry)),
            Act::Hang => forever().await,
            Act::Reset(code) => Err(code.into()),
            Act::Close => {
                self.drop_now.notify_one();
                forever().await
            }
            Act::Goaway(Goaway { debug, last }) => match last {
                Last::Zero => {
                    self.goaway(0, &debug);
                    self.wire.end();
                    forever().await
                }
                Last::Silent => {
                    self.goaway(self.wire.highest_stream(), &debug);
                    self.wire.end();
                    forever().await
                }
                Last::Answered(answer) => {
                    self.goaway(self.wire.highest_stream(), &debug);
                    Ok(answered(*answer, call, entry))
                }
            },
        }
    }

    fn goaway(&self, last_stream: u32, debug: &Bytes) {
        self.wire.goaway(last_stream, debug);
        self.finish.notify_one();
    }

    /// Returns when the connection has been idle or alive for too long and has said so.
    async fn grow_old(&self) {
        let born = Instant::now();
        let mut busy = born;
        loop {
            tokio::time::sleep(LOOK).await;
            if self.gate.open() > 0 {
                busy = Instant::now();
            } else if busy.elapsed() >= IDLE {
                return self.wire.goaway(self.wire.highest_stream(), b"session_timed_out");
            }
            if born.elapsed() >= AGE && self.gate.leave() {
                self.wire.goaway(self.wire.highest_stream(), b"server_shutting_down");
            }
        }
    }
}

// === impl Call ===

impl Call {
    fn is_exchange(&self) -> bool {
        self.parts.uri.path() == TOKEN_PATH
    }

    fn environment(&self) -> &'static str {
        if self.json.as_ref().is_some_and(reader::is_dry_run) { SANDBOX } else { PRODUCTION }
    }
}

fn answered(answer: Answer, call: &Call, entry: &Entry) -> Response<Full<Bytes>> {
    let Answer { status, headers, body } = answer;
    let shown = if call.is_exchange() { exchange::masked(&body).into() } else { body.clone() };
    entry.ended(Outcome::Answered { status: status.as_u16(), body: shown });
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}

async fn forever<T>() -> T {
    let never: Infallible = std::future::pending().await;
    match never {}
}
