use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use model::{AppId, EventKind};
use spool::{MemorySpool, Moment, NewEvent, Retention, SqliteSpool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::access::Access;
use crate::events::{Selection, Start, code_of};

/// A listener with nothing but this call.
struct Served {
    address: std::net::SocketAddr,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
}

/// A reader, and what it has received but not looked at.
struct Reader {
    response: reqwest::Response,
    text: String,
}

impl Served {
    async fn start(spool: Option<Arc<dyn Spool>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let feeds = Feeds::new(spool, async { drop(stopped.await) });
        let router: Router = routes(feeds).layer(Extension(Access::full()));
        tokio::spawn(axum::serve(listener, router).into_future());
        let client = channel::HttpClients::for_service("http://").unwrap();
        Self { address, client, stop: Some(stop) }
    }

    fn request(&self, query: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("http://{}/v1/events{query}", self.address))
    }

    async fn read(&self, query: &str) -> Reader {
        Self::reader(self.request(query)).await
    }

    async fn reader(request: reqwest::RequestBuilder) -> Reader {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Reader { response, text: String::new() }
    }
}

impl Reader {
    /// The next block: what stands before the next empty line. `None` at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await;
            let Some(chunk) = chunk.expect("there is something to read").unwrap() else {
                assert_eq!(self.text, "", "a stream ends after a whole block");
                return None;
            };
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn ids(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let block = self.block().await.expect("the stream goes on");
            if block.contains("\ndata: ") {
                ids.push(block.strip_prefix("id: ").unwrap().lines().next().unwrap().parse().unwrap());
            }
        }
        ids
    }
}

fn event(app: &str, kind: EventKind, body: impl Into<Bytes>) -> NewEvent {
    NewEvent { app: AppId::parse(app).unwrap(), kind: code_of(kind), body: body.into() }
}

async fn log(spool: &dyn Spool, app: &str, kind: EventKind, count: usize) {
    let event = event(app, kind, &b"{\"push\":\"p\"}"[..]);
    spool.log(Moment::from_millis(1_790_000_000_000), vec![event; count]).await.unwrap();
}

/// Serves the whole log to each who connects, and counts the bytes that are made for it.
async fn counting(spool: Arc<dyn Spool>, made: Arc<AtomicUsize>) -> std::net::SocketAddr {
    let read = get(async move || {
        let selection = Selection { app: None, kinds: EventKind::ALL.to_vec(), access: Access::full() };
        let (feed, skipped) = Feed::open(spool, selection, Start::After(0)).await.unwrap();
        let feeds = Feeds::new(None, std::future::pending());
        let place = feeds.readers.try_acquire_owned().unwrap();
        let text = Reading::new(feed, skipped, place, feeds.stopping).stream();
        Body::from_stream(text.inspect(move |text| {
            made.fetch_add(text.as_ref().unwrap().len(), Ordering::SeqCst);
        }))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, Router::new().route("/v1/events", read)).into_future());
    address
}

