//! Killed at any moment, the service loses nothing that it acknowledged.
//!
//! The emulators stay up; the service is killed under load with SIGKILL and started again on the same spool, again and again.
//! A push without an answer is posted again with the same id and body, as a caller does. What the vendors received is then
//! held against what was acknowledged and against what lay on disk at every kill:
//!
//! - every target of every acknowledged push was accepted by its vendor, and its outcome in the spool is `accepted`;
//! - within one life of the service no target is sent twice; over a kill only targets are sent again that were received
//!   before the kill and whose outcome was not on disk at it: exactly what was in flight;
//! - a device sees its pushes in the order of their admission, the repeated ones too: nothing is sent to it before the
//!   outcome of the push before is on disk, so what is repeated is its latest push and never an earlier one.
//!
//! Rounds roll into each other; after some of them everything is let settle, and compared while the next ones run.
//! `PUSHMUX_CRASH_ROUNDS` makes it longer, `PUSHMUX_CRASH_SEED` repeats one.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use spool::{MAX_PAGE_ROWS, Moment, PageLimits, Position, Spool, SqliteSpool};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::process::{LineStream, Node, Sighting, Vendors, copy_spool, marked, until, with_every_vendor};

/// A push, and whether it was acknowledged.
struct Planned {
    line: String,
    targets: Vec<(&'static str, String)>,
}

/// The pushes of some rounds, by number within the run.
#[derive(Default)]
struct Plan {
    first: usize,
    rounds: usize,
    pushes: Vec<Planned>,
    /// What each caller posts, in order.
    callers: Vec<VecDeque<usize>>,
}

/// How a life of the service ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Killed, as by a crash.
    Kill,
    /// Told to stop, as by an operator.
    Stop,
}

/// A target: the push's number and its place there.
type Target = (usize, usize);

/// What lay on disk at a kill.
struct Kill {
    /// After the last life's end, before the next one's beginning.
    at: OffsetDateTime,
    copy: PathBuf,
}

/// What was counted.
#[derive(Debug, Default)]
struct Tally {
    pushes: usize,
    kills: usize,
    duplicates: usize,
    in_flight: usize,
    /// Of what was in flight at a kill: the longest time since the vendor had received it.
    oldest: Duration,
}

/// Makes the run repeatable, as far as the machine's own timing goes.
pub(crate) struct Random(u64);

