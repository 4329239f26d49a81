//! One connection of Huawei, HTTP/1.1 or HTTP/2 as ALPN chose, served by hyper over our wire.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::HuaweiSite;
use super::answer::Refusal;
use super::call::{Call, Sent, call};
use super::judge::{Plan, judge};
use super::{codes, oauth};
use crate::answer::{Act, Answer, Goaway, Last};
use crate::fault::{Fault, VendorError, Verdict};
use crate::listen::{Connection, Head};
use crate::record::{Entry, Outcome, pack};
use crate::script::{Script, under_goaway};
use crate::wire::{Handle, Wire};

/// Bodies beyond this are 80300008 unread: 1000 tokens and the longest message fit well within.
const BODY_BYTES: usize = 1 << 20;
/// How long the client may take to see the end.
const LINGER: Duration = Duration::from_secs(1);
/// How long a last answer may take to the socket.
const FLUSH: Duration = Duration::from_millis(20);

/// A connection as its requests see it.
struct Shared {
    site: Arc<HuaweiSite>,
    connection: Connection,
    wire: Handle,
    /// Drop the connection now.
    drop_now: Notify,
    /// Let it end after the present answers.
    finish: Notify,
}

/// Makes hyper reset a stream with this code; on HTTP/1.1 any error drops the connection.
type Reset = h2::Error;

/// Serves a connection to its end.
pub(super) async fn serve(site: Arc<HuaweiSite>, stream: TlsStream<TcpStream>, connection: Connection) {
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let (io, wire) = if http2 { Wire::http2(stream, None) } else { Wire::http1(stream) };
    let (drop_now, finish) = (Notify::new(), Notify::new());
    let shared = Arc::new(Shared { site, connection, wire, drop_now, finish });
    let serving = Arc::clone(&shared);
    let service = service_fn(move |request| handle(Arc::clone(&serving), request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut server = std::pin::pin!(builder.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        result = server.as_mut() => Some(result),
        () = shared.drop_now.notified() => return,
        () = shared.finish.notified() => None,
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

/// One request.
async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES).collect().await else {
        return Ok(response(Refusal::plain(codes::TOO_LARGE).answer()));
    };
    let body = body.to_bytes();
    let sent = Sent::read(&body);
    let entry = shared.arrived(&parts, &body, &sent);
    let plan = shared.judge(&parts, &body, &sent);
    if plan.act == Act::Hang {
        entry.ended(Outcome::Fault(plan.act.name()));
    }
    tokio::time::sleep(plan.delay).await;
    shared.act(plan, &entry).await
}

// === impl Shared ===

impl Shared {
    fn arrived(&self, parts: &Parts, body: &Bytes, sent: &Sent) -> Arc<Entry> {
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let head = Head { packed: pack(&parts.headers), body: body.clone() };
        self.connection.arrived_in(sent.environment(), parts.method.clone(), path.to_owned(), head)
    }

    fn judge(&self, parts: &Parts, body: &Bytes, sent: &Sent) -> Plan {
        let path = parts.uri.path();
        let counters = self.connection.counters();
        counters.targets.fetch_add(sent.tokens().len() as u64, Relaxed);
        let Verdict { delay, fault, .. } = self.connection.verdict_in(sent.environment(), path, || sent.tokens());
        let judged = || {
            let plan = judge(&self.site, parts, body, sent, now_secs());
            if plan.authorised {
                let bearer = parts.headers.get(http::header::AUTHORIZATION);
                counters.access_token(bearer.map_or(b"", http::HeaderValue::as_bytes));
            }
            plan
        };
        let token_asked = call(&parts.method, path) == Call::Token;
        let fault = fault.filter(|fault| is_for(fault, token_asked));
        let plan = match Script::of(fault, own_error) {
            Script::AsEver => judged(),
            Script::LastAnswer(debug) => {
                let plan = judged();
                Plan { act: under_goaway(plan.act, debug), ..plan }
            }
            Script::Instead(act) => Plan::now(act),
        };
        Plan { delay: plan.delay + delay, ..plan }
    }

    async fn act(&self, plan: Plan, entry: &Entry) -> Result<Response<Full<Bytes>>, Reset> {
        if !plan.act.answers() {
            entry.ended(Outcome::Fault(plan.act.name()));
        }
        match plan.act {
            Act::Answer(answer) => Ok(self.answered(answer, plan.accepted, entry)),
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
                    Ok(self.answered(*answer, plan.accepted, entry))
                }
            },
        }
    }

    fn goaway(&self, last_stream: u32, debug: &Bytes) {
        self.wire.goaway(last_stream, debug);
        self.finish.notify_one();
    }

    fn answered(&self, answer: Answer, accepted: u64, entry: &Entry) -> Response<Full<Bytes>> {
        self.connection.counters().accepted.fetch_add(accepted, Relaxed);
        let body = oauth::masked_answer(&answer);
        entry.ended(Outcome::Answered { status: answer.status.as_u16(), body });
        response(answer)
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}

/// Huawei's own error, as a rule wants it: a `sub_error` of the token endpoint, or a code of the send API.
fn own_error(error: VendorError) -> Answer {
    let code = error.code.unwrap_or(codes::INTERNAL);
    let mut answer = if oauth::is_sub_error(code) {
        oauth::refused(code, error.reason.as_deref())
    } else {
        Refusal { code, text: error.reason }.answer()
    };
    if let Some(status) = error.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        answer.status = status;
    }
    answer
}

/// A code of the send API says nothing at the token endpoint, nor the other way round.
fn is_for(fault: &Fault, token_asked: bool) -> bool {
    match fault {
        Fault::Error(error) => error.code.is_some_and(oauth::is_sub_error) == token_asked,
        _ => true,
    }
}

async fn forever<T>() -> T {
    let never: Infallible = std::future::pending().await;
    match never {}
}

fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
