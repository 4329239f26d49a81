//! HTTP service of a vendor, HTTP/1.1 or HTTP/2 as ALPN chose, by hyper over our wire; APNs alone has its own.
//!
//! A request is read whole, recorded, met by scripted faults, judged by its vendor, and answered or done away with.
//! Cancel safe: dropping the future of a connection drops the connection.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::Reason;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Version, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::answer::{Act, Answer, Goaway, Last};
use crate::fault::{Fault, VendorError, Verdict};
use crate::gate::{Gate, Pass};
use crate::listen::Connection;
use crate::malformed;
use crate::plan::Plan;
use crate::record::{Entry, Outcome};
use crate::script::Script;
use crate::stats::Counters;
use crate::wire::{Handle, Wire};

/// Bodies are read up to here; the largest call of every vendor fits well within.
const BODY_BYTES: usize = 1 << 20;
/// How often age and idleness are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long the client may take to see the end.
const LINGER: Duration = Duration::from_secs(1);
/// How long a last answer may take to the socket.
const FLUSH: Duration = Duration::from_millis(20);

/// What differs between the vendors that are served so.
pub(crate) trait HttpSite: Send + Sync + 'static {
    /// What can be read of a request before it is judged.
    type Sent: Send + Sync;

    /// Bounds of connections; without them a connection has hyper's.
    const BOUNDS: Option<Bounds> = None;

    fn read(parts: &Parts, body: &Bytes) -> Self::Sent;

    /// The answer to a body that was too long to be read; without one it counts as empty.
    fn too_long() -> Option<Answer>;

    /// The device tokens that a request names.
    fn targets(request: &Arrived<Self::Sent>) -> Vec<&str>;

    /// The vendor's own judgement.
    fn judge(&self, request: &Arrived<Self::Sent>, connection: &Connection) -> Plan;

    /// The vendor's own error, as a rule wants it.
    fn own_error(&self, request: &Arrived<Self::Sent>, error: VendorError) -> Answer;

    /// The environment, where a shared listener leaves it to the request.
    fn environment(_: &Arrived<Self::Sent>) -> Option<&'static str> {
        None
    }

    /// Whether an access token is asked for.
    fn is_token_request(_: &Arrived<Self::Sent>) -> bool {
        false
    }

    /// Whether a scripted fault says anything to such a request.
    fn meets(_: &Arrived<Self::Sent>, _: &Fault) -> bool {
        true
    }

    /// Where accepted device tokens of a request are counted.
    fn accepted<'c>(_: &Arrived<Self::Sent>, counters: &'c Counters) -> &'c AtomicU64 {
        &counters.accepted
    }

    /// A path with its query for the record, without secrets.
    fn shown_path(path: &str) -> String {
        path.to_owned()
    }

    /// The body of an answer for the record, without secrets.
    fn shown_answer(_: &Arrived<Self::Sent>, answer: &Answer) -> Bytes {
        answer.body.clone()
    }
}

/// How a front end bounds its connections. A stream above the limit is refused, and the connection ends with the
/// streams that it had; a connection that is idle or old ends with GOAWAY and NO_ERROR.
pub(crate) struct Bounds {
    pub(crate) streams: u32,
    pub(crate) window_bytes: u32,
    pub(crate) header_list_bytes: u32,
    pub(crate) idle: Duration,
    pub(crate) age: Duration,
    /// Debug data of the GOAWAY with PROTOCOL_ERROR for too many streams.
    pub(crate) too_many: &'static str,
    /// Debug data of the GOAWAY after idleness.
    pub(crate) idled: &'static str,
    /// Debug data of the GOAWAY of old age.
    pub(crate) aged: &'static str,
}

/// A request that arrived whole.
pub(crate) struct Arrived<T> {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) sent: T,
}

/// A connection as its requests see it.
struct Shared<S> {
    site: Arc<S>,
    connection: Connection,
    wire: Handle,
    gate: Arc<Gate>,
    /// Drop the connection now.
    drop_now: Notify,
    /// Let it end after the present answers.
    finish: Notify,
}

