//! What a vendor, or who stands in its place, can do to us: every push ends in an outcome in time, memory stays bounded, and
//! other channels do not notice.
//!
//! One service has a channel to each of many malicious vendors and to the honest emulators, all under load at once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::hostile::{Hostile, Malice};
use crate::process::{Node, Vendors, resident};
use crate::support::replaced;

/// A malicious vendor of an app of its own.
struct Attack {
    app: String,
    malice: Malice,
    hostile: Hostile,
}

/// How many answers there were, and the slowest.
#[derive(Debug, Default)]
struct Tally {
    answers: usize,
    slowest: Duration,
    codes: Vec<String>,
}

const TIMEOUT: Duration = Duration::from_secs(1);
/// A call may be repeated once; the rest is for a machine that does ten other things.
const IN_TIME: Duration = Duration::from_secs(10);
const LENGTH: Duration = Duration::from_secs(4);
const TARGETS: usize = 5;
/// What the service may need more than before: far less than an endless answer brings in a second.
const MORE_BYTES: u64 = 100 << 20;

/// A machine that is busy with everything else may be late for any of them.
const SLOW: &[&str] = &["unavailable timed_out", "unavailable no_free_stream"];
const BEFORE_IT_SPOKE: &[&str] = &["unavailable connect_failed", "unavailable no_free_stream", "unavailable timed_out"];
const BROKEN: &[&str] = &[
    "unavailable connection_lost",
    "unavailable not_written",
    "unavailable refused_stream",
    "unavailable going_away",
    "unavailable endless_answer",
];

