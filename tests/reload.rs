//! A changed configuration is put in force while the service runs: nothing is lost, doubled or refused for it.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::process::{LineStream, Node, Vendors, marked, until, with_every_vendor};

/// A service that is up, and the file that it was started with.
struct Reloading {
    vendors: Vendors,
    node: Node,
    file: PathBuf,
    /// What the file said at the start.
    text: String,
}

/// How a changed configuration comes to be read.
#[derive(Clone, Copy, Debug)]
enum By {
    /// An operator says so.
    Signal,
    /// The file is looked at.
    Looking,
}

/// What was pushed under load.
#[derive(Default)]
struct Load {
    over: AtomicBool,
    sent: AtomicUsize,
    kept: AtomicUsize,
}

/// Those that are pushed to under load.
const VENDORS: [&str; 3] = ["apns", "mi", "huawei"];
/// Lines of a stream at a time.
const LINES: usize = 20;
const GOOD: &str = "pushmux_config_last_reload_successful";

// === impl Reloading ===

impl Reloading {
    async fn start(change: impl FnOnce(String) -> String) -> Self {
        let vendors = Vendors::start().await;
        let file = vendors.config("reloaded.toml", change);
        let text = fs::read_to_string(&file).unwrap();
        let mut node = Node::new(file.clone());
        node.start().await;
        Self { vendors, node, file, text }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.vendors.folder.path().join(name)
    }

    /// How often a log has those words.
    fn told(&self, words: &str) -> usize {
        self.node.log().matches(words).count()
    }

    /// Another configuration, put in its place as editors and tools do; resolves when it was read.
    async fn put(&mut self, text: &str, by: By) {
        let words = ["The configuration is in force", "The configuration cannot be used"];
        let count = |rig: &Self| words.map(|words| rig.told(words)).iter().sum::<usize>();
        let before = count(self);
        replace(&self.file, text);
        if let By::Signal = by {
            self.node.process().hang_up();
        }
        until("it is read", async || count(self) > before).await;
    }

    /// Sends a push to one device; what became of it.
    async fn outcome(&self, id: &str, vendor: &'static str) -> String {
        let push = marked(id, "high", &[(vendor, format!("ok-{id}"))]);
        let (status, answer) = self.node.send(&push).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["results"][0]["outcome"].as_str().unwrap().to_owned()
    }

    /// Entrusts a push to one device.
    async fn keep(&self, id: &str, vendor: &'static str, token: String) {
        let (status, answer) = self.node.keep(&marked(id, "high", &[(vendor, token)])).await.unwrap();
        assert_eq!(status, 202, "{answer}");
    }

    async fn settled(&self, id: &str) -> String {
        until("it is settled", async || self.node.state(id).await["state"] == "settled").await;
        self.node.state(id).await["results"][0]["outcome"].as_str().unwrap().to_owned()
    }

    /// The outcome of each push that is sent until one is accepted, and how long that took.
    async fn accepted_after(&self, name: &str, vendor: &'static str) -> Duration {
        let begun = Instant::now();
        for number in 0.. {
            if self.outcome(&format!("{name}-{number}"), vendor).await == "accepted" {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        begun.elapsed()
    }

    /// Connections to APNs now, as the service counts them.
    async fn connections(&self) -> u64 {
        let listing = self.node.client.get(self.node.url("/v1/channels")).send().await.unwrap();
        let listing: Value = serde_json::from_str(&listing.text().await.unwrap()).unwrap();
        let is_it = |row: &&Value| {
            (&row["app"], &row["vendor"], &row["environment"]) == (&"demo".into(), &"apns".into(), &"production".into())
        };
        let row = listing["channels"].as_array().unwrap().iter().find(is_it).unwrap().clone();
        row["connections"].as_u64().unwrap()
    }

    async fn stop(mut self) {
        assert_eq!(self.node.stop().await.0, Some(0), "{}", self.node.log());
    }
}

/// Replaces a file at once.
fn replace(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, file).unwrap();
}

/// The section of that name with other lines.
fn section(text: &str, name: &str, lines: &str) -> String {
    let head = format!("[{name}]\n");
    let begin = text.find(&head).unwrap() + head.len();
    let end = text[begin..].find("\n[").map_or(text.len(), |end| begin + end);
    format!("{}{lines}{}", &text[..begin], &text[end..])
}

/// The lines of a section.
fn lines<'a>(text: &'a str, name: &str) -> &'a str {
    let head = format!("[{name}]\n");
    let begin = text.find(&head).unwrap() + head.len();
    let end = text[begin..].find("\n[").map_or(text.len(), |end| begin + end);
    &text[begin..end]
}

