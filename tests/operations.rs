//! What an operator meets: a folder that cannot be used, a spoilt file, a full disk, a stop under load, a clock that is set.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use channel::Clock;
use emulators::{Emulators, Settings};
use pushmux::assemble::Plan;
use pushmux::service::Service;
use serde_json::{Value, json};

use crate::cli::{pushmux, text};
use crate::process::{Node, Vendors, marked, until, with_every_vendor};

/// Every vendor hangs, or all answer again.
async fn stall(vendors: &Vendors, is_stalled: bool) {
    let names = ["apns", "mi", "huawei", "meizu", "fcm"].iter().filter(|_| is_stalled);
    let faults: Vec<Value> = names.map(|vendor| json!({"vendor": vendor, "fault": {"stall": true}})).collect();
    vendors.put_faults(&faults.into()).await;
}

/// A configuration whose calls are given up soon.
fn impatient(vendors: &Vendors, spool: &str) -> Node {
    Node::new(vendors.config("operations.toml", |config| {
        with_every_vendor(&config, "timeout_seconds = 2").replace("spool.sqlite3", spool)
    }))
}

/// Entrusts so many pushes; their ids.
async fn entrust(node: &Node, prefix: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let id = format!("{prefix}{number}");
        let vendor = ["apns", "mi"][number % 2];
        let (status, answer) = node.keep(&marked(&id, "high", &[(vendor, format!("ok-{id}"))])).await.unwrap();
        assert_eq!(status, 202, "{answer}");
        ids.push(id);
    }
    ids
}

/// Waits until each is settled as accepted; each was accepted by its vendor exactly so often as is told.
async fn all_accepted(vendors: &Vendors, node: &Node, ids: &[String], times: std::ops::RangeInclusive<usize>) {
    for id in ids {
        until("it is settled", async || node.state(id).await["state"] == "settled").await;
        let state = node.state(id).await;
        assert_eq!(state["results"][0]["outcome"], "accepted", "{state}");
    }
    let mut accepted: HashMap<String, usize> = HashMap::new();
    for sighting in vendors.sightings().await.iter().filter(|sighting| sighting.is_accepted()) {
        *accepted.entry(sighting.mark().to_owned()).or_default() += 1;
    }
    for id in ids {
        let seen = accepted.remove(id).unwrap_or_default();
        assert!(times.contains(&seen), "{id} was accepted {seen} times");
    }
    assert!(accepted.is_empty(), "what was never taken was sent: {accepted:?}");
}

