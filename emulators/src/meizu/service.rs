//! One connection of Meizu, HTTP/1.1 or HTTP/2 as ALPN chose, served by hyper over our wire.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::MeizuSite;
use super::answer::Refusal;
use super::codes;
use super::form::{Form, mask_path};
use super::judge::{Plan, judge};
use crate::answer::{Act, Answer, Goaway, Last};
use crate::fault::{VendorError, Verdict};
use crate::listen::{Connection, Head};
use crate::record::{Entry, Outcome, pack};
use crate::script::{Script, under_goaway};
use crate::wire::{Handle, Wire};

/// Bodies beyond this are HTTP 413: a hundred pushIds and the longest message fit well within.
const BODY_BYTES: usize = 1 << 20;
/// How long the client may take to see the end.
const LINGER: Duration = Duration::from_secs(1);
/// How long a last answer may take to the socket.
const FLUSH: Duration = Duration::from_millis(20);

/// A connection as its requests see it.
struct Shared {
    site: Arc<MeizuSite>,
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
pub(super) async fn serve(site: Arc<MeizuSite>, stream: TlsStream<TcpStream>, connection: Connection) {
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
        return Ok(response(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE)));
    };
    let body = body.to_bytes();
    let entry = shared.arrived(&parts, &body);
    let plan = shared.judge(&parts, &body);
    if plan.act == Act::Hang {
        entry.ended(Outcome::Fault(plan.act.name()));
    }
    tokio::time::sleep(plan.delay).await;
    shared.act(plan, &entry).await
}

// === impl Shared ===

impl Shared {
    fn arrived(&self, parts: &Parts, body: &Bytes) -> Arc<Entry> {
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let head = Head { packed: pack(&parts.headers), body: body.clone() };
        self.connection.arrived(parts.method.clone(), mask_path(path), head)
    }

    fn judge(&self, parts: &Parts, body: &Bytes) -> Plan {
        let form = Form::parse(&parts.method, parts.uri.query(), body);
        let push_ids = || form.as_ref().map(Form::targets).unwrap_or_default();
        self.connection.counters().targets.fetch_add(push_ids().len() as u64, Relaxed);
        let Verdict { delay, fault, .. } = self.connection.verdict(parts.uri.path(), push_ids);
        let judged = || judge(&self.site, parts, body, OffsetDateTime::now_utc());
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
        entry.ended(Outcome::Answered { status: answer.status.as_u16(), body: answer.body.clone() });
        response(answer)
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}

/// Meizu's own error, as a rule wants it.
fn own_error(error: VendorError) -> Answer {
    let status = error.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    Refusal { code: error.code.unwrap_or(codes::SYSTEM), message: error.reason }.answer(status)
}

async fn forever<T>() -> T {
    let never: Infallible = std::future::pending().await;
    match never {}
}
