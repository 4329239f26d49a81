//! Webhooks against a real receiver on this machine.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use config::{Config, Source, WebhookSecret};
use hmac::{Hmac, Mac};
use http::{HeaderMap, StatusCode};
use model::{AppId, EventKind};
use serde_json::Value;
use sha2::Sha256;
use spool::{MemorySpool, Moment, NewEvent, Retention, SqliteSpool};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::counters::Board;
use super::*;
use crate::events::code_of;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// No receiver is really busy here.
const WAIT: Duration = Duration::from_millis(5);

/// Takes what is posted, and answers as it is told.
#[derive(Clone)]
struct Receiver {
    posts: Arc<Mutex<Vec<Post>>>,
    port: u16,
}

#[derive(Clone, Debug)]
struct Post {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A webhook that runs.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves TLS with one certificate.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

/// A log that tests read.
struct Written(Arc<Mutex<Vec<u8>>>);

// === impl Receiver ===

impl Receiver {
    /// `answer` is given the number of the request, from 0 on.
    async fn start<R: IntoResponse>(answer: impl Fn(usize) -> R + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self::serve(listener, port, answer)
    }

    fn serve<R: IntoResponse, L: axum::serve::Listener>(
        listener: L,
        port: u16,
        answer: impl Fn(usize) -> R + Clone + Send + Sync + 'static,
    ) -> Self
    where
        L::Addr: std::fmt::Debug,
    {
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let taking = posts.clone();
        let router = Router::new().fallback(async move |request: Request| -> Response {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let mut posts = taking.lock().unwrap();
            posts.push(Post { path: head.uri.path().to_owned(), headers: head.headers, body });
            answer(posts.len() - 1).into_response()
        });
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { posts, port }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    /// The ids of the events posted, once there are so many.
    async fn ids(&self, count: usize) -> Vec<u64> {
        let begun = Instant::now();
        while self.posts().len() < count {
            assert!(begun.elapsed() < Duration::from_secs(10), "{} posts of {count}", self.posts().len());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.posts().iter().map(Post::event).collect()
    }
}

// === impl Post ===

impl Post {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn event(&self) -> u64 {
        self.json()["data"]["id"].as_u64().unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// As a receiver checks it.
    fn is_signed(&self) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(WebhookSecret::parse(SECRET).unwrap().reveal()).unwrap();
        mac.update(format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp")).as_bytes());
        mac.update(&self.body);
        let signature = self.header("webhook-signature").strip_prefix("v1,").unwrap();
        mac.verify_slice(&STANDARD.decode(signature).unwrap()).is_ok()
    }
}

// === impl Running ===

impl Running {
    fn start(spool: Arc<dyn Spool>, webhook: Webhook) -> Self {
        let (stop, stopped) = oneshot::channel();
        let clock = Clock::system();
        Self { stop, task: tokio::spawn(run(spool, webhook, clock, async { drop(stopped.await) })) }
    }

    async fn stop(self) {
        drop(self.stop);
        tokio::time::timeout(Duration::from_secs(5), self.task).await.expect("it stops at once").unwrap();
    }
}

// === impl Tls ===

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn configured(url: &str, more: &str) -> Config {
    configured_with(url, more, Vec::new())
}

fn configured_with(url: &str, more: &str, file: Vec<u8>) -> Config {
    let spool = "[spool]\npath = \"spool.sqlite3\"\n";
    let text =
        format!("{spool}[apps.demo.webhook]\nurl = \"{url}\"\nsecret = \"{SECRET}\"\nallow_insecure = true\n{more}");
    let source = Source::new(move |_| Ok(file.clone()), |_| None);
    Config::parse(&text, "pushmux.toml".as_ref(), &source).unwrap()
}

fn webhook(url: &str) -> Webhook {
    let all = "allow_private_addresses = true\nevents = [\"outcome\", \"dead_token\", \"channel\"]\n";
    opened(&configured(url, all))
}

fn opened(config: &Config) -> Webhook {
    open(config).unwrap().pop().unwrap().with_waits(WAIT, WAIT * 4)
}

fn event(app: &str, kind: EventKind) -> NewEvent {
    NewEvent { app: AppId::parse(app).unwrap(), kind: code_of(kind), body: Bytes::from_static(b"{\"push\":\"p\"}") }
}

async fn log(spool: &dyn Spool, count: usize) {
    spool.log(Moment::from_millis(1000), vec![event("demo", EventKind::Outcome); count]).await.unwrap();
}

/// Until the webhook has its mark, and so its first event.
async fn begun(spool: &dyn Spool) {
    while spool.marks().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn mark(spool: &dyn Spool) -> u64 {
    let marks = spool.marks().await.unwrap();
    assert_eq!(marks.len(), 1);
    assert_eq!(&*marks[0].0, "webhook/demo");
    marks[0].1
}

fn open_spool(folder: &TempDir) -> Arc<SqliteSpool> {
    Arc::new(SqliteSpool::open(folder.path().join("spool.sqlite3")).unwrap())
}

async fn reopened(spool: Arc<SqliteSpool>, folder: &TempDir) -> Arc<SqliteSpool> {
    let spool = Arc::into_inner(spool).expect("nobody else holds it");
    tokio::task::spawn_blocking(|| drop(spool)).await.unwrap();
    open_spool(folder)
}

#[tokio::test]
async fn events_are_posted_in_order_and_signed() {
    let receiver = Receiver::start(|_| StatusCode::NO_CONTENT).await;
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 40).await;
    assert_eq!(receiver.ids(40).await, (1..=40).collect::<Vec<u64>>());
    log(&*spool, 1).await;
    assert_eq!(receiver.ids(41).await[40], 41);
    let posts = receiver.posts();
    assert!(posts.iter().all(Post::is_signed));
    assert_eq!((posts[0].path.as_str(), posts[0].header("content-type")), ("/hook", "application/json"));
    assert_eq!(posts[0].json()["type"], "push.outcome");
    assert_eq!(posts[0].json()["timestamp"], "1970-01-01T00:00:01Z");
    let mut ids: Vec<&str> = posts.iter().map(|post| post.header("webhook-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 41);
    running.stop().await;
    assert!(mark(&*spool).await >= 40, "the answer to the last may have been under way");
}

#[tokio::test]
async fn a_new_webhook_begins_with_what_is_logged_from_then_on() {
    let receiver = Receiver::start(|_| StatusCode::OK).await;
    let spool = Arc::new(MemorySpool::new());
    log(&*spool, 5).await;
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 1).await;
    assert_eq!(receiver.ids(1).await, [6]);
    running.stop().await;
}

#[tokio::test]
async fn an_app_is_told_its_own_events_of_the_chosen_kinds() {
    let receiver = Receiver::start(|_| StatusCode::OK).await;
    let spool = Arc::new(MemorySpool::new());
    let config = configured(&receiver.url(), "allow_private_addresses = true");
    let running = Running::start(spool.clone(), opened(&config));
    begun(&*spool).await;
    for app in ["other", "demo"] {
        spool.log(Moment::MIN, EventKind::ALL.map(|kind| event(app, kind)).to_vec()).await.unwrap();
    }
    assert_eq!(receiver.ids(2).await, [5, 6]);
    let types: Vec<Value> = receiver.posts().iter().map(|post| post.json()["type"].clone()).collect();
    assert_eq!(types, ["token.dead", "channel.state"]);
    running.stop().await;
    assert!(mark(&*spool).await >= 5);
}

#[tokio::test]
async fn what_fails_is_posted_again_before_what_follows() {
    let answers = |number| match number {
        1 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        2 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response(),
        3 => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::OK.into_response(),
    };
    let receiver = Receiver::start(answers).await;
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 3).await;
    assert_eq!(receiver.ids(6).await, [1, 2, 2, 2, 2, 3]);
    let posts = receiver.posts();
    for again in &posts[2..5] {
        assert_eq!(again.header("webhook-id"), posts[1].header("webhook-id"));
        assert_eq!(again.body, posts[1].body);
        assert!(again.is_signed());
    }
    running.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_until_the_next_start() {
    let receiver = Receiver::start(|number| if number == 1 { StatusCode::GONE } else { StatusCode::OK }).await;
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 3).await;
    tokio::time::timeout(Duration::from_secs(5), running.task).await.expect("it ends by itself").unwrap();
    assert_eq!(receiver.ids(2).await, [1, 2]);
    assert_eq!(mark(&*spool).await, 1);
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    assert_eq!(receiver.ids(4).await, [1, 2, 2, 3]);
    running.stop().await;
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let answers = |number| match number {
        0 => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response(),
        1 => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        _ => StatusCode::OK.into_response(),
    };
    let receiver = Receiver::start(answers).await;
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 2).await;
    assert_eq!(receiver.ids(4).await, [1, 1, 1, 2]);
    assert!(receiver.posts().iter().all(|post| post.path == "/hook"));
    running.stop().await;
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    for url in [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://[::ffff:10.0.0.1]/",
        "http://0x7f.1/",
    ] {
        let faults = open(&configured(url, "")).unwrap_err();
        assert_eq!(faults.len(), 1, "{url}");
        assert!(faults[0].to_string().starts_with("apps.demo.webhook.url: the host has no public address"), "{url}");
    }
    let receiver = Receiver::start(|_| StatusCode::OK).await;
    let spool = Arc::new(MemorySpool::new());
    let url = format!("http://localhost:{}/hook", receiver.port);
    spool.set_mark("webhook/demo", 0).await.unwrap();
    log(&*spool, 1).await;
    let running = Running::start(spool.clone(), opened(&configured(&url, "events = [\"outcome\"]")));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(receiver.posts().is_empty());
    running.stop().await;
    assert_eq!(mark(&*spool).await, 0);
    // The same name, allowed.
    let running = Running::start(spool, webhook(&url));
    assert_eq!(receiver.ids(1).await, [1]);
    running.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_over_a_stop() {
    let receiver = Receiver::start(|_| StatusCode::OK).await;
    let folder = tempfile::tempdir().unwrap();
    let spool = open_spool(&folder);
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 5).await;
    assert_eq!(receiver.ids(5).await, [1, 2, 3, 4, 5]);
    running.stop().await;
    let spool = reopened(spool, &folder).await;
    // Of the last one the answer may not have come back.
    let reached = mark(&*spool).await;
    assert!(reached >= 4, "{reached}");
    log(&*spool, 3).await;
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    let expected = [(1..=5).collect::<Vec<u64>>(), (reached + 1..=8).collect()].concat();
    assert_eq!(receiver.ids(expected.len()).await, expected, "and nothing that was marked is told twice");
    running.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_over_a_crash() {
    let receiver = Receiver::start(|_| StatusCode::OK).await;
    let folder = tempfile::tempdir().unwrap();
    let spool = open_spool(&folder);
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 130).await;
    receiver.ids(130).await;
    running.task.abort();
    assert!(running.task.await.unwrap_err().is_cancelled());
    let spool = reopened(spool, &folder).await;
    let reached = mark(&*spool).await;
    assert!((100..130).contains(&reached), "one write for a hundred deliveries, or for a second: {reached}");
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    let again = 130 - reached as usize;
    let ids = receiver.ids(130 + again).await;
    assert_eq!(ids[130..], (reached + 1..=130).collect::<Vec<u64>>());
    let posts = receiver.posts();
    let id = |number: usize| posts[number].header("webhook-id");
    assert_eq!(id(130 - again), id(130), "a receiver can tell");
    running.stop().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_receiver_that_hangs() {
    let hanging = Arc::new(AtomicUsize::new(0));
    let seen = hanging.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().fallback(async move || {
        seen.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&format!("http://127.0.0.1:{port}/")));
    begun(&*spool).await;
    log(&*spool, 1).await;
    while hanging.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let stopping = Instant::now();
    running.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(2));
    assert_eq!(mark(&*spool).await, 0);
}

#[tokio::test]
async fn an_answer_without_end_is_not_listened_to() {
    let endless = |_| {
        let zeros = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0; 16 << 10])));
        Body::from_stream(zeros)
    };
    let receiver = Receiver::start(endless).await;
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 3).await;
    assert_eq!(receiver.ids(3).await, [1, 2, 3]);
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_longer_retained_is_given_up() {
    let is_well = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let well = is_well.clone();
    let answer = move |_| if well.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    let receiver = Receiver::start(answer).await;
    let spool = Arc::new(MemorySpool::new());
    let running = Running::start(spool.clone(), webhook(&receiver.url()));
    begun(&*spool).await;
    log(&*spool, 3).await;
    receiver.ids(3).await;
    let retention = Retention { pushes: Duration::ZERO, events: Duration::ZERO };
    spool.purge(Moment::MAX, retention).await.unwrap();
    is_well.store(true, Ordering::SeqCst);
    log(&*spool, 2).await;
    let mut ids = Vec::new();
    while ids.last() != Some(&5) {
        ids = receiver.ids(ids.len() + 1).await;
    }
    ids.dedup();
    assert_eq!(ids, [1, 4, 5]);
    running.stop().await;
    assert!(mark(&*spool).await >= 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_posts_nothing_twice_and_goes_on_where_the_old_one_came_to() {
    // Slow, so that an event is under way whenever something changes.
    let slow = Receiver::start(|_| {
        std::thread::sleep(Duration::from_millis(30));
        StatusCode::OK
    });
    let (slow, next) = (slow.await, Receiver::start(|_| StatusCode::OK).await);
    let spool = Arc::new(MemorySpool::new());
    let mut webhooks = Webhooks::new(spool.clone(), Clock::system(), Board::default());
    let mut apply = |wanted: Vec<Webhook>| webhooks.apply(wanted, std::future::pending::<()>);
    apply(vec![webhook(&slow.url())]);
    begun(&*spool).await;
    log(&*spool, 12).await;
    slow.ids(2).await;
    apply(vec![webhook(&slow.url())]);
    slow.ids(4).await;
    apply(vec![webhook(&next.url())]);
    next.ids(1).await;
    let on_the_way = slow.posts().len();
    next.ids(12 - on_the_way).await;
    let all: Vec<u64> = slow.posts().iter().chain(&next.posts()).map(Post::event).collect();
    assert_eq!(all, (1..=12).collect::<Vec<_>>());
    // Taken out, and put in again.
    apply(Vec::new());
    log(&*spool, 2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(next.posts().len(), 12 - on_the_way);
    apply(vec![webhook(&next.url())]);
    assert_eq!(next.ids(14 - on_the_way).await.last(), Some(&14));
}

#[tokio::test]
async fn a_receiver_is_trusted_by_its_authority() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = Tls { listener, acceptor: TlsAcceptor::from(Arc::new(tls)) };
    let receiver = Receiver::serve(tls, port, |_| StatusCode::OK);
    let spool = Arc::new(MemorySpool::new());
    let url = format!("https://localhost:{port}/hook");
    let options = "allow_private_addresses = true\nevents = [\"outcome\"]\nca_file = \"ca.pem\"\n";
    let pem = |text: String| opened(&configured_with(&url, options, text.into_bytes()));
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    spool.set_mark("webhook/demo", 0).await.unwrap();
    log(&*spool, 1).await;
    let running = Running::start(spool.clone(), pem(stranger.cert.pem()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(receiver.posts().is_empty(), "another authority's receiver");
    running.stop().await;
    let running = Running::start(spool, pem(made.cert.pem()));
    assert_eq!(receiver.ids(1).await, [1]);
    running.stop().await;
    let faults = open(&configured_with(&url, options, b"no certificate".to_vec())).unwrap_err();
    assert!(faults[0].to_string().starts_with("apps.demo.webhook.ca_file: ca.pem holds no PEM"), "{}", faults[0]);
}

#[tokio::test]
async fn failing_and_recovering_are_logged_once_and_without_the_url() {
    let logged: Arc<Mutex<Vec<u8>>> = Arc::default();
    let writer = {
        let logged = logged.clone();
        move || Written(logged.clone())
    };
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::INFO).with_writer(writer).finish();
    // One thread runs this test, and so all its tasks.
    let _guard = tracing::subscriber::set_default(subscriber);
    let answer = |number| if number < 5 { StatusCode::IM_A_TEAPOT } else { StatusCode::OK };
    let receiver = Receiver::start(answer).await;
    let spool = Arc::new(MemorySpool::new());
    let url = format!("http://localhost:{}/unguessable?token=hunter2", receiver.port);
    let running = Running::start(spool.clone(), webhook(&url));
    begun(&*spool).await;
    log(&*spool, 3).await;
    receiver.ids(8).await;
    running.stop().await;
    let running = Running::start(spool.clone(), webhook("http://localhost:1/unguessable?token=hunter2"));
    log(&*spool, 1).await;
    let lines = || String::from_utf8(logged.lock().unwrap().clone()).unwrap();
    let of = |words: &str| lines().lines().filter(|line| line.contains(words)).count();
    while of("The webhook fails") < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    running.stop().await;
    assert_eq!((of("The webhook fails"), of("takes its events again")), (2, 1), "{}", lines());
    assert!(lines().contains("it answered 418") && lines().contains("failures=5"), "{}", lines());
    assert!(!lines().contains("unguessable") && !lines().contains("hunter2"), "{}", lines());
}

#[test]
fn neither_secret_nor_path_prints() {
    let webhook = webhook("http://127.0.0.1/unguessable");
    let printed = format!("{webhook:?}");
    assert!(!printed.contains("unguessable") && !printed.contains("MfKQ") && printed.contains("demo"), "{printed}");
}