/// Makes hyper reset a stream with this code; on HTTP/1.1 any error drops the connection.
type Reset = h2::Error;
type Answered = Result<Response<Full<Bytes>>, Reset>;

/// Serves a connection to its end.
pub(crate) async fn serve<S: HttpSite>(site: Arc<S>, stream: TlsStream<TcpStream>, connection: Connection) {
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let first = S::BOUNDS.map(|bounds| bounds.settings());
    let first = first.as_ref().map(<[_; 3]>::as_slice);
    let (io, wire) = if http2 { Wire::http2(stream, first) } else { Wire::http1(stream) };
    let (gate, drop_now, finish) = (Arc::new(Gate::default()), Notify::new(), Notify::new());
    let shared = Arc::new(Shared { site, connection, wire, gate, drop_now, finish });
    let serving = Arc::clone(&shared);
    let service = service_fn(move |request| Arc::clone(&serving).accepted(request));
    let builder = builder(S::BOUNDS);
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

fn builder(bounds: Option<Bounds>) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    if let Some(bounds) = bounds {
        // what `settings` announces; the streams are counted here, as hyper's limit could not be changed later
        builder.http2().max_concurrent_streams(None).initial_stream_window_size(bounds.window_bytes);
        builder.http2().max_header_list_size(bounds.header_list_bytes).timer(TokioTimer::new());
    }
    builder
}

// === impl Bounds ===

impl Bounds {
    /// The first SETTINGS frame.
    fn settings(&self) -> [(u16, u32); 3] {
        [(3, self.streams), (4, self.window_bytes), (6, self.header_list_bytes)]
    }
}

// === impl Shared ===

impl<S: HttpSite> Shared<S> {
    /// A request's head is there; called in order of arrival.
    fn accepted(self: Arc<Self>, request: Request<Incoming>) -> impl Future<Output = Answered> {
        let pass = self.pass(request.version());
        async move {
            let _pass = pass?;
            let (parts, body) = request.into_parts();
            if parts.version == Version::HTTP_2 && malformed::is_malformed(&parts.headers) {
                malformed::record(&self.connection, &parts);
                return Err(Reason::PROTOCOL_ERROR.into());
            }
            self.handle(parts, body).await
        }
    }

    /// Counts the stream, or refuses it.
    fn pass(&self, version: Version) -> Result<Pass, Reset> {
        let Some(bounds) = S::BOUNDS.filter(|_| version == Version::HTTP_2) else { return Ok(self.gate.pass()) };
        let open = self.gate.open();
        if open < self.wire.limit() && !self.gate.is_leaving() {
            return Ok(self.gate.pass());
        }
        if open >= self.wire.acknowledged_limit() {
            self.connection.counters().stream_limit_violations.fetch_add(1, Relaxed);
            if self.gate.leave() {
                self.wire.goaway_because(Reason::PROTOCOL_ERROR, bounds.too_many.as_bytes());
            }
        }
        Err(Reason::REFUSED_STREAM.into())
    }

    async fn handle(&self, parts: Parts, body: Incoming) -> Answered {
        let body = match (Limited::new(body, BODY_BYTES).collect().await, S::too_long()) {
            (Ok(body), _) => body.to_bytes(),
            (Err(_), Some(answer)) if self.wire.may_answer() => return Ok(response(answer)),
            (Err(_), Some(_)) => return forever().await,
            (Err(_), None) => Bytes::new(),
        };
        let sent = S::read(&parts, &body);
        let request = Arrived { parts, body, sent };
        let entry = self.record(&request);
        let plan = self.judge(&request);
        if plan.act == Act::Hang {
            entry.ended(Outcome::Fault(plan.act.name()));
        }
        tokio::time::sleep(plan.delay).await;
        self.act(plan, &request, &entry).await
    }

