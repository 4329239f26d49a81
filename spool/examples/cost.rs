//! What the spool costs: CPU time of the whole process per push, reopening, and the disk's own fsync.
//!
//! `cargo run --release -p spool --example cost [-- [main] [FOLDER]]`; the folder's disk is the one measured, else that
//! of the temporary folder; `main` stops after the main figures. CPU time is user and system time of all threads, the
//! kernel's share of writing and `fsync` with it. Memory is read from `/proc`, so Linux only. Anything else that runs
//! on the machine makes the figures worse.
//!
//! What is given to the spool is made beforehand and not counted; that a thousand callers wait for their answers is.
//!
//! The main figures have the shape of a service under load: admissions come as calls of their own, very many at once,
//! while one courier for each channel settles what was sent, hundreds of pushes by one call.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{try_join, try_join_all};
use model::{AppId, Environment, Priority, PushId, Vendor};
use spool::{
    Admission, ChannelName, Moment, NewEvent, NewPush, PageLimits, Position, Retention, Settlement, Spool, SqliteSpool,
    TargetResult, Then,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const NOW: Moment = Moment::from_millis(1_800_000_000_000);

struct Rig {
    spool: SqliteSpool,
    app: AppId,
    channel: ChannelName,
    body: Bytes,
    made: u64,
    /// Whether ids are random, as UUIDs of version 4 are, or follow each other.
    random: bool,
}

/// The process's CPU time and the wall clock.
struct Meter {
    began: Instant,
    cpu: Duration,
}

/// How single-target pushes come and go.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// Admissions at once, each in a call of its own.
    at_once: usize,
    pushes: usize,
    /// Settlements of one call.
    settled_by_call: usize,
    /// Whether a round's admissions come while the pushes of the round before are settled.
    overlapping: bool,
    events: bool,
    /// Whether ids are random, as UUIDs of version 4 are, or follow each other.
    random: bool,
}

const LOAD: Load =
    Load { at_once: 1000, pushes: 200_000, settled_by_call: 250, overlapping: false, events: false, random: false };

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1).peekable();
    let main_only = arguments.next_if(|word| word == "main").is_some();
    let first = arguments.next();
    if let (Some("reopen"), Some(file)) = (first.as_deref(), arguments.next()) {
        return runtime()?.block_on(reopen(Path::new(&file)));
    }
    let folder = match first {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    fsync(folder.path())?;
    runtime()?.block_on(async {
        println!("\nadmit and settle a single-target push, body 500 bytes");
        heading();
        let rounds = [
            LOAD,
            LOAD,
            Load { overlapping: true, ..LOAD },
            Load { at_once: 4000, ..LOAD },
            Load { at_once: 4000, overlapping: true, ..LOAD },
            Load { events: true, ..LOAD },
            Load { random: true, ..LOAD },
        ];
        for (nth, load) in rounds.into_iter().enumerate() {
            single(&folder.path().join(format!("main-{nth}")), load).await?;
        }
        targets(folder.path(), if main_only { &[1, 10] } else { &[1, 10, 100] }).await?;
        if main_only { Ok(()) } else { further(folder.path()).await }
    })
}

/// Figures beside the main ones.
async fn further(folder: &Path) -> Outcome {
    println!("\neach settlement in a call of its own");
    heading();
    for (at_once, pushes) in [(1, 1000), (10, 5000), (100, 40_000), (1000, 200_000), (5000, 200_000)] {
        let load = Load { at_once, pushes, settled_by_call: 1, ..LOAD };
        single(&folder.join(format!("single-{at_once}")), load).await?;
    }
    for random in [false, true] {
        println!("\na million settled pushes retained (first line: making them)");
        heading();
        let file = folder.join(format!("retained-{random}"));
        single(&file, Load { pushes: 1_000_000, random, ..LOAD }).await?;
        single(&file, Load { random, ..LOAD }).await?;
    }
    million(folder).await
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?)
}