/// A push to devices of its own, one of each of these vendors.
fn loaded(id: &str) -> String {
    marked(id, "high", &VENDORS.map(|vendor| (vendor, format!("ok-{id}-{vendor}"))))
}

fn all_accepted(id: &str, answer: &Value) {
    let results = answer["results"].as_array().unwrap_or_else(|| panic!("{id}: {answer}"));
    assert_eq!(results.len(), VENDORS.len(), "{id}: {answer}");
    results.iter().for_each(|result| assert_eq!(result["outcome"], "accepted", "{id}: {result}"));
}

/// Posts one push after the other until it is over; every one is taken, and accepted if it is answered at once.
async fn post(node: Arc<NodeUrls>, load: Arc<Load>, caller: usize) {
    for number in 0.. {
        if load.over.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("c{caller}n{number}");
        if caller.is_multiple_of(2) {
            let (status, answer) = node.post(&loaded(&id), None).await;
            assert_eq!(status, 200, "{answer}");
            all_accepted(&id, &serde_json::from_str(&answer).unwrap());
            load.sent.fetch_add(1, Ordering::Relaxed);
        } else {
            let (status, answer) = node.post(&loaded(&id), Some("respond-async")).await;
            assert_eq!(status, 202, "{answer}");
            load.kept.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The same by one stream, some lines at a time.
async fn stream(address: SocketAddr, load: Arc<Load>, caller: usize) {
    let is_direct = caller.is_multiple_of(2);
    let opened = if is_direct { LineStream::open_direct(address).await } else { LineStream::open(address).await };
    let (mut stream, mut number) = (opened.unwrap(), 0);
    while !load.over.load(Ordering::Relaxed) {
        let ids: Vec<String> = (number..number + LINES).map(|number| format!("s{caller}n{number}")).collect();
        number += LINES;
        stream.send(&ids.iter().map(|id| loaded(id) + "\n").collect::<String>()).await.unwrap();
        let mut answered = 0;
        while answered < LINES {
            let answers = stream.answers().await.unwrap().expect("it goes on");
            for answer in answers.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
                match is_direct {
                    true => all_accepted("a line", &answer),
                    false => assert_eq!(answer["state"], "open", "{answer}"),
                }
                answered += 1;
            }
        }
        let count = if is_direct { &load.sent } else { &load.kept };
        count.fetch_add(LINES, Ordering::Relaxed);
    }
}

/// Where a service is reached.
struct NodeUrls {
    client: reqwest::Client,
    pushes: String,
}

impl NodeUrls {
    async fn post(&self, push: &str, prefer: Option<&str>) -> (u16, String) {
        let request = self.client.post(&self.pushes).header("content-type", "application/json").body(push.to_owned());
        let request = prefer.into_iter().fold(request, |request, prefer| request.header("prefer", prefer));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_under_load_loses_doubles_and_refuses_nothing() {
    // The emulators are no brake.
    let mut rig = Reloading::start(|config| with_every_vendor(&config, "rate_per_second = 1000000")).await;
    let by_key = rig.text.clone();
    let certificate = lines(&by_key, "apps.demo-cert.apns").replace("auth =", "rate_per_second = 1000000\nauth =");
    let by_certificate = section(&by_key, "apps.demo.apns", &certificate);
    let patient = section(&by_key, "apps.demo.mi", &format!("timeout_seconds = 9\n{}", lines(&by_key, "apps.demo.mi")));
    let bad = by_certificate.replace("auth = \"certificate\"", "auth = \"none\"");

    let load = Arc::new(Load::default());
    let node = Arc::new(NodeUrls { client: rig.node.client.clone(), pushes: rig.node.url("/v1/pushes") });
    let address = rig.node.address();
    let posting = (0..8).map(|caller| tokio::spawn(post(node.clone(), load.clone(), caller)));
    let streaming = (0..4).map(|caller| tokio::spawn(stream(address, load.clone(), caller)));
    let callers: Vec<_> = posting.chain(streaming).collect();
    for _ in 0..2 {
        for (text, by) in [(&by_certificate, By::Signal), (&bad, By::Signal), (&by_key, By::Looking)] {
            sleep(Duration::from_millis(200)).await;
            rig.put(text, by).await;
        }
        rig.put(&patient, By::Signal).await;
        rig.put(&by_key, By::Signal).await;
    }
    load.over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let pushes = load.sent.load(Ordering::Relaxed) + load.kept.load(Ordering::Relaxed);
    let mut accepted: HashMap<String, usize> = HashMap::new();
    let count = async || rig.vendors.sightings().await.iter().filter(|sighting| sighting.is_accepted()).count();
    until("everything has arrived", async || count().await >= pushes * VENDORS.len()).await;
    for sighting in rig.vendors.sightings().await.iter().filter(|sighting| sighting.is_accepted()) {
        sighting.tokens.iter().for_each(|token| *accepted.entry(token.clone()).or_default() += 1);
    }
    assert_eq!(accepted.len(), pushes * VENDORS.len(), "every target of every push");
    let doubled: Vec<_> = accepted.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");

    // Both credentials were used, each after it had been put in force; the untouched vendor saw no new connection for it.
    let apns = rig.vendors.received("apns").await;
    let is_by_key = |request: &&Value| request["headers"]["authorization"].is_string();
    assert!(apns.iter().filter(is_by_key).count() > 0 && apns.iter().filter(is_by_key).count() < apns.len());
    let huawei = rig.vendors.received("huawei").await;
    let tokens = huawei.iter().filter(|request| request["path"].as_str().unwrap().contains("oauth2"));
    assert_eq!(tokens.count(), 1, "its access token was kept");
    println!(
        "reload under load: {} sent, {} kept, {} reloads, lost 0, doubled 0, refused 0",
        load.sent.load(Ordering::Relaxed),
        load.kept.load(Ordering::Relaxed),
        rig.told("The configuration is in force"),
    );
    assert_eq!(rig.told("The configuration is in force"), 8);
    rig.stop().await;
}

#[tokio::test]
async fn a_new_credential_is_in_use_within_a_second_however_its_file_is_replaced() {
    let vendors = Vendors::start().await;
    let at = |name: &str| vendors.folder.path().join(name);
    let [good, wrong] = ["mi.secret", "mi-wrong.secret"].map(|name| fs::read_to_string(at(name)).unwrap());
    // As Kubernetes mounts a Secret.
    for (folder, text) in [("..1", &wrong), ("..2", &good)] {
        fs::create_dir(at(folder)).unwrap();
        fs::write(at(folder).join("mi"), text).unwrap();
    }
    symlink("..1", at("..data")).unwrap();
    symlink("..data/mi", at("mi.mounted")).unwrap();
    let file = vendors.config("reloaded.toml", |config| config.replace("\"mi.secret\"", "\"mi.mounted\""));
    let text = fs::read_to_string(&file).unwrap();
    let mut node = Node::new(file.clone());
    node.start().await;
    let rig = Reloading { vendors, node, file, text };
    assert_eq!(rig.outcome("before", "mi").await, "bad_credentials");
    // A durable push waits for the credential.
    rig.keep("waits", "mi", "ok-waits".to_owned()).await;

    symlink("..2", rig.at("..data_tmp")).unwrap();
    fs::rename(rig.at("..data_tmp"), rig.at("..data")).unwrap();
    let mut took = vec![rig.accepted_after("linked", "mi").await];
    assert_eq!(rig.settled("waits").await, "accepted");

    // Written in place, and replaced by a rename.
    let file = rig.at("..2/mi");
    for (name, put) in [
        ("written", &(|text: &str| fs::write(&file, text).unwrap()) as &dyn Fn(&str)),
        ("renamed", &|text| replace(&file, text)),
    ] {
        put(&wrong);
        until("the wrong one is in use", async || rig.outcome(name, "mi").await == "bad_credentials").await;
        put(&good);
        took.push(rig.accepted_after(name, "mi").await);
    }
    println!("a credential linked elsewhere, written in place, renamed: in use after {took:?}");
    // A machine that is busy with other things may keep one of them waiting.
    assert!(took.iter().min().unwrap() < &Duration::from_secs(1), "{took:?}");
    assert_eq!(rig.node.metric(GOOD).await, "1");
    rig.stop().await;
}

#[tokio::test]
async fn a_bad_configuration_changes_nothing_and_says_every_fault() {
    let mut rig = Reloading::start(|config| config).await;
    let good = rig.text.clone();
    let started: f64 = rig.node.metric("pushmux_config_last_reload_success_timestamp_seconds").await.parse().unwrap();
    assert!(started > 1.7e9);
    assert_eq!((rig.outcome("first", "apns").await.as_str(), rig.connections().await), ("accepted", 1));
    let faulty = good.replace("key_id = \"", "key_id = \"x").replace("package = \"", "package = \" ");
    rig.put(&faulty, By::Signal).await;
    let log = rig.node.log();
    for field in ["apps.demo.apns.key_id", "apps.demo.mi.package"] {
        assert!(log.contains(field), "{field}: {log}");
    }
    assert_eq!(rig.node.metric(GOOD).await, "0");
    rig.put("[server", By::Looking).await;
    fs::remove_file(&rig.file).unwrap();
    rig.node.process().hang_up();
    until("the missing file is told", async || rig.told("No such file") > 0).await;
    for vendor in ["apns", "mi", "huawei", "meizu", "fcm"] {
        assert_eq!(rig.outcome(vendor, vendor).await, "accepted");
    }
    assert_eq!(rig.connections().await, 1, "it goes on over the same connection");
    // What only a restart changes is named; everything else of the same file is put in force.
    rig.put(&good.replace("127.0.0.1:8080", "127.0.0.1:8081").replace("spool.sqlite3", "other.sqlite3"), By::Looking)
        .await;
    assert_eq!(rig.node.metric(GOOD).await, "1");
    let log = rig.node.log();
    for field in ["server.listen", "spool.path"] {
        assert!(log.contains(field), "{field}: {log}");
    }
    assert!(!rig.at("other.sqlite3").exists());
    assert_eq!(rig.connections().await, 1, "what is not touched keeps it");
    let impatient = good.replace("[apps.demo.apns]\n", "[apps.demo.apns]\ntimeout_seconds = 9\n");
    rig.put(&impatient, By::Signal).await;
    until("the old connection is closed", async || rig.connections().await == 0).await;
    assert_eq!((rig.outcome("last", "apns").await.as_str(), rig.connections().await), ("accepted", 1));
    rig.stop().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_does_not_replace_one_that_can() {
    let mut rig = Reloading::start(|config| config).await;
    let push = |id: &str| marked(id, "high", &[("apns", format!("ok-{id}"))]).replace("\"demo\"", "\"demo-cert\"");
    let whole = rig.text.clone();
    let [good, other] = ["apns-cert", "apns-expired"].map(|name| fs::read(rig.at(&format!("{name}.pem"))).unwrap());
    for code in ["key_mismatch", "expired"] {
        if code == "key_mismatch" {
            // The new certificate is there before its key.
            fs::write(rig.at("apns-cert.pem"), &other).unwrap();
            rig.put(&whole, By::Signal).await;
        } else {
            fs::write(rig.at("apns-cert.pem"), &good).unwrap();
            rig.put(&whole.replace("apns-cert.", "apns-expired."), By::Signal).await;
        }
        assert!(rig.node.log().contains(&format!("{code}: the certificate")), "{}", rig.node.log());
        let (status, answer) = rig.node.send(&push(code)).await.unwrap();
        assert_eq!((status, &answer["results"][0]["outcome"]), (200, &"accepted".into()), "{answer}");
    }
    assert_eq!(rig.node.metric(GOOD).await, "0");
    replace(&rig.file, &whole);
    until("it is good again", async || rig.node.metric(GOOD).await == "1").await;
    rig.stop().await;
}

#[tokio::test]
async fn what_waits_is_sent_as_the_configuration_says_now() {
    let slow = |config: String| config.replace("[apps.demo.mi]\n", "[apps.demo.mi]\nrate_per_second = 5\n");
    let mut rig = Reloading::start(slow).await;
    for number in 0..24 {
        // Two to each device, so that one of them waits for the other.
        rig.keep(&format!("w{number}"), "mi", format!("ok-{}", number / 2)).await;
    }
    let changed = rig.text.replace("channel_id = \"high\"", "channel_id = \"news\"");
    rig.put(&changed, By::Signal).await;
    let before = rig.vendors.received("mi").await.len();
    assert!(before < 20, "{before} of 24 left before the change");
    for number in 0..24 {
        assert_eq!(rig.settled(&format!("w{number}")).await, "accepted");
    }
    let channels: Vec<String> = rig.vendors.received("mi").await.iter().map(channel_of).collect();
    assert_eq!(channels.len(), 24, "each once");
    assert!(channels[..before.min(5)].iter().all(|channel| channel == "high"), "{channels:?}");
    // What the old channel had taken goes out by it; that is not more than its rate lets out at once.
    assert!(channels[before + 2..].iter().all(|channel| channel == "news"), "{before}: {channels:?}");
    rig.stop().await;
}

fn channel_of(request: &Value) -> String {
    let body = &request["body"];
    let field = body.as_object().unwrap().iter().find(|(name, _)| name.ends_with("channel_id"));
    field.unwrap_or_else(|| panic!("no channel in {body}")).1.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_removed_drains_and_what_returns_goes_on() {
    let mut rig = Reloading::start(|config| config).await;
    let whole = rig.text.clone();
    let without_mi = {
        let begin = whole.find("[apps.demo.mi]\n").unwrap();
        let end = begin + 1 + whole[begin + 1..].find("\n[").unwrap();
        format!("{}{}", &whole[..begin], &whole[end..])
    };
    // Two are under way, one waits for its next attempt.
    let unavailable = json!([{"vendor": "mi", "match": {"token_prefix": "ok-late"},
        "fault": {"status": 503}}]);
    rig.vendors.put_faults(&unavailable).await;
    rig.keep("late", "mi", "ok-late".to_owned()).await;
    rig.keep("slow", "mi", "slow-1500-ok-1".to_owned()).await;
    let direct = {
        let node = NodeUrls { client: rig.node.client.clone(), pushes: rig.node.url("/v1/pushes") };
        let push = marked("direct", "high", &[("mi", "slow-1500-ok-2".to_owned())]);
        tokio::spawn(async move { node.post(&push, None).await })
    };
    until("they are under way", async || rig.vendors.received("mi").await.len() >= 3).await;
    until("it waits", async || rig.node.state("late").await["waiting"][0]["next_attempt_at"].is_string()).await;

    rig.put(&without_mi, By::Signal).await;
    let (_, answer) = direct.await.unwrap();
    assert!(answer.contains("\"accepted\""), "{answer}");
    assert_eq!(rig.settled("slow").await, "accepted");
    let (_, answer) = rig.node.send(&marked("gone", "high", &[("mi", "ok-gone".to_owned())])).await.unwrap();
    let result = &answer["results"][0];
    assert_eq!((&result["outcome"], &result["code"]), (&"channel_disabled".into(), &"not_configured".into()));
    assert_eq!(rig.outcome("other", "apns").await, "accepted");
    rig.vendors.put_faults(&json!([])).await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(rig.node.state("late").await["state"], "open", "it waits for its channel");

    rig.put(&whole, By::Looking).await;
    assert_eq!(rig.settled("late").await, "accepted");
    assert_eq!(rig.outcome("back", "mi").await, "accepted");

    // A whole app.
    let begin = whole.find("[apps.demo.").unwrap();
    rig.put(&format!("{}[apps.other]\n", &whole[..begin]), By::Signal).await;
    let (status, answer) = rig.node.send(&marked("nobody", "high", &[("mi", "ok-nobody".to_owned())])).await.unwrap();
    assert_eq!((status, &answer["type"]), (422, &"urn:pushmux:problem:unknown_app".into()), "{answer}");
    assert_eq!(rig.node.state("late").await["state"], "settled", "what was kept can be asked for still");
    rig.put(&whole, By::Signal).await;
    assert_eq!(rig.outcome("again", "apns").await, "accepted");
    rig.stop().await;
}
