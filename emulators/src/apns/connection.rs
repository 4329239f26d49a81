//! One HTTP/2 connection of APNs: stream limits, order of arrival, answers and what is done instead of them.
//!
//! A single task drives the connection and all its streams, so what binds a connection (first key, token renewals,
//! stream limit) is plain data here. Cancel safe: dropping the future drops the connection.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use h2::server::{self, SendResponse};
use h2::{Reason, RecvStream};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::judge::{Judge, Plan};
use super::session::{Here, Identity, Now};
use super::{ApnsSite, SANDBOX, certificate, request};
use crate::answer::{Act, Answer, Goaway, Last};
use crate::clock;
use crate::fault::Verdict;
use crate::listen::Connection;
use crate::malformed;
use crate::record::{Entry, Outcome};
use crate::script::{Script, debug_data, under_goaway};
use crate::wire::{Handle, Wire};

/// Announced to a proven connection (observed since 2021).
const STREAMS: u32 = 1000;
/// Announced to a token connection before its first valid token.
const STREAMS_UNPROVEN: u32 = 1;
const HEADER_LIST_BYTES: u32 = 8000;
/// Bodies are read up to here, then called too large.
const BODY_BYTES: usize = 64 * 1024;
/// How long a certificate of the wrong environment waits for its first request; a client sees the reason in a request.
const WRONG_ENVIRONMENT_WAIT: Duration = Duration::from_millis(100);
/// How long the client may take to see the end.
const LINGER: Duration = Duration::from_secs(1);
/// How long answers may take to the socket before the connection ends.
const FLUSH: Duration = Duration::from_millis(20);

type Server = server::Connection<Wire<TlsStream<TcpStream>>, Bytes>;
type Work = Pin<Box<dyn Future<Output = Event> + Send>>;

/// A connection at work.
struct Running {
    site: Arc<ApnsSite>,
    connection: Connection,
    wire: Handle,
    identity: Identity,
    /// The first valid token was seen, or none is needed.
    proven: bool,
    /// The limit fell after an error.
    fallen: bool,
    open_streams: u32,
    /// The highest stream that was taken up.
    highest_stream: u32,
    /// GOAWAY was sent and named this one.
    last_stream: Option<u32>,
    work: FuturesUnordered<Work>,
}

/// A request that arrived whole, with the way to answer it.
struct Exchange {
    parts: Parts,
    body: Bytes,
    respond: SendResponse<Bytes>,
}

/// A request that waits for its time.
struct Due {
    act: Act,
    entry: Arc<Entry>,
    fall_to_one: bool,
    respond: SendResponse<Bytes>,
}

enum Event {
    Arrived(Box<Exchange>),
    Due(Box<Due>),
    /// The client gave the stream up.
    Gone,
}

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    /// Flush what is pending, then end.
    End,
    /// Drop it now.
    Drop,
}

/// Serves a connection to its end.
pub(super) async fn serve(site: Arc<ApnsSite>, stream: TlsStream<TcpStream>, connection: Connection) {
    let grant = stream.get_ref().1.peer_certificates().and_then(|chain| certificate::read(chain.first()?));
    let wrong_environment = grant.as_ref().is_some_and(|grant| match connection.place.environment {
        SANDBOX => !grant.sandbox,
        _ => !grant.production,
    });
    let proven = grant.is_some();
    let streams = if proven { STREAMS } else { STREAMS_UNPROVEN };
    let first = [(1, 4096), (3, streams), (4, 65_535), (5, 16_384), (6, HEADER_LIST_BYTES)];
    let (io, wire) = Wire::http2(stream, Some(&first));
    let mut builder = server::Builder::new();
    builder.max_header_list_size(HEADER_LIST_BYTES).max_send_buffer_size(1 << 20);
    let mut server: Server = match builder.handshake(io).await {
        Ok(server) => server,
        Err(error) => return debug!(%error, "HTTP/2 preface failed"),
    };
    if wrong_environment {
        return refuse_environment(&mut server, &wire).await;
    }
    let identity = grant.map_or(Identity::Token(None), Identity::Certificate);
    let mut running = Running {
        site,
        connection,
        wire,
        identity,
        proven,
        fallen: false,
        open_streams: 0,
        highest_stream: 0,
        last_stream: None,
        work: FuturesUnordered::new(),
    };
    running.run(&mut server).await;
}