fn fsync(folder: &Path) -> Outcome {
    let mut file = File::create(folder.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort();
    println!("append of 4 kB and fdatasync: median {:?}, 99 % {:?}", times[100], times[198]);
    Ok(())
}

fn heading() {
    println!(
        "{:>7} {:>10} {:>7} {:>6} {:>8} {:>11} {:>9} {:>10} {:>11} {:>8}",
        "at once",
        "settled by",
        "overlap",
        "events",
        "ids",
        "push/commit",
        "admit us",
        "settle us",
        "together us",
        "wall us"
    );
}

/// A commit holds either so many admissions or so many settlements; where both overlap, half of each.
async fn single(file: &Path, load: Load) -> Outcome {
    let mut rig = Rig::open(file, 500)?;
    rig.random = load.random;
    let (before, meter) = (rig.spool.commits(), Meter::start());
    let (mut admitting, mut settling, mut open) = (Duration::ZERO, Duration::ZERO, Vec::new());
    let mut making = Duration::ZERO;
    for _ in 0..load.pushes / load.at_once {
        let cpu_begin = cpu();
        let pushes = rig.make(load.at_once);
        let settlements = rig.settlements(&open, load);
        making += cpu() - cpu_begin;
        let cpu_before = cpu();
        if load.overlapping {
            let (seqs, ()) = try_join(rig.admit(pushes), rig.settle(settlements)).await?;
            open = seqs;
            continue;
        }
        open = rig.admit(pushes).await?;
        admitting += cpu() - cpu_before;
        let cpu_begin = cpu();
        let settlements = rig.settlements(&open, load);
        let cpu_between = cpu();
        making += cpu_between - cpu_begin;
        rig.settle(settlements).await?;
        settling += cpu() - cpu_between;
        open.clear();
    }
    if load.overlapping {
        rig.settle(rig.settlements(&open, load)).await?;
    }
    let (together, wall) = meter.per(load.pushes);
    let together = together - making.as_secs_f64() * 1e6 / load.pushes as f64;
    let each = |cpu: Duration| match cpu.is_zero() {
        true => "-".to_owned(),
        false => format!("{:.2}", cpu.as_secs_f64() * 1e6 / load.pushes as f64),
    };
    let shared = (2 * load.pushes) as f64 / (rig.spool.commits() - before) as f64;
    println!(
        "{:>7} {:>10} {:>7} {:>6} {:>8} {shared:>11.1} {:>9} {:>10} {together:>11.2} {wall:>8.2}",
        load.at_once,
        load.settled_by_call,
        if load.overlapping { "yes" } else { "no" },
        if load.events { "yes" } else { "no" },
        if load.random { "random" } else { "ordered" },
        each(admitting),
        each(settling),
    );
    Ok(())
}

async fn targets(folder: &Path, settlements: &[u32]) -> Outcome {
    println!("\na push of 1000 targets, body 100 kB, outcomes of 40 bytes that all differ");
    println!("{:>12} {:>14} {:>14}", "settlements", "CPU us/target", "wall us/target");
    for settlements in settlements {
        large(&folder.join(format!("large-{settlements}")), *settlements, 16).await?;
    }
    Ok(())
}

async fn large(file: &Path, settlements: u32, at_once: usize) -> Outcome {
    let mut rig = Rig::open(file, 100_000)?;
    let rounds = 40;
    let each = 1000 / settlements;
    // The results are the caller's work, so they are made beforehand; numbers are drawn from 1 on.
    let made = |round: usize, part: u32| {
        let then = if part + 1 == settlements { Then::Done } else { Then::Progress };
        let seqs = (round * at_once + 1..).take(at_once);
        let made = seqs.map(|seq| vec![rig.settlement(seq as u64, part * each..(part + 1) * each, then, false)]);
        made.collect::<Vec<_>>()
    };
    let parts = |round| (0..settlements).map(|part| made(round, part)).collect::<Vec<_>>();
    let parts: Vec<_> = (0..rounds).map(parts).collect();
    let rounds_made: Vec<_> = parts.into_iter().map(|parts| (rig.make(at_once), parts)).collect();
    let meter = Meter::start();
    for (made, round) in rounds_made {
        rig.admit(made).await?;
        for part in round {
            try_join_all(part.into_iter().map(|settlements| rig.spool.settle(NOW, settlements))).await?;
        }
    }
    let (cpu, wall) = meter.per(rounds * at_once * 1000);
    println!("{settlements:>12} {cpu:>14.3} {wall:>14.3}");
    Ok(())
}

async fn million(folder: &Path) -> Outcome {
    let file = folder.join("million");
    let mut rig = Rig::open(&file, 300)?;
    let meter = Meter::start();
    for _ in 0..200 {
        let pushes = rig.make(5000);
        rig.admit(pushes).await?;
    }
    let (cpu, wall) = meter.per(1_000_000);
    println!("\na million admissions: {cpu:.2} us CPU, {wall:.2} us wall each; then kept open");
    println!("  on disk {} MB, memory {}", rig.spool.bytes_on_disk() >> 20, resident()?);
    drop(rig);
    let reopened = Command::new(std::env::current_exe()?).arg("reopen").arg(&file).status()?;
    if reopened.success() { Ok(()) } else { Err("reopening failed".into()) }
}

async fn reopen(file: &Path) -> Outcome {
    let began = Instant::now();
    let rig = Rig::open(file, 0)?;
    println!("  reopened after {:?}, memory {}", began.elapsed(), resident()?);
    let limits = PageLimits { rows: 1000, bytes: 4 << 20, due_by: NOW };
    let page = rig.spool.page(&rig.channel, Priority::High, Position::START, limits).await?;
    println!("  first page of {} after {:?}, memory {}", page.parts.len(), began.elapsed(), resident()?);

    let (mut after, mut parts, meter) = (Position::START, 0, Meter::start());
    loop {
        let page = rig.spool.page(&rig.channel, Priority::High, after, limits).await?;
        let Some(last) = page.parts.last() else { break };
        after = last.position();
        parts += page.parts.len();
        black_box(page);
    }
    let (cpu, wall) = meter.per(parts);
    println!("  paging through all {parts}: {cpu:.2} us CPU, {wall:.2} us wall each, memory {}", resident()?);
    let meter = Meter::start();
    let open = rig.spool.open_channels().await?;
    println!("  {} parts open in {} channel(s), told in {:?}", parts, open.len(), meter.began.elapsed());
    let retention = Retention { pushes: Duration::ZERO, events: Duration::ZERO };
    rig.spool.purge(NOW, retention).await?;
    Ok(())
}

fn resident() -> Outcome<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(format!("{} MB", kilobytes >> 10))
}

