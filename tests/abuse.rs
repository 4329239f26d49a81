//! What callers can do to us over real sockets: an honest caller hardly notices, memory stays bounded, and in the end the
//! offender is let go of.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::process::{Node, Vendors, resident};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LENGTH: Duration = Duration::from_secs(3);
/// What the service may need more than before: the room for bodies twice, since a buffer that grows is copied and the allocator
/// gives back what it was a moment later, and something for the rest.
const MORE_BYTES: u64 = (2 * 256 + 64) << 20;
/// The machine is busy, and this is not built to be fast.
const SLOWEST: Duration = Duration::from_secs(6);

/// A request to `/healthz` in HPACK: method GET, scheme http, a literal path.
const GET_HEALTH: &[u8] = b"\x82\x86\x04\x08/healthz\x01\x09localhost";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the machine for itself: scripts/test runs it after the others"]
async fn callers_that_mean_harm_hurt_no_honest_one() {
    let vendors = Vendors::start().await;
    let mut node = Node::new(
        vendors.config("abuse.toml", |config| config.replacen("[server]", "[server]\nheader_timeout_seconds = 1", 1)),
    );
    node.start().await;
    let (id, address) = (node.process().id(), node.address());
    let alone = honest(&node, Instant::now() + Duration::from_secs(1)).await;
    for (name, attack) in [
        ("slow headers", Attack::SlowHeaders),
        ("slow bodies", Attack::SlowBodies),
        ("endless headers", Attack::EndlessHeaders),
        ("rapid resets", Attack::RapidResets),
        ("endless CONTINUATION", Attack::Continuations),
        ("pings and settings", Attack::Pings),
        ("idle connections", Attack::Idle),
        ("huge bodies", Attack::HugeBodies),
        ("a stream that is not read", Attack::UnreadStream),
    ] {
        let before = resident(id);
        let end = Instant::now() + LENGTH;
        let watching = async {
            let mut most = 0;
            while Instant::now() < end {
                most = most.max(resident(id));
                sleep(Duration::from_millis(50)).await;
            }
            most
        };
        let (let_go, slowest, most) = tokio::join!(attack.run(address, end), honest(&node, end), watching);
        println!(
            "{name}: honest pushes took {slowest:?} at most ({alone:?} alone), {} MB before, {} MB at most, {let_go} connections were let go of",
            before >> 20,
            most >> 20
        );
        assert!(slowest < SLOWEST, "{name}: {slowest:?}");
        assert!(most < before + MORE_BYTES, "{name}: {} MB more", (most - before) >> 20);
        assert!(!attack.is_ended() || let_go > 0, "{name}: nobody was let go of");
        assert_eq!(node.readiness().await, Some(200), "{name}");
    }
    assert_eq!(node.stop().await.0, Some(0), "{}", node.log());
    assert!(!node.log().contains("panicked"), "{}", node.log());
}

