//! Load by a request for each push, over connections that are kept.

use std::sync::Arc;

use anyhow::ensure;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::latency::Clocked;
use super::pace::{Due, paced};
use super::{Done, Load, Meter, Requests};
use crate::identity::Identity;
use crate::workload;

/// A connection, or a handle to one.
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// What one of those who send has done.
struct Share {
    sent: Identity,
    clocked: Clocked,
}

type Dues = Arc<Mutex<mpsc::UnboundedReceiver<Due>>>;

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
        match requests.at_once {
            0 | 1 => senders.push(warm(Sender::Http1(connect1(&requests.load).await?), &requests.load).await?),
            at_once => {
                let sender = connect2(&requests.load).await?;
                warm(Sender::Http2(sender.clone()), &requests.load).await?;
                senders.extend((0..at_once).map(|_| Sender::Http2(sender.clone())));
            }
        }
    }
    let meter = Meter::begin()?;
    let dues: Dues = Arc::new(Mutex::new(paced(requests.load.pushes, requests.rate)));
    let mut shares = JoinSet::new();
    for sender in senders {
        shares.spawn(work(sender, requests.load, dues.clone()));
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
    let request =
        Request::builder().uri(format!("http://{}/healthz", load.service)).header("host", load.service.to_string());
    sender.send(request.body(Full::default())?).await?.into_body().collect().await?;
    Ok(sender)
}

/// One after the other, whatever is due next.
async fn work(mut sender: Sender, load: Load, dues: Dues) -> anyhow::Result<Share> {
    let mut share = Share { sent: Identity::default(), clocked: Clocked::new()? };
    loop {
        let due = dues.lock().await.recv().await;
        let Some(Due { number, moment, counts }) = due else { return Ok(share) };
        let (push, tokens) = workload::push(
            load.app(number).as_ref(),
            load.text,
            load.devices,
            number * load.targets_per_push,
            load.targets_per_push,
        );
        tokens.iter().for_each(|token| share.sent.add(token));
        let response = sender.send(request(&load, push)?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if counts {
            share.clocked.record(moment.elapsed());
        }
        ensure!(status.is_success(), "a push was answered with {status}: {}", String::from_utf8_lossy(&body));
        if !load.durable {
            let answer: Answer<'_> = serde_json::from_slice(&body)?;
            let accepted = answer.results.iter().filter(|row| row.outcome == "accepted").count() as u64;
            ensure!(accepted == load.targets_per_push, "not accepted: {}", excerpt(&body));
        }
    }
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

// === impl Sender ===

impl Sender {
    async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>> {
        match self {
            Sender::Http1(sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
        }
    }
}