// === impl Rig ===

impl Rig {
    fn open(file: &Path, body: usize) -> Outcome<Self> {
        let app = AppId::parse("demo")?;
        let channel = ChannelName::new(&app, Vendor::new("apns"), Environment::Production);
        let spool = SqliteSpool::open(PathBuf::from(file))?;
        let made = spool.bytes_on_disk() << 32;
        Ok(Self { spool, app, channel, body: vec![b'x'; body].into(), made, random: false })
    }

    /// The next pushes.
    fn make(&mut self, pushes: usize) -> Vec<NewPush> {
        let from = self.made;
        self.made += pushes as u64;
        (from..self.made).map(|nth| self.push(nth)).collect()
    }

    async fn admit(&self, pushes: Vec<NewPush>) -> Outcome<Vec<u64>> {
        let admitted = try_join_all(pushes.into_iter().map(|push| self.spool.admit(push))).await?;
        let seq = |admission| match admission {
            Admission::New { seq } => Ok(seq),
            other => Err(format!("not new: {other:?}").into()),
        };
        admitted.into_iter().map(seq).collect()
    }

    /// Ends pushes of one target each: the settlements of each call.
    fn settlements(&self, seqs: &[u64], load: Load) -> Vec<Vec<Settlement>> {
        let settlement = |seq: &u64| self.settlement(*seq, 0..1, Then::Done, load.events);
        seqs.chunks(load.settled_by_call).map(|seqs| seqs.iter().map(settlement).collect()).collect()
    }

    async fn settle(&self, calls: Vec<Vec<Settlement>>) -> Outcome {
        try_join_all(calls.into_iter().map(|settlements| self.spool.settle(NOW, settlements))).await?;
        Ok(())
    }

    fn push(&self, nth: u64) -> NewPush {
        let id = if self.random { format!("{:032x}", scatter(nth)) } else { format!("order-{nth:012}") };
        NewPush {
            app: self.app.clone(),
            id: PushId::parse(&id).unwrap_or_else(|_| PushId::make()),
            digest: [9; 32],
            body: self.body.clone(),
            nonce: u128::from(nth) << 64 | 1,
            notify_id: nth,
            trace: None,
            priority: Priority::High,
            admitted_at: NOW,
            due: NOW,
            expires_at: Moment::MAX,
            channels: vec![self.channel.clone()],
        }
    }

    fn settlement(&self, seq: u64, targets: std::ops::Range<u32>, then: Then, with_event: bool) -> Settlement {
        let result = |target| TargetResult { target, outcome: format!("accepted {seq:>15} {target:>15}").into() };
        let event = NewEvent { app: self.app.clone(), kind: 1, body: Bytes::from_static(&[b'e'; 150]) };
        Settlement {
            seq,
            channel: self.channel.clone(),
            results: targets.map(result).collect(),
            then,
            events: with_event.then_some(event).into_iter().collect(),
        }
    }
}

// === impl Meter ===

impl Meter {
    fn start() -> Self {
        Self { began: Instant::now(), cpu: cpu() }
    }

    /// Microseconds of CPU and of wall time for each of so many.
    fn per(&self, count: usize) -> (f64, f64) {
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
        (micros(cpu() - self.cpu), micros(self.began.elapsed()))
    }
}

/// A number that looks random, another one for each.
fn scatter(nth: u64) -> u128 {
    let mix = |word: u64| (word ^ word >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word >> 29;
    u128::from(mix(mix(nth + 1))) << 64 | u128::from(mix(nth ^ 0x5555))
}

/// User and system time of this process, of all its threads.
fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or_default())
}