const EVERY: &[Malice] = &[
    Malice::Silence,
    Malice::NoTls,
    Malice::OldTls,
    Malice::Expired,
    Malice::OtherHost,
    Malice::Stranger,
    Malice::NoHttp,
    Malice::NoStreams,
    Malice::NoWindow,
    Malice::SettingsFlood,
    Malice::PingFlood,
    Malice::WindowOverflow,
    Malice::Promises,
    Malice::Goodbyes,
    Malice::EndlessHeaders,
    Malice::HugeHeaders,
    Malice::EndlessBody,
    Malice::SlowBody,
    Malice::Bomb,
    Malice::OldEndlessHeaders,
    Malice::OldSlowHeaders,
    Malice::OldPleaseWait,
    Malice::OldEndlessBody,
    Malice::OldEndlessChunk,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the machine for itself: scripts/test runs it after the others"]
async fn malicious_vendors_get_outcomes_in_time_and_hurt_no_other() {
    let elsewhere = Hostile::start(Malice::Silence).await;
    let malices = EVERY.iter().copied().chain([Malice::Redirect(elsewhere.address.port())]);
    let attacks: Vec<Attack> = join_all(malices.map(Attack::start)).await;
    let vendors = Vendors::start().await;
    let mut node = Node::new(vendors.config("malicious.toml", |config| {
        let folder = vendors.folder.path();
        attacks.iter().fold(config.clone(), |all, attack| {
            attack.hostile.write_ca(folder, &format!("{}.pem", attack.app));
            format!("{all}\n{}\n{}", attack.section(&config, "apns"), attack.section(&config, "mi"))
        })
    }));
    node.start().await;
    honest(&node, Instant::now() + Duration::from_millis(500)).await;
    let alone = honest(&node, Instant::now() + LENGTH / 2).await;
    let id = node.process().id();
    let before = resident(id);

    let end = Instant::now() + LENGTH;
    let attacked =
        join_all(attacks.iter().flat_map(|attack| [(attack, "apns"), (attack, "mi")]).map(|(attack, vendor)| {
            let node = &node;
            async move { (attack, vendor, suffer(node, attack, vendor, end).await) }
        }));
    let watching = async {
        let mut most = 0;
        while Instant::now() < end {
            most = most.max(resident(id));
            sleep(Duration::from_millis(100)).await;
        }
        most
    };
    let (attacked, beside, most) = tokio::join!(attacked, honest(&node, end), watching);

    for (attack, vendor, tally) in &attacked {
        println!(
            "{:?} {vendor}: {} pushes in {:?} at most, {} connections, {:?}",
            attack.malice,
            tally.answers,
            tally.slowest,
            attack.hostile.connections(),
            tally.codes
        );
    }
    println!(
        "malicious vendors: {} attacks, resident memory {} MB before and {} MB at most, an honest push took {:?} at most alone and {:?} beside them ({} pushes)",
        attacked.len(),
        before >> 20,
        most >> 20,
        alone.slowest,
        beside.slowest,
        beside.answers,
    );
    for (attack, vendor, tally) in &attacked {
        assert!(tally.slowest < IN_TIME, "{:?} {vendor}: {:?}", attack.malice, tally.slowest);
        let unexpected = tally.codes.iter().find(|code| !attack.explains(code));
        assert_eq!(unexpected, None, "{:?} {vendor}", attack.malice);
        // A door that stays shut is not hammered at.
        assert!(
            attack.hostile.connections() < 200,
            "{:?}: {} connections",
            attack.malice,
            attack.hostile.connections()
        );
    }
    assert_eq!(elsewhere.connections(), 0, "a redirect was followed");
    assert!(most < before + MORE_BYTES, "{} MB more", (most - before) >> 20);
    assert!(
        beside.slowest < 10 * alone.slowest + Duration::from_secs(1),
        "{:?} beside {:?}",
        beside.slowest,
        alone.slowest
    );
    assert_eq!(node.readiness().await, Some(200));
    let (code, took) = node.stop().await;
    assert_eq!(code, Some(0), "{}", node.log());
    assert!(took < IN_TIME, "it stopped after {took:?}");
    assert!(!node.log().contains("panicked"), "{}", node.log());
}

/// Pushes to a malicious vendor until `end`; every push is answered.
async fn suffer(node: &Node, attack: &Attack, vendor: &str, end: Instant) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < end {
        let (results, took) = post(node, &attack.app, vendor, TARGETS).await;
        assert_eq!(results.len(), TARGETS);
        tally.count(took);
        for result in results {
            let text = |key: &str| result[key].as_str().unwrap_or("-").to_owned();
            let code = format!("{} {}", text("outcome"), text("code"));
            if !tally.codes.contains(&code) {
                tally.codes.push(code);
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
    tally
}

/// Pushes to the honest vendors until `end`; every one is accepted.
async fn honest(node: &Node, end: Instant) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < end {
        for vendor in ["apns", "mi"] {
            let (results, took) = post(node, "demo", vendor, 1).await;
            assert_eq!(results[0]["outcome"], "accepted", "{vendor}: {}", results[0]);
            tally.count(took);
        }
        sleep(Duration::from_millis(10)).await;
    }
    tally
}

async fn post(node: &Node, app: &str, vendor: &str, targets: usize) -> (Vec<Value>, Duration) {
    let targets: Vec<Value> = (0..targets).map(|n| json!({"vendor": vendor, "token": format!("ok-{n}")})).collect();
    let push = json!({"app": app, "message": {"title": "t", "body": "b"}, "targets": targets});
    let begun = Instant::now();
    let request = node.client.post(node.url("/v1/pushes")).header("content-type", "application/json");
    let response = request.timeout(Duration::from_secs(20)).body(push.to_string()).send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    (answer["results"].as_array().unwrap().clone(), begun.elapsed())
}

// === impl Attack ===

impl Attack {
    async fn start(malice: Malice) -> Self {
        let word = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
        let app = format!("{malice:?}").chars().map(word).collect::<String>();
        Self { app: app.trim_matches('-').to_owned(), malice, hostile: Hostile::start(malice).await }
    }

    /// The section of an honest vendor, with this one in its place.
    fn section(&self, config: &str, vendor: &str) -> String {
        let head = format!("[apps.demo.{vendor}]");
        let section = &config[config.find(&head).unwrap()..];
        let end = section[1..].find("\n[").map_or(section.len(), |end| end + 1);
        let section = section[..end].replace("apps.demo.", &format!("apps.{}.", self.app));
        let section = replaced(&section, "endpoint", &format!("\"https://{}\"", self.hostile.address));
        let seconds = TIMEOUT.as_secs_f64();
        replaced(&section, "ca_file", &format!("\"{}.pem\"\ntimeout_seconds = {seconds:.1}", self.app))
    }

    /// Whether an outcome is one that this vendor's deeds lead to.
    fn explains(&self, outcome: &str) -> bool {
        match self.malice {
            // What it says is read by the adapter, as any answer, and nothing is followed or unpacked.
            Malice::Redirect(_) if outcome == "unknown http_307" => true,
            Malice::Bomb if outcome == "unavailable unreadable_answer" => true,
            Malice::NoTls | Malice::OldTls | Malice::Expired | Malice::OtherHost | Malice::Stranger => {
                BEFORE_IT_SPOKE.contains(&outcome)
            }
            Malice::Redirect(_) | Malice::Bomb => SLOW.contains(&outcome),
            _ => BEFORE_IT_SPOKE.contains(&outcome) || BROKEN.contains(&outcome),
        }
    }
}

// === impl Tally ===

impl Tally {
    fn count(&mut self, took: Duration) {
        self.answers += 1;
        self.slowest = self.slowest.max(took);
    }
}
