//! Load by a request for each push, over connections that are kept.

use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::latency::Clocked;
use super::pace::{Due, paced};
use super::{Done, Load, Meter, Requests};
use crate::identity::Identity;
use crate::workload;

/// A connection.
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// What was done over one connection.
struct Share {
    sent: Identity,
    clocked: Clocked,
}

type Dues = mpsc::UnboundedReceiver<Due>;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    results: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    outcome: &'a str,
}

pub(super) async fn run(requests: &Requests) -> anyhow::Result<Done> {
    let mut senders = Vec::new();
    for _ in 0..requests.connections {
        let sender = match requests.at_once {
            0 | 1 => Sender::Http1(connect1(&requests.load).await?),
            _ => Sender::Http2(connect2(&requests.load).await?),
        };
        senders.push(warm(sender, &requests.load).await?);
    }
    let meter = Meter::begin()?;
    let dues = paced(requests.load.pushes, requests.rate, senders.len());
    let mut shares = JoinSet::new();
    for (sender, dues) in senders.into_iter().zip(dues) {
        let (load, at_once) = (requests.load, requests.at_once);
        shares.spawn(async move {
            match sender {
                Sender::Http1(sender) => one_by_one(sender, load, dues).await,
                Sender::Http2(sender) => side_by_side(sender, load, at_once, dues).await,
            }
        });
    }
    let (mut sent, mut clocked) = (Identity::default(), Clocked::new()?);
    while let Some(share) = shares.join_next().await {
        let share = share??;
        sent += share.sent;
        clocked.add(&share.clocked);
    }
    meter.end(sent, clocked.quantiles())
}

/// The first request of a connection has much to do that no other has.
async fn warm(mut sender: Sender, load: &Load) -> anyhow::Result<Sender> {
    let request = Request::builder().uri(format!("http://{}/healthz", load.service));
    let request = request.header("host", load.service.to_string()).body(Full::default())?;
    let response = match &mut sender {
        Sender::Http1(sender) => sender.send_request(request).await?,
        Sender::Http2(sender) => sender.send_request(request).await?,
    };
    response.into_body().collect().await?;
    Ok(sender)
}

async fn one_by_one(mut sender: http1::SendRequest<Full<Bytes>>, load: Load, mut dues: Dues) -> anyhow::Result<Share> {
    let mut share = Share::new()?;
    while let Some(due) = dues.recv().await {
        let request = share.request(&load, due.number)?;
        sender.ready().await?;
        let took = answered(sender.send_request(request).await?, &load, due).await?;
        share.clock(due, took);
    }
    Ok(share)
}

/// So many at once, all within this task: a task for each would have to be found and woken, which takes longer than the
/// answer of an idle service.
async fn side_by_side(
    sender: http2::SendRequest<Full<Bytes>>,
    load: Load,
    at_once: usize,
    mut dues: Dues,
) -> anyhow::Result<Share> {
    let (mut share, mut under_way, mut is_open) = (Share::new()?, FuturesUnordered::new(), true);
    while is_open || !under_way.is_empty() {
        tokio::select! {
            due = dues.recv(), if is_open && under_way.len() < at_once => match due {
                Some(due) => {
                    let (request, mut sender) = (share.request(&load, due.number)?, sender.clone());
                    under_way.push(async move {
                        sender.ready().await?;
                        let took = answered(sender.send_request(request).await?, &load, due).await?;
                        anyhow::Ok((due, took))
                    });
                }
                None => is_open = false,
            },
            Some(done) = under_way.next() => {
                let (due, took) = done?;
                share.clock(due, took);
            }
        }
    }
    Ok(share)
}

/// Reads an answer, and says how long after its moment it was there.
async fn answered(response: Response<Incoming>, load: &Load, due: Due) -> anyhow::Result<Duration> {
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let took = due.moment.elapsed();
    ensure!(status.is_success(), "a push was answered with {status}: {}", String::from_utf8_lossy(&body));
    if !load.durable {
        let answer: Answer<'_> = serde_json::from_slice(&body)?;
        let accepted = answer.results.iter().filter(|row| row.outcome == "accepted").count() as u64;
        ensure!(accepted == load.targets_per_push, "not accepted: {}", excerpt(&body));
    }
    Ok(took)
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(1000)]).into_owned()
}

fn request(load: &Load, push: String) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}/v1/pushes", load.service))
        .header("host", load.service.to_string())
        .header("content-type", "application/json");
    if load.durable {
        request = request.header("prefer", "respond-async");
    }
    Ok(request.body(Full::new(push.into()))?)
}

async fn tcp(load: &Load) -> anyhow::Result<TokioIo<TcpStream>> {
    let tcp = TcpStream::connect(load.service).await?;
    tcp.set_nodelay(true)?;
    Ok(TokioIo::new(tcp))
}

async fn connect1(load: &Load) -> anyhow::Result<http1::SendRequest<Full<Bytes>>> {
    let (sender, connection) = http1::handshake(tcp(load).await?).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

async fn connect2(load: &Load) -> anyhow::Result<http2::SendRequest<Full<Bytes>>> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), tcp(load).await?).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

// === impl Share ===

impl Share {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { sent: Identity::default(), clocked: Clocked::new()? })
    }

    /// The request for a push, which counts as sent.
    fn request(&mut self, load: &Load, number: u64) -> anyhow::Result<Request<Full<Bytes>>> {
        let (app, first) = (load.app(number), number * load.targets_per_push);
        let (push, tokens) = workload::push(app.as_ref(), load.text, load.devices, first, load.targets_per_push);
        tokens.iter().for_each(|token| self.sent.add(token));
        request(load, push)
    }

    fn clock(&mut self, due: Due, took: Duration) {
        if due.counts {
            self.clocked.record(took);
        }
    }
}