/// Observed: TLS succeeds, SETTINGS arrive, then GOAWAY and the end; no HTTP answer.
async fn refuse_environment(server: &mut Server, wire: &Handle) {
    let first = tokio::time::timeout(WRONG_ENVIRONMENT_WAIT, server.accept()).await;
    wire.goaway_unprocessed(&debug_data("BadCertificateEnvironment"));
    wire.end();
    drain(server).await;
    drop(first);
}

/// Drives the connection until the client has seen the end.
async fn drain(server: &mut Server) {
    let _ = tokio::time::timeout(LINGER, async { while let Some(Ok(_)) = server.accept().await {} }).await;
}

// === impl Running ===

impl Running {
    async fn run(&mut self, server: &mut Server) {
        loop {
            let next = tokio::select! {
                accepted = server.accept() => match accepted {
                    Some(Ok((request, respond))) => self.accepted(request, respond),
                    Some(Err(error)) => return debug!(%error, "connection ended"),
                    None => return,
                },
                Some(event) = self.work.next(), if !self.work.is_empty() => self.event(event),
            };
            match next {
                Next::GoOn => {}
                Next::End => {
                    let _ = tokio::time::timeout(FLUSH, poll_fn(|cx| server.poll_closed(cx))).await;
                    self.wire.end();
                    return drain(server).await;
                }
                Next::Drop => return,
            }
        }
    }

    /// A stream was opened: over the limit it is refused, else its body is read.
    fn accepted(&mut self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) -> Next {
        self.highest_stream = u32::from(respond.stream_id());
        if self.open_streams >= self.wire.limit() {
            if self.open_streams >= self.wire.acknowledged_limit() {
                self.connection.counters().stream_limit_violations.fetch_add(1, Relaxed);
            }
            respond.send_reset(Reason::REFUSED_STREAM);
            return Next::GoOn;
        }
        if malformed::is_malformed(request.headers()) {
            malformed::record(&self.connection, &request.into_parts().0);
            respond.send_reset(Reason::PROTOCOL_ERROR);
            return Next::GoOn;
        }
        self.open_streams += 1;
        self.work.push(Box::pin(arrive(request, respond)));
        Next::GoOn
    }

    fn event(&mut self, event: Event) -> Next {
        match event {
            Event::Arrived(exchange) => self.arrived(*exchange),
            Event::Due(due) => self.due(*due),
            Event::Gone => {
                self.open_streams -= 1;
                self.after_answer()
            }
        }
    }

    /// A request is whole: recorded, judged, and done now or later.
    fn arrived(&mut self, exchange: Exchange) -> Next {
        let Exchange { parts, body, respond } = exchange;
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let entry = self.connection.arrived(&parts, path.to_owned(), body.clone());
        if let Some(token) = request::device_token(path).filter(|token| !token.is_empty()) {
            self.connection.counters().targets(&[token]);
        }
        let (plan, fall_to_one) = self.judge(&parts, path, &body);
        let due = Due { act: plan.act, entry, fall_to_one, respond };
        if plan.delay.is_zero() && due.act != Act::Hang {
            return self.due(due);
        }
        if due.act == Act::Hang {
            due.entry.ended(Outcome::Fault(due.act.name()));
        }
        self.work.push(Box::pin(wait(due, plan.delay)));
        Next::GoOn
    }

    fn judge(&mut self, parts: &Parts, path: &str, body: &Bytes) -> (Plan, bool) {
        let credential = self.credential(parts);
        let verdict = self.connection.verdict(path, || request::device_token(path).into_iter().collect());
        let Verdict { delay, max_streams, fall_to_one, fault } = verdict;
        if let Some(limit) = max_streams {
            self.wire.set_limit(limit);
        }
        let environment = self.connection.place.environment;
        let judge = Judge { site: &self.site, environment, identity: &self.identity, parts, path };
        let mut plan = match Script::of(fault, |error| judge.scripted(&error)) {
            Script::AsEver => judge.plan(credential, body),
            Script::LastAnswer(debug) => {
                let plan = judge.plan(credential, body);
                Plan { act: under_goaway(plan.act, debug), ..plan }
            }
            Script::Instead(act) => Plan { delay: Duration::ZERO, act },
        };
        plan.delay += delay;
        (plan, fall_to_one)
    }