/// Of one round, in which the service is killed once or twice.
const PUSHES: usize = 5_000;
/// Rounds between two looks.
const ROUNDS_AT_ONCE: usize = 5;
const STREAMS: usize = 4;
/// Callers that post one push after the other, and how many in each round.
const SINGLES: usize = 2;
const SINGLE_PUSHES: usize = 100;
/// Lines of a stream that may be without an answer.
const WINDOW: usize = 512;
const LINES_AT_ONCE: usize = 64;
const VENDORS: [&str; 5] = ["apns", "mi", "huawei", "meizu", "fcm"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_however_often_it_is_killed() {
    let begun = Instant::now();
    let rounds = number("PUSHMUX_CRASH_ROUNDS").map_or(20, |rounds| usize::try_from(rounds).unwrap());
    let seed = number("PUSHMUX_CRASH_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("PUSHMUX_CRASH_SEED={seed}");
    let mut random = Random(seed);
    let vendors = Vendors::start().await;
    let mut node = Node::new(vendors.config("crash.toml", |config| {
        // The emulators are no brake, and one of them that hangs is told soon.
        with_every_vendor(&config, "rate_per_second = 1000000")
    }));
    node.start().await;
    let (mut tally, mut posted) = (Tally::default(), 0);
    let mut comparing: Option<JoinHandle<Tally>> = None;
    for done in (0..rounds).step_by(ROUNDS_AT_ONCE) {
        let plan = Plan::make(posted, ROUNDS_AT_ONCE.min(rounds - done), &mut random);
        posted += plan.pushes.len();
        let kills = post(&vendors, &mut node, &plan, End::Kill, &mut random).await;
        settled(&vendors, &plan).await;
        let sightings = vendors.sightings().await;
        vendors.forget().await;
        if let Some(comparing) = comparing {
            tally.add(&comparing.await.unwrap());
        }
        comparing = Some(tokio::spawn(async move { compare(&plan, &kills, &sightings).await }));
    }
    if let Some(comparing) = comparing {
        tally.add(&comparing.await.unwrap());
    }
    let (code, _) = node.stop().await;
    assert_eq!(code, Some(0), "{}", node.log());
    println!(
        "crash test: {rounds} rounds, {} pushes, {} kills, lost 0, duplicates {} (at most {} were in flight, for {} ms at most), {:.0} s",
        tally.pushes,
        tally.kills,
        tally.duplicates,
        tally.in_flight,
        tally.oldest.as_millis(),
        begun.elapsed().as_secs_f64(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_settles_what_is_under_way_and_sends_nothing_twice() {
    let mut random = Random(u64::from(std::process::id()));
    let vendors = Vendors::start().await;
    let mut node =
        Node::new(vendors.config("stop.toml", |config| with_every_vendor(&config, "rate_per_second = 1000000")));
    // So that much is under way whenever it is told to stop.
    vendors.put_faults(&json!([{"vendor": "apns", "fault": {"delay_ms": 400}}])).await;
    node.start().await;
    let plan = Plan::make(0, 1, &mut random);
    let stops = post(&vendors, &mut node, &plan, End::Stop, &mut random).await;
    settled(&vendors, &plan).await;
    let tally = compare(&plan, &stops, &vendors.sightings().await).await;
    assert_eq!((tally.kills, tally.in_flight, tally.duplicates), (3, 0, 0));
    assert_eq!(node.stop().await.0, Some(0), "{}", node.log());
}

/// Posts a plan, with kills at random moments, until all of it is acknowledged.
async fn post(vendors: &Vendors, node: &mut Node, plan: &Plan, end: End, random: &mut Random) -> Vec<Kill> {
    let acknowledged = AtomicUsize::new(0);
    let address = node.address();
    let url = node.url("/v1/pushes");
    let client = node.client.clone();
    let spool = vendors.folder.path().join("spool.sqlite3");
    let mut moments = Vec::new();
    for round in 0..plan.rounds {
        // Not so late that the load is over.
        let mut moment = || round * PUSHES + PUSHES / 20 + random.below(PUSHES * 8 / 10);
        moments.push(moment());
        for _ in 0..if end == End::Stop { 2 } else { usize::from(round % 4 == 1) } {
            moments.push(moment());
        }
    }
    moments.sort_unstable();
    let callers = plan.callers.iter().enumerate().map(|(caller, numbers)| {
        let (acknowledged, url, client) = (&acknowledged, &url, &client);
        async move {
            match caller < STREAMS {
                true => stream(address, plan, numbers.clone(), acknowledged).await,
                false => singles(client, url, plan, numbers, acknowledged).await,
            }
        }
    });
    let killing = async {
        let mut kills = Vec::new();
        for moment in moments {
            until("so many are acknowledged", async || acknowledged.load(Ordering::Relaxed) >= moment).await;
            sleep(Duration::from_micros(random.below(30_000) as u64)).await;
            match end {
                End::Kill => node.process().kill(),
                End::Stop => assert_eq!(node.stop().await.0, Some(0), "{}", node.log()),
            }
            vendors.noticed().await;
            let folder = vendors.folder.path().join(format!("kill-{}", random.next()));
            kills.push(Kill { at: OffsetDateTime::now_utc(), copy: copy_spool(&spool, &folder) });
            node.start().await;
        }
        kills
    };
    let (_, kills) = tokio::join!(join_all(callers), killing);
    assert_eq!(acknowledged.load(Ordering::Relaxed), plan.pushes.len());
    kills
}

/// Posts lines until all are acknowledged.
async fn stream(address: std::net::SocketAddr, plan: &Plan, mut waiting: VecDeque<usize>, acknowledged: &AtomicUsize) {
    while !waiting.is_empty() {
        let Ok(mut stream) = LineStream::open(address).await else {
            sleep(Duration::from_millis(5)).await;
            continue;
        };
        let mut unanswered: Vec<usize> = Vec::new();
        let mut answered: HashSet<usize> = HashSet::new();
        // Ends with the connection, or when all is answered.
        let _: std::io::Result<()> = async {
            loop {
                while unanswered.len() - answered.len() < WINDOW && !waiting.is_empty() {
                    let mut text = String::new();
                    for number in waiting.drain(..waiting.len().min(LINES_AT_ONCE)) {
                        text.push_str(&plan.push(number).line);
                        text.push('\n');
                        unanswered.push(number);
                    }
                    stream.send(&text).await?;
                }
                if unanswered.len() == answered.len() {
                    return Ok(());
                }
                let Some(lines) = stream.answers().await? else { return Ok(()) };
                for line in lines.lines() {
                    if line.contains("urn:pushmux:problem:stopping") {
                        continue;
                    }
                    assert!(line.contains(r#""state":""#), "not taken: {line}");
                    let line = line.strip_prefix(r#"{"line":"#).unwrap().split([',', '}']).next().unwrap();
                    assert!(answered.insert(line.parse().unwrap()), "answered twice");
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        .await;
        // In the order of before, or devices would see another.
        for (line, number) in unanswered.into_iter().enumerate().rev() {
            if !answered.contains(&line) {
                waiting.push_front(number);
            }
        }
    }
}

/// Posts pushes one by one until each is acknowledged.
async fn singles(
    client: &reqwest::Client,
    url: &str,
    plan: &Plan,
    numbers: &VecDeque<usize>,
    acknowledged: &AtomicUsize,
) {
    for number in numbers {
        loop {
            let request = client.post(url).header("content-type", "application/json").header("prefer", "respond-async");
            let answer = async {
                let response = request.body(plan.push(*number).line.clone()).send().await?;
                let status = response.status().as_u16();
                response.text().await.map(|text| (status, text))
            };
            match answer.await {
                Ok((200 | 202, _)) => break,
                Ok((503, text)) if text.contains("urn:pushmux:problem:stopping") => {
                    sleep(Duration::from_millis(5)).await;
                }
                Ok(other) => panic!("not taken: {other:?}"),
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// Holds what the vendors received against the plan, and against what lay on disk at the kills.
async fn compare(plan: &Plan, kills: &[Kill], sightings: &[Sighting]) -> Tally {
    let mut tally = Tally { pushes: plan.pushes.len(), kills: kills.len(), ..Tally::default() };
    let mut seen: HashMap<Target, Vec<(&Sighting, OffsetDateTime, usize)>> = HashMap::new();
    let mut devices: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for sighting in sightings {
        let number: usize = sighting.mark().strip_prefix('p').unwrap().parse().unwrap();
        let at = OffsetDateTime::parse(&sighting.time, &Rfc3339).unwrap();
        let life = kills.iter().filter(|kill| kill.at < at).count();
        for token in &sighting.tokens {
            let targets = &plan.push(number).targets;
            let place = targets.iter().position(|(vendor, other)| *vendor == sighting.vendor && other == token);
            seen.entry((number, place.unwrap())).or_default().push((sighting, at, life));
            devices.entry((&sighting.vendor, token)).or_default().push(number);
        }
    }
    let mut lost = Vec::new();
    for number in plan.numbers() {
        for place in 0..plan.push(number).targets.len() {
            let sightings = seen.get(&(number, place)).map(Vec::as_slice).unwrap_or_default();
            if !sightings.iter().any(|(sighting, ..)| sighting.is_accepted()) {
                lost.push((number, place));
            }
        }
    }
    assert!(lost.is_empty(), "lost {}: {lost:?}", lost.len());
    for (device, numbers) in devices {
        assert!(numbers.is_sorted(), "{device:?} saw {numbers:?}");
    }
    for (life, kill) in kills.iter().enumerate() {
        let open = open_targets(kill, plan).await;
        for (target, sightings) in &seen {
            let before = sightings.iter().filter(|(.., seen_in)| *seen_in == life).map(|(_, at, _)| *at).max();
            let again = sightings.iter().any(|(.., seen_in)| *seen_in == life + 1);
            if !open.contains(target) {
                let is_seen = sightings.iter().any(|(.., seen_in)| *seen_in <= life);
                assert!(!is_seen || !again, "{target:?} was sent again though its outcome was on disk");
            } else if let Some(before) = before {
                tally.in_flight += 1;
                tally.oldest = tally.oldest.max(Duration::try_from(kill.at - before).unwrap_or_default());
            }
        }
    }
    for (target, sightings) in &seen {
        let lives: HashSet<usize> = sightings.iter().map(|(.., life)| *life).collect();
        assert_eq!(lives.len(), sightings.len(), "{target:?} was sent twice within one life: {sightings:?}");
        tally.duplicates += sightings.len() - 1;
    }
    assert!(tally.duplicates <= tally.in_flight);
    tally
}

/// Waits until nothing is open in the spool, and checks every outcome there.
async fn settled(vendors: &Vendors, plan: &Plan) {
    let file = vendors.folder.path().join("spool.sqlite3");
    let folder = vendors.folder.path().join("settled");
    let begun = Instant::now();
    let spool = loop {
        quiet(vendors).await;
        let _ = std::fs::remove_dir_all(&folder);
        // Copied in the middle of a commit it may look damaged.
        if let Ok(spool) = SqliteSpool::open(copy_spool(&file, &folder))
            && spool.open_channels().await.unwrap().is_empty()
        {
            break spool;
        }
        assert!(begun.elapsed() < crate::process::PATIENCE, "not everything is settled");
    };
    let app = model::AppId::parse("demo").unwrap();
    for number in plan.numbers() {
        let id = model::PushId::parse(&format!("p{number}")).unwrap();
        let state = spool.push(&app, &id).await.unwrap().unwrap_or_else(|| panic!("{id} is not in the spool"));
        assert!(state.settled_at.is_some());
        assert_eq!(state.results.len(), plan.push(number).targets.len());
        for (target, row) in state.results {
            let row = String::from_utf8_lossy(&row);
            assert!(row.contains(r#""outcome":"accepted""#), "{id} {target}: {row}");
        }
    }
}

/// Waits until the vendors receive nothing any more.
async fn quiet(vendors: &Vendors) {
    let mut before = vendors.count("accepted").await;
    loop {
        sleep(Duration::from_millis(150)).await;
        let now = vendors.count("accepted").await;
        if now == before {
            return;
        }
        before = now;
    }
}

/// The targets of a plan that had no outcome on disk at a kill.
async fn open_targets(kill: &Kill, plan: &Plan) -> HashSet<Target> {
    let spool = SqliteSpool::open(&kill.copy).unwrap();
    let mut open = HashSet::new();
    for channel in spool.open_channels().await.unwrap() {
        let vendor = channel.channel.as_str().split('/').nth(1).unwrap();
        let mut after = Position::START;
        loop {
            let limits = PageLimits { rows: MAX_PAGE_ROWS, bytes: 64 << 20, due_by: Moment::MAX };
            let page = spool.page(&channel.channel, channel.priority, after, limits).await.unwrap();
            let Some(last) = page.parts.last() else { break };
            after = last.position();
            for part in &page.parts {
                let number: usize = part.id.as_str().strip_prefix('p').unwrap().parse().unwrap();
                for (place, target) in plan.push(number).targets.iter().enumerate() {
                    if target.0 == vendor && !part.settled.contains(u32::try_from(place).unwrap()) {
                        open.insert((number, place));
                    }
                }
            }
        }
    }
    drop(spool);
    let _ = std::fs::remove_dir_all(kill.copy.parent().unwrap());
    open
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

// === impl Tally ===

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.pushes += other.pushes;
        self.kills += other.kills;
        self.duplicates += other.duplicates;
        self.in_flight += other.in_flight;
        self.oldest = self.oldest.max(other.oldest);
    }
}

// === impl Plan ===

impl Plan {
    /// Mostly one device each; some go to several vendors, some to a device that has others before.
    fn make(first: usize, rounds: usize, random: &mut Random) -> Self {
        let mut plan = Self { first, rounds, ..Self::default() };
        for caller in 0..STREAMS + SINGLES {
            let singles = SINGLES * SINGLE_PUSHES;
            let count = if caller < STREAMS { (PUSHES - singles) / STREAMS } else { SINGLE_PUSHES };
            let mut numbers = VecDeque::new();
            for _ in 0..count * rounds {
                let number = first + plan.pushes.len();
                let vendor = VENDORS[random.below(VENDORS.len())];
                let priority = if random.below(4) == 0 { "normal" } else { "high" };
                let (targets, priority) = match random.below(20) {
                    0 => {
                        let target = |n| (VENDORS[n % VENDORS.len()], format!("ok-{number}-{n}"));
                        ((0..2 + random.below(8)).map(target).collect(), priority)
                    }
                    // Of one caller, or nobody could say which came first; of one priority, since the other may overtake.
                    1 | 2 => (vec![(vendor, format!("ok-same-{first}-{caller}-{}", random.below(3)))], "high"),
                    _ => (vec![(vendor, format!("ok-{number}"))], priority),
                };
                let line = marked(&format!("p{number}"), priority, &targets);
                plan.pushes.push(Planned { line, targets });
                numbers.push_back(number);
            }
            plan.callers.push(numbers);
        }
        plan
    }

    fn push(&self, number: usize) -> &Planned {
        &self.pushes[number - self.first]
    }

    fn numbers(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.pushes.len()
    }
}

// === impl Random ===

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