/// `serve` ends at once; what it says.
fn refused(config: &Path) -> String {
    let output = pushmux().args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(config).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    text(&output.stderr)
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_told_with_its_field_and_a_remedy() {
    let vendors = Vendors::start().await;
    let spool = |path: &str| vendors.config("folder.toml", |config| config.replace("spool.sqlite3", path));
    let checked = |config: &Path| {
        let output = pushmux().args(["config", "check"]).arg(config).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    for path in ["nowhere/spool.sqlite3", "ca.pem", "ca.pem/spool.sqlite3"] {
        let told = checked(&spool(path));
        assert!(told.contains("folder.toml: spool.path: ") && told.contains("name another"), "{told}");
    }
    let hash = format!("sha256:{}", "0".repeat(64));
    let key = format!("\n[keys.ops]\nhash = \"{hash}\"\napps = \"all\"\nactions = [\"admin\"]\n");
    let elsewhere = |config: String| config.replace("127.0.0.1:8080", "192.0.2.1:8080") + &key;
    let told = checked(&vendors.config("address.toml", elsewhere));
    assert!(told.contains("address.toml: server.listen: 192.0.2.1 is no address of this machine"), "{told}");
    let told = refused(&spool("nowhere/spool.sqlite3"));
    assert!(told.contains("spool.path: ") && told.contains("does not exist: create it, or name another"), "{told}");
    let told = refused(&spool("ca.pem/spool.sqlite3"));
    assert!(told.contains("spool.path: ") && told.contains("create it, or name another"), "{told}");
    // Root may write everywhere but where the kernel itself forbids it.
    let told = refused(&spool("/sys/kernel/spool.sqlite3"));
    assert!(told.contains("spool.path: ") && told.contains("write permission"), "{told}");
    let told = refused(&spool("ca.pem"));
    assert!(told.contains("spool.path: ") && told.contains("name another file"), "{told}");
}

#[tokio::test]
async fn a_second_service_on_the_same_spool_is_refused() {
    let vendors = Vendors::start().await;
    let mut node = impatient(&vendors, "spool.sqlite3");
    node.start().await;
    let told = refused(&vendors.config("second.toml", |config| config));
    assert!(told.contains("spool.path: ") && told.contains("stop it, or give each its own file"), "{told}");
    assert_eq!(node.stop().await.0, Some(0));
}

#[tokio::test]
async fn a_torn_end_of_the_log_is_cut_and_everything_acknowledged_is_there() {
    let vendors = Vendors::start().await;
    let mut node = impatient(&vendors, "spool.sqlite3");
    let log = vendors.folder.path().join("spool.sqlite3-wal");
    stall(&vendors, true).await;
    node.start().await;
    let mut ids = Vec::new();
    // As a commit looks that was being written: part of a page, or whole pages with a checksum that does not fit.
    for (life, torn) in [3000, 4096 + 24, 3 * (4096 + 24) + 7].into_iter().enumerate() {
        ids.extend(entrust(&node, &format!("t{life}-"), 40).await);
        node.process().kill();
        fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(&vec![0x5a; torn]).unwrap();
        node.start().await;
    }
    stall(&vendors, false).await;
    all_accepted(&vendors, &node, &ids, 1..=1).await;
    assert_eq!(node.stop().await.0, Some(0));
}

#[tokio::test]
async fn a_damaged_spool_is_refused_with_what_to_do() {
    let vendors = Vendors::start().await;
    let mut node = impatient(&vendors, "spool.sqlite3");
    let config = vendors.folder.path().join("operations.toml");
    let file = vendors.folder.path().join("spool.sqlite3");
    let log = vendors.folder.path().join("spool.sqlite3-wal");
    stall(&vendors, true).await;
    node.start().await;
    let ids = entrust(&node, "d", 40).await;
    node.process().kill();
    let (whole, whole_log) = (fs::read(&file).unwrap(), fs::read(&log).unwrap());

    let mut spoilt = whole_log.clone();
    let middle = spoilt.len() / 2;
    spoilt[middle] ^= 1;
    fs::write(&log, &spoilt).unwrap();
    let told = refused(&config);
    assert!(told.contains("spool.path: ") && told.contains("the spool is damaged") && told.contains("move it aside"));
    assert_eq!(fs::read(&log).unwrap(), spoilt, "it is left as it was");

    fs::remove_file(&log).unwrap();
    let mut spoilt = whole.clone();
    spoilt[120..].fill(0x55);
    fs::write(&file, &spoilt).unwrap();
    let told = refused(&config);
    assert!(told.contains("spool.path: ") && told.contains("the spool is damaged") && told.contains("move it aside"));

    // Restored, as it says, from a backup.
    fs::write(&file, &whole).unwrap();
    fs::write(&log, &whole_log).unwrap();
    stall(&vendors, false).await;
    node.start().await;
    all_accepted(&vendors, &node, &ids, 1..=1).await;
    assert_eq!(node.stop().await.0, Some(0));
}

#[tokio::test]
async fn a_full_disk_takes_nothing_new_loses_nothing_and_ends_when_there_is_room() {
    let vendors = Vendors::start().await;
    let disk = vendors.folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mut node = impatient(&vendors, "disk/spool.sqlite3");
    // A small disk of its own, which is gone with the process.
    let small = "mount -t tmpfs -o size=6m tmpfs \"$0\" && head -c 4m /dev/zero > \"$0/ballast\" && exec \"$@\"";
    let own_disk = |small: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", small]).arg(&disk);
        command
    };
    let may_mount = own_disk(small).arg("true").output().is_ok_and(|output| output.status.success());
    if !may_mount {
        println!("not tested: this machine lets nobody but root mount a small disk");
        return;
    }
    let mut command = own_disk(small);
    let serve = node.command();
    command.arg(serve.get_program()).args(serve.get_args());
    stall(&vendors, true).await;
    node.start_by(command).await;

    let padding = "x".repeat(2000);
    let push = |id: &str| {
        let target = [("mi", format!("ok-{id}"))];
        marked(id, "high", &target).replace(r#""body":"#, &format!(r#""data":{{"padding":"{padding}"}},"body":"#))
    };
    let mut ids = Vec::new();
    let refused = loop {
        let id = format!("f{}", ids.len());
        let (status, answer) = node.keep(&push(&id)).await.unwrap();
        if status != 202 {
            assert_eq!(status, 503, "{answer}");
            assert!(answer.contains("urn:pushmux:problem:spool_full"), "{answer}");
            break id;
        }
        ids.push(id);
        assert!(ids.len() < 5000, "the disk is never full");
    };
    assert_eq!(node.readiness().await, Some(503));
    assert_eq!(node.state(&refused).await["type"], "urn:pushmux:problem:unknown_push");
    // What is there goes on being told, and sent as far as there is room for its outcome.
    let state = node.state("f0").await;
    assert_eq!(state["state"], "open", "{state}");

    let ballast = format!("/proc/{}/root{}/ballast", node.process().id(), disk.display());
    fs::remove_file(&ballast).unwrap();
    stall(&vendors, false).await;
    until("it is ready again", async || node.readiness().await == Some(200)).await;
    let (status, answer) = node.keep(&push(&refused)).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    ids.push(refused);
    all_accepted(&vendors, &node, &ids, 1..=1).await;

    // The same with nothing under way: nobody may post to a service that is not ready, so it has to find out by itself.
    let filled = Command::new("dd").args(["if=/dev/zero", "bs=4k"]).arg(format!("of={ballast}")).output().unwrap();
    assert!(text(&filled.stderr).contains("No space left"), "{}", text(&filled.stderr));
    for number in ids.len().. {
        if node.keep(&push(&format!("f{number}"))).await.unwrap().0 == 503 {
            break;
        }
    }
    assert_eq!(node.readiness().await, Some(503));
    fs::remove_file(&ballast).unwrap();
    until("an idle service is ready again", async || node.readiness().await == Some(200)).await;
    assert_eq!(node.stop().await.0, Some(0));
}

/// A service in this process, whose clock the test sets.
struct Watched {
    emulators: Emulators,
    url: String,
    client: reqwest::Client,
    /// What the clock is wrong by, in seconds.
    wrong: Arc<AtomicI64>,
    service: Service,
    _folder: tempfile::TempDir,
}

impl Watched {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulators = emulators::start(Settings { dir: folder.path().to_owned(), base_port: None }).await.unwrap();
        let wrong = Arc::new(AtomicI64::new(0));
        let clock = Clock::new({
            let wrong = wrong.clone();
            move || {
                let wrong = wrong.load(Ordering::Relaxed);
                let by = Duration::from_secs(wrong.unsigned_abs());
                if wrong < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
            }
        });
        let plan = Plan::read(&folder.path().join("pushmux.toml")).unwrap();
        let front = plan.front.clone();
        let service = plan.carry_out(clock).await.unwrap();
        let listener = pushmux::http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(pushmux::http::serve(listener, service.clone(), front, std::future::pending()));
        let client = channel::HttpClients::for_service(&url).unwrap();
        Self { emulators, url, client, wrong, service, _folder: folder }
    }

    async fn keep(&self, push: &Value) {
        let request = self.client.post(format!("{}/v1/pushes", self.url)).header("content-type", "application/json");
        let response = request.header("prefer", "respond-async").body(push.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 202);
    }

    async fn state(&self, id: &str) -> Value {
        let response = self.client.get(format!("{}/v1/pushes/{id}?app=demo", self.url)).send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// The outcome of its one target as soon as there is one.
    async fn outcome(&self, id: &str) -> String {
        until("it is settled", async || self.state(id).await["state"] == "settled").await;
        self.state(id).await["results"][0]["outcome"].as_str().unwrap().to_owned()
    }

    /// Waits until a push was tried in vain and waits for its next attempt.
    async fn waits_for_a_retry(&self, id: &str) {
        until("it was tried", async || self.state(id).await["waiting"][0]["next_attempt_at"].is_string()).await;
    }

    /// How often a device was sent to successfully.
    fn accepted(&self, token: &str) -> usize {
        let received = self.emulators.control().requests(None);
        received.iter().filter(|one| one.status == Some(200) && one.tokens.iter().any(|other| other == token)).count()
    }

    fn set_clock(&self, seconds: i64) {
        self.wrong.store(seconds, Ordering::Relaxed);
    }

    /// From now on every push to APNs is told to try later, or none is.
    async fn fail(&self, is_failing: bool) {
        let faults = match is_failing {
            true => json!([{"vendor": "apns", "fault": {"error": {"reason": "ServiceUnavailable"}}}]),
            false => json!([]),
        };
        let url = format!("{}/faults", self.emulators.control_url());
        let request = channel::HttpClients::for_service(&url).unwrap().put(url);
        let request = request.header("content-type", "application/json").body(faults.to_string());
        assert!(request.send().await.unwrap().status().is_success());
    }
}

fn push(id: &str, ttl: Option<u64>) -> Value {
    let targets = [json!({"vendor": "apns", "token": format!("ok-{id}")})];
    let mut push = json!({"app": "demo", "id": id, "message": {"title": "t", "body": "b"}, "targets": targets});
    if let Some(ttl) = ttl {
        push["options"] = json!({"ttl": ttl});
    }
    push
}

#[tokio::test]
async fn a_clock_that_jumps_forward_loses_nothing_and_ends_what_is_too_old() {
    let watched = Watched::start().await;
    watched.fail(true).await;
    watched.keep(&push("day", None)).await;
    watched.keep(&push("minutes", Some(600))).await;
    watched.waits_for_a_retry("day").await;
    watched.waits_for_a_retry("minutes").await;
    watched.set_clock(3600);
    watched.fail(false).await;
    watched.keep(&push("later", Some(600))).await;
    assert_eq!(watched.outcome("day").await, "accepted");
    assert_eq!(watched.outcome("minutes").await, "expired");
    assert_eq!(watched.outcome("later").await, "accepted");
    assert_eq!(["day", "minutes", "later"].map(|id| watched.accepted(&format!("ok-{id}"))), [1, 0, 1]);
    watched.service.drain().await;
    watched.emulators.stop().await;
}

#[tokio::test]
async fn a_clock_that_jumps_back_loses_nothing_and_sends_nothing_twice() {
    let watched = Watched::start().await;
    watched.fail(true).await;
    watched.keep(&push("day", None)).await;
    watched.keep(&push("minutes", Some(600))).await;
    watched.waits_for_a_retry("day").await;
    watched.waits_for_a_retry("minutes").await;
    watched.set_clock(-3600);
    watched.fail(false).await;
    // What is new is sent at once; what waits for a moment waits for it by the clock as it is.
    watched.keep(&push("new", None)).await;
    assert_eq!(watched.outcome("new").await, "accepted");
    assert_eq!(watched.state("day").await["state"], "open");
    // Set right again, within the time that the others are still worth.
    watched.set_clock(0);
    watched.keep(&push("right", None)).await;
    for id in ["right", "day", "minutes"] {
        assert_eq!(watched.outcome(id).await, "accepted");
    }
    assert_eq!(["day", "minutes", "new", "right"].map(|id| watched.accepted(&format!("ok-{id}"))), [1; 4]);
    watched.service.drain().await;
    watched.emulators.stop().await;
}