    /// Checks the credential, and raises the stream limit at the first valid token.
    fn credential(&mut self, parts: &Parts) -> Result<(), &'static str> {
        let authorization = request::authorization(&parts.headers)?;
        let here = Here { account: &self.site.account, environment: self.connection.place.environment };
        let fresh = self.identity.check(authorization, here, now())?;
        if fresh && let Some(authorization) = authorization {
            self.connection.counters().access_token(authorization);
        }
        if !self.proven {
            self.proven = true;
            self.wire.set_limit(STREAMS);
        }
        Ok(())
    }

    /// The time has come.
    fn due(&mut self, due: Due) -> Next {
        let Due { act, entry, fall_to_one, mut respond } = due;
        if !act.answers() {
            entry.ended(Outcome::Fault(act.name()));
        }
        match act {
            Act::Answer(answer) => {
                self.limit_after(answer.status, fall_to_one);
                self.send(answer, &entry, &mut respond);
                self.open_streams -= 1;
                self.after_answer()
            }
            Act::Reset(code) => {
                respond.send_reset(code);
                self.open_streams -= 1;
                self.after_answer()
            }
            Act::Goaway(goaway) => self.goaway(goaway, &entry, &mut respond),
            Act::Hang => Next::GoOn,
            Act::Close => Next::Drop,
        }
    }

    fn goaway(&mut self, goaway: Goaway, entry: &Entry, respond: &mut SendResponse<Bytes>) -> Next {
        match goaway.last {
            Last::Zero => {
                self.wire.goaway_unprocessed(&goaway.debug);
                self.wire.end();
                Next::End
            }
            Last::Silent => {
                self.wire.goaway(&goaway.debug);
                self.wire.end();
                Next::End
            }
            Last::Answered(answer) => {
                self.last_stream = Some(self.wire.goaway(&goaway.debug));
                self.send(*answer, entry, respond);
                self.open_streams -= 1;
                self.after_answer()
            }
        }
    }

    fn send(&self, answer: Answer, entry: &Entry, respond: &mut SendResponse<Bytes>) {
        if !self.wire.may_answer() {
            return entry.ended(Outcome::Fault("goaway"));
        }
        if answer.status == StatusCode::OK {
            self.connection.counters().accepted.fetch_add(1, Relaxed);
        }
        entry.ended(Outcome::Answered { status: answer.status.as_u16(), body: answer.body.clone() });
        let mut response = Response::new(());
        *response.status_mut() = answer.status;
        response.headers_mut().extend(answer.headers.into_iter().map(|(name, value)| (Some(name), value)));
        let no_body = answer.body.is_empty() || entry.method == Method::HEAD;
        let sent = respond.send_response(response, no_body);
        if let Ok(mut stream) = sent
            && !no_body
        {
            let _ = stream.send_data(answer.body, true);
        }
    }

    /// The limit falls with an error and rises with the next accepted push, where a rule wants it.
    fn limit_after(&mut self, status: StatusCode, fall_to_one: bool) {
        if fall_to_one && status.is_client_error() {
            self.fallen = true;
            self.wire.set_limit(STREAMS_UNPROVEN);
        } else if self.fallen && status == StatusCode::OK {
            self.fallen = false;
            self.wire.set_limit(STREAMS);
        }
    }

    /// After GOAWAY the connection ends with its last stream.
    fn after_answer(&self) -> Next {
        let is_last = self.last_stream.is_some_and(|last| self.highest_stream >= last);
        if is_last && self.open_streams == 0 { Next::End } else { Next::GoOn }
    }
}

/// Reads a request's body.
async fn arrive(request: Request<RecvStream>, respond: SendResponse<Bytes>) -> Event {
    let (parts, mut stream) = request.into_parts();
    let mut body = BytesMut::new();
    while let Some(chunk) = stream.data().await {
        let Ok(chunk) = chunk else { return Event::Gone };
        let _ = stream.flow_control().release_capacity(chunk.len());
        body.extend_from_slice(&chunk[..chunk.len().min(BODY_BYTES - body.len())]);
    }
    Event::Arrived(Box::new(Exchange { parts, body: body.freeze(), respond }))
}

/// Waits for a request's time, or for ever, unless the client gives it up before.
async fn wait(mut due: Due, delay: Duration) -> Event {
    let hangs = due.act == Act::Hang;
    let given_up = poll_fn(|cx| due.respond.poll_reset(cx));
    let time = async {
        tokio::time::sleep(delay).await;
        if hangs {
            std::future::pending::<()>().await;
        }
    };
    let over = tokio::select! {
        _ = given_up => true,
        () = time => false,
    };
    if over { Event::Gone } else { Event::Due(Box::new(due)) }
}

fn now() -> Now {
    Now { instant: Instant::now(), unix_secs: clock::unix_secs() }
}