    fn record(&self, request: &Arrived<S::Sent>) -> Arc<Entry> {
        let Arrived { parts, body, .. } = request;
        if S::is_token_request(request) {
            self.connection.counters().token_requests.fetch_add(1, Relaxed);
        }
        let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        self.connection.arrived_in(self.environment(request), parts, S::shown_path(path), body.clone())
    }

    fn judge(&self, request: &Arrived<S::Sent>) -> Plan {
        let counters = self.connection.counters();
        counters.targets(&S::targets(request));
        let path = request.parts.uri.path();
        let verdict = self.connection.verdict_in(self.environment(request), path, || S::targets(request));
        let Verdict { delay, fault, max_streams, .. } = verdict;
        let bounded = S::BOUNDS.is_some() && request.parts.version == Version::HTTP_2;
        if let Some(limit) = max_streams.filter(|_| bounded) {
            self.wire.set_limit(limit);
        }
        let fault = fault.filter(|fault| S::meets(request, fault));
        let script = Script::of(fault, |error| self.site.own_error(request, error));
        let plan = Plan::under(script, || self.site.judge(request, &self.connection));
        if plan.authorised {
            let authorization = request.parts.headers.get(header::AUTHORIZATION);
            counters.access_token(authorization.map_or(b"", HeaderValue::as_bytes));
        }
        Plan { delay: plan.delay + delay, ..plan }
    }

    async fn act(&self, plan: Plan, request: &Arrived<S::Sent>, entry: &Entry) -> Answered {
        if !plan.act.answers() {
            entry.ended(Outcome::Fault(plan.act.name()));
        }
        match plan.act {
            Act::Answer(answer) => self.answered(answer, plan.accepted, request, entry).await,
            Act::Hang => forever().await,
            Act::Reset(code) => Err(code.into()),
            Act::Close => {
                self.drop_now.notify_one();
                forever().await
            }
            Act::Goaway(Goaway { debug, last }) => match last {
                Last::Zero => {
                    self.wire.goaway_unprocessed(&debug);
                    self.gone().await
                }
                Last::Silent => {
                    self.wire.goaway(&debug);
                    self.gone().await
                }
                Last::Answered(answer) => {
                    self.wire.goaway(&debug);
                    self.finish.notify_one();
                    self.answered(*answer, plan.accepted, request, entry).await
                }
            },
        }
    }

    /// The end after GOAWAY, without an answer.
    async fn gone(&self) -> Answered {
        self.finish.notify_one();
        self.wire.end();
        forever().await
    }

    async fn answered(&self, answer: Answer, accepted: u64, request: &Arrived<S::Sent>, entry: &Entry) -> Answered {
        if !self.wire.may_answer() {
            entry.ended(Outcome::Fault("goaway"));
            return forever().await;
        }
        S::accepted(request, self.connection.counters()).fetch_add(accepted, Relaxed);
        entry.ended(Outcome::Answered { status: answer.status.as_u16(), body: S::shown_answer(request, &answer) });
        Ok(response(answer))
    }

    fn environment(&self, request: &Arrived<S::Sent>) -> &'static str {
        S::environment(request).unwrap_or(self.connection.place.environment)
    }

    /// Returns when the connection has been idle or alive for too long and has said so.
    async fn grow_old(&self) {
        let Some(bounds) = S::BOUNDS else { return forever().await };
        let born = Instant::now();
        let mut busy = born;
        loop {
            tokio::time::sleep(LOOK).await;
            if self.gate.open() > 0 {
                busy = Instant::now();
            } else if busy.elapsed() >= bounds.idle {
                self.wire.goaway(bounds.idled.as_bytes());
                return;
            }
            if born.elapsed() >= bounds.age && self.gate.leave() {
                self.wire.goaway(bounds.aged.as_bytes());
            }
        }
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}

async fn forever<T>() -> T {
    let never: Infallible = std::future::pending().await;
    match never {}
}