async fn problem(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_reader_is_told_what_is_logged_from_now_on() {
    let spool = Arc::new(MemorySpool::new());
    log(&*spool, "demo", EventKind::Outcome, 2).await;
    let served = Served::start(Some(spool.clone())).await;
    let mut reader = served.read("").await;
    let header = |name: &str| reader.response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!((header("cache-control"), header("x-accel-buffering")), ("no-store".to_owned(), "no".to_owned()));
    assert_eq!(reader.block().await.unwrap(), "retry: 1000\nid: 2");
    log(&*spool, "demo", EventKind::DeadToken, 1).await;
    assert_eq!(
        reader.block().await.unwrap(),
        "id: 3\nevent: dead_token\n\
         data: {\"id\":3,\"kind\":\"dead_token\",\"app\":\"demo\",\"at\":\"2026-09-21T14:13:20Z\",\"push\":\"p\"}"
    );
    log(&*spool, "demo", EventKind::Outcome, 3).await;
    assert_eq!(reader.ids(3).await, [4, 5, 6]);
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(SqliteSpool::open(folder.path().join("spool.sqlite3")).unwrap());
    log(&*spool, "demo", EventKind::Outcome, 30).await;
    let served = Served::start(Some(spool.clone())).await;
    assert_eq!(served.read("?after=0").await.ids(30).await, (1..=30).collect::<Vec<u64>>());
    assert_eq!(served.read("?after=27").await.ids(3).await, [28, 29, 30]);
    let resumed = served.request("?after=1").header("last-event-id", "28");
    assert_eq!(Served::reader(resumed).await.ids(2).await, [29, 30]);
    let retention = Retention { pushes: Duration::ZERO, events: Duration::ZERO };
    spool.purge(Moment::MAX, retention).await.unwrap();
    log(&*spool, "demo", EventKind::Outcome, 1).await;
    let mut late = served.read("?after=5").await;
    assert_eq!(late.block().await.unwrap(), "retry: 1000\n: events up to 30 are no longer retained\nid: 5");
    assert_eq!(late.ids(1).await, [31]);
}

#[tokio::test]
async fn a_reader_chooses_app_and_kinds() {
    let spool = Arc::new(MemorySpool::new());
    for app in ["demo", "other"] {
        for kind in EventKind::ALL {
            log(&*spool, app, kind, 1).await;
        }
    }
    let served = Served::start(Some(spool.clone())).await;
    assert_eq!(served.read("?after=0&app=other").await.ids(3).await, [4, 5, 6]);
    assert_eq!(served.read("?after=0&kind=channel").await.ids(2).await, [3, 6]);
    assert_eq!(served.read("?after=0&kind=dead_token,channel&app=demo").await.ids(2).await, [2, 3]);
    assert_eq!(served.read("?after=0&kind=dead_token&kind=outcome&app=demo").await.ids(2).await, [1, 2]);
}

#[tokio::test]
async fn bad_calls_are_refused_with_the_place() {
    let served = Served::start(Some(Arc::new(MemorySpool::new()))).await;
    let (status, text) = problem(served.request("?kind=receipt&after=x")).await;
    assert_eq!(status, 422);
    for part in ["urn:pushmux:problem:invalid_query", "\"/kind\"", "\"/after\""] {
        assert!(text.contains(part), "{text}");
    }
    let (status, _) = problem(served.request("").header("sec-fetch-site", "cross-site")).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn without_a_spool_there_are_no_events() {
    let served = Served::start(None).await;
    let (status, text) = problem(served.request("")).await;
    assert_eq!(status, 501);
    assert!(text.contains("problem:not_available") && text.contains("configure [spool]"), "{text}");
}

#[tokio::test]
async fn readers_are_bounded_and_make_room() {
    let served = Served::start(Some(Arc::new(MemorySpool::new()))).await;
    let mut readers = Vec::new();
    for _ in 0..MAX_READERS {
        readers.push(served.read("").await);
    }
    let (status, text) = problem(served.request("")).await;
    assert_eq!(status, 503);
    assert!(text.contains("problem:busy"), "{text}");
    readers.pop();
    while served.request("").send().await.unwrap().status() != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn stopping_ends_every_stream_and_new_ones_at_once() {
    let spool = Arc::new(MemorySpool::new());
    log(&*spool, "demo", EventKind::Outcome, 1).await;
    let mut served = Served::start(Some(spool)).await;
    let (mut idle, mut busy) = (served.read("").await, served.read("?after=0").await);
    assert_eq!(busy.ids(1).await, [1]);
    idle.block().await.unwrap();
    served.stop.take();
    assert_eq!((idle.block().await, busy.block().await), (None, None));
    let mut late = served.read("?after=0").await;
    late.block().await.unwrap();
    assert_eq!(late.block().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_nothing_but_its_place() {
    const EVENTS: usize = 4000;
    let spool = Arc::new(MemorySpool::new());
    let body = format!("{{\"push\":\"{}\"}}", "x".repeat(10_000));
    for _ in 0..EVENTS / 1000 {
        spool.log(Moment::MIN, vec![event("demo", EventKind::Outcome, body.clone()); 1000]).await.unwrap();
    }
    let written = Arc::new(AtomicUsize::new(0));
    let address = counting(spool, written.clone()).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /v1/events?after=0 HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    // The sockets' buffers fill, and then nothing moves.
    let mut before = usize::MAX;
    while written.load(Ordering::SeqCst) != before {
        before = written.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(before < 20 << 20, "{before} of 40,000,000 bytes were made for one who reads nothing");
    let (mut text, mut buffer, mut seen) = (Vec::new(), vec![0; 1 << 16], 0);
    while seen < EVENTS {
        let count = socket.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0);
        text.extend_from_slice(&buffer[..count]);
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let block = String::from_utf8(text.drain(..end + 2).collect()).unwrap();
            if let Some(rest) = block.split("id: ").nth(1).filter(|_| block.contains("\"push\"")) {
                seen += 1;
                assert_eq!(rest.lines().next().unwrap().parse::<usize>().unwrap(), seen);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_told_nothing_hears_that_we_live() {
    let spool = Arc::new(MemorySpool::new());
    let selection = Selection { app: None, kinds: vec![EventKind::Channel], access: Access::full() };
    let (feed, skipped) = Feed::open(spool.clone(), selection, Start::Now).await.unwrap();
    let feeds = Feeds::new(None, std::future::pending());
    let place = feeds.readers.try_acquire_owned().unwrap();
    let mut stream = Box::pin(Reading::new(feed, skipped, place, feeds.stopping).stream());
    let mut next = async || stream.next().await.unwrap().unwrap();
    assert_eq!(next().await, "retry: 1000\nid: 0\n\n");
    let begun = tokio::time::Instant::now();
    assert_eq!(next().await, ": keep-alive\n\n");
    assert_eq!(begun.elapsed(), sse::KEEP_ALIVE);
    log(&*spool, "demo", EventKind::Outcome, 5).await;
    assert_eq!(next().await, ": keep-alive\nid: 5\n\n", "the reader need not look at these again");
    assert_eq!(next().await, ": keep-alive\n\n");
    log(&*spool, "demo", EventKind::Channel, 1).await;
    assert!(next().await.starts_with(b"id: 6\nevent: channel\n"));
}