/// The slowest of an honest caller's pushes until `end`; all are accepted.
async fn honest(node: &Node, end: Instant) -> Duration {
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let push = json!({"app": "demo", "message": {"title": "t"}, "targets": [{"vendor": "apns", "token": "ok-1"}]});
        let begun = Instant::now();
        let request = node.client.post(node.url("/v1/pushes")).header("content-type", "application/json");
        let response = request.timeout(Duration::from_secs(10)).body(push.to_string()).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status == 200 && text.contains(r#""outcome":"accepted""#), "{status} {text}");
        slowest = slowest.max(begun.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    slowest
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    SlowHeaders,
    SlowBodies,
    EndlessHeaders,
    RapidResets,
    Continuations,
    Pings,
    Idle,
    HugeBodies,
    UnreadStream,
}

// === impl Attack ===

impl Attack {
    fn callers(self) -> usize {
        match self {
            Attack::Idle => 2000,
            Attack::SlowHeaders | Attack::SlowBodies | Attack::HugeBodies => 100,
            _ => 4,
        }
    }

    /// Whether the service ends it within the moments that this lasts.
    const fn is_ended(self) -> bool {
        matches!(self, Attack::SlowHeaders | Attack::EndlessHeaders | Attack::RapidResets | Attack::Continuations)
    }

    /// How many connections were ended by the service before `end`.
    async fn run(self, address: SocketAddr, end: Instant) -> usize {
        let left = end - Instant::now();
        let ended = join_all((0..self.callers()).map(|_| timeout(left, self.call(address)))).await;
        ended.iter().filter(|ended| ended.is_ok()).count()
    }

    /// Goes on until the service ends it.
    async fn call(self, address: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        let json = "host: localhost\r\ncontent-type: application/json\r\n";
        match self {
            Attack::SlowHeaders => {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ").await?;
                drip(&mut stream).await
            }
            Attack::SlowBodies => {
                let head = format!("POST /v1/pushes HTTP/1.1\r\n{json}content-length: 1000000\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                drip(&mut stream).await
            }
            Attack::EndlessHeaders => {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n").await?;
                flood(stream, b"x-long: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n")
                    .await
            }
            Attack::Idle => stream.read_u8().await.map(drop),
            Attack::HugeBodies => {
                let head = format!("POST /v1/pushes HTTP/1.1\r\n{json}content-length: 8000000\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                // All but the last byte, which keeps what was sent in memory.
                let part = vec![b' '; 100_000];
                for _ in 0..79 {
                    stream.write_all(&part).await?;
                }
                stream.read_u8().await.map(drop)
            }
            Attack::UnreadStream => {
                let head = "POST /v1/pushes/stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: 10000000000\r\n\r\n";
                stream.write_all(head.as_bytes()).await?;
                flood_unread(stream, b"{\"app\": \"nobody's\"}\n").await
            }
            Attack::RapidResets | Attack::Continuations | Attack::Pings => self.call_http2(stream).await,
        }
    }

    async fn call_http2(self, mut stream: TcpStream) -> io::Result<()> {
        stream.write_all(PREFACE).await?;
        stream.write_all(&frame(4, 0, 0, &[])).await?;
        match self {
            Attack::RapidResets => {
                let (mut read, mut write) = stream.into_split();
                let mut answers = vec![0; 1 << 16];
                let flooding = async {
                    for stream in (1u32..).step_by(2) {
                        let reset = frame(3, 0, stream, &8u32.to_be_bytes());
                        write.write_all(&[frame(1, 5, stream, GET_HEALTH), reset].concat()).await?;
                    }
                    io::Result::Ok(())
                };
                let reading = async {
                    while read.read(&mut answers).await? > 0 {}
                    io::Result::Ok(())
                };
                tokio::select! { ended = flooding => ended, ended = reading => ended }
            }
            Attack::Continuations => {
                stream.write_all(&frame(1, 1, 1, GET_HEALTH)).await?;
                flood(stream, &frame(9, 0, 1, b"\x00\x01x\x20yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")).await
            }
            _ => flood_unread(stream, &[frame(6, 0, 0, &[7; 8]), frame(4, 0, 0, &[0, 3, 0, 0, 0, 9])].concat()).await,
        }
    }
}

/// A byte now and then, until the other end has enough.
async fn drip(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        stream.write_all(b"y").await?;
        sleep(Duration::from_millis(100)).await;
    }
}

/// The same bytes until the other end has enough, which is read of it.
async fn flood(stream: TcpStream, bytes: &[u8]) -> io::Result<()> {
    let (mut read, mut write) = stream.into_split();
    let many = bytes.repeat(100);
    let mut answer = [0; 4096];
    let flooding = async {
        loop {
            write.write_all(&many).await?;
        }
    };
    let reading = async {
        while read.read(&mut answer).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::select! { ended = flooding => ended, ended = reading => ended }
}

/// The same without reading what comes.
async fn flood_unread(mut stream: TcpStream, bytes: &[u8]) -> io::Result<()> {
    let many = bytes.repeat(100);
    loop {
        stream.write_all(&many).await?;
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
