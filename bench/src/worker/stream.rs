//! Load by one endless request: a line for each push, a line back for each.

use anyhow::{Context as _, ensure};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{Method, Request};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::latency::Latency;
use super::{Done, Load, Meter, Streams};
use crate::identity::Identity;
use crate::workload::{self, Devices};

/// Lines are written in pieces of about so many bytes.
const PIECE_BYTES: usize = 64 << 10;

/// What is looked at in a line of the answer.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    results: Vec<Row<'a>>,
    #[serde(default)]
    state: Option<&'a str>,
}

#[derive(Deserialize)]
struct Row<'a> {
    outcome: &'a str,
}

pub(super) async fn run(streams: &Streams) -> anyhow::Result<Done> {
    let meter = Meter::begin()?;
    let mut running = JoinSet::new();
    for nth in 0..streams.streams {
        let devices = Devices { seed: (nth << 32) ^ streams.load.devices.seed, ..streams.load.devices };
        running.spawn(one(Load { devices, ..streams.load }));
    }
    let mut sent = Identity::default();
    while let Some(one) = running.join_next().await {
        sent += one??;
    }
    meter.end(sent, Latency::default())
}

async fn one(load: Load) -> anyhow::Result<Identity> {
    let load = &load;
    let tcp = TcpStream::connect(load.service).await?;
    tcp.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(tcp)).await?;
    tokio::spawn(async move { drop(connection.await) });
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/v1/pushes/stream")
        .header("host", load.service.to_string())
        .header("content-type", "application/x-ndjson");
    if load.durable {
        request = request.header("prefer", "respond-async");
    }
    let (told, sent) = oneshot::channel();
    let response = sender.send_request(request.body(StreamBody::new(lines(*load, told)))?).await?;
    ensure!(response.status().is_success(), "the stream was answered with {}", response.status());
    let (mut body, mut rest, mut answered) = (response.into_body(), BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        rest.extend_from_slice(&data);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            check(&rest.split_to(end + 1), load)?;
            answered += 1;
        }
    }
    ensure!(answered == load.pushes, "{answered} of {} lines were answered", load.pushes);
    sent.await.context("the lines were not written to their end")
}

fn check(line: &[u8], load: &Load) -> anyhow::Result<()> {
    let Line { results, state } = serde_json::from_slice(line)?;
    let is_good = match load.durable {
        true => state == Some("open"),
        false => results.len() as u64 == load.targets_per_push && results.iter().all(|row| row.outcome == "accepted"),
    };
    ensure!(is_good, "a line was answered with {}", String::from_utf8_lossy(line));
    Ok(())
}

/// The lines, made as they are wanted; tells at their end which devices they named.
fn lines(
    load: Load,
    told: oneshot::Sender<Identity>,
) -> impl stream::Stream<Item = Result<Frame<Bytes>, std::convert::Infallible>> {
    let state = (0, Identity::default(), Some(told));
    stream::unfold(state, move |(mut next, mut sent, mut told)| async move {
        if next == load.pushes {
            if let Some(told) = told.take() {
                let _ = told.send(sent);
            }
            return None;
        }
        let mut piece = BytesMut::with_capacity(PIECE_BYTES + 1024);
        while next < load.pushes && piece.len() < PIECE_BYTES {
            let first = next * load.targets_per_push;
            let (push, tokens) =
                workload::push(load.app(next).as_ref(), load.text, load.devices, first, load.targets_per_push);
            tokens.iter().for_each(|token| sent.add(token));
            piece.extend_from_slice(push.as_bytes());
            piece.extend_from_slice(b"\n");
            next += 1;
        }
        Some((Ok(Frame::data(piece.freeze())), (next, sent, told)))
    })
}
