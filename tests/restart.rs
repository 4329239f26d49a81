//! A restart with much in the spool: ready at once, and with little memory, however much lies there.
//!
//! `PUSHMUX_RESTART_PUSHES=1000000` asks for more than the default.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join_all;
use model::{AppId, Environment, Priority, PushId, Vendor};
use spool::{Admission, ChannelName, Moment, NewPush, Settlement, Spool, SqliteSpool, Then};
use tokio::time::{Instant, sleep};

use crate::process::{Node, Vendors, marked, until, with_every_vendor};

const PUSHES: u64 = 20_000;
/// What is asked for, whatever the number.
const READY_WITHIN: Duration = Duration::from_secs(5);
const MEMORY: u64 = 300 << 20;
/// Written by one commit.
const AT_ONCE: u64 = 4000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_a_full_spool_is_ready_at_once_and_small() {
    let asked = std::env::var("PUSHMUX_RESTART_PUSHES").ok().map(|text| text.parse().unwrap());
    let pushes = asked.unwrap_or(PUSHES);
    let watched = Duration::from_secs(if asked.is_some() { 10 } else { 2 });
    let vendors = Vendors::start().await;
    let file = vendors.folder.path().join("spool.sqlite3");
    fill(&file, pushes).await;
    let bytes = std::fs::metadata(&file).unwrap().len();

    let mut node =
        Node::new(vendors.config("restart.toml", |config| with_every_vendor(&config, "rate_per_second = 1000000")));
    let ready = node.start().await;
    let memory = node.process().resident();
    let begun = Instant::now();
    let (mut most, before) = (memory, vendors.count("accepted").await);
    while begun.elapsed() < watched {
        sleep(Duration::from_millis(100)).await;
        most = most.max(node.process().resident());
    }
    let later = node.process().resident();
    let delivered = vendors.count("accepted").await - before;
    println!(
        "restart test: {pushes} pushes ({} MiB), ready after {:.2} s, resident {} MiB then, {} MiB {} s later ({} MiB at most), {delivered} accepted in that time",
        bytes >> 20,
        ready.as_secs_f64(),
        memory >> 20,
        later >> 20,
        watched.as_secs(),
        most >> 20,
    );
    assert!(ready < READY_WITHIN, "ready after {ready:?}");
    assert!(most < MEMORY, "{most} bytes resident");
    assert!(delivered > 0, "nothing is delivered: {}", node.log());
    assert_eq!(node.stop().await.0, Some(0), "{}", node.log());

    // What was not sent is still there, and nothing else is.
    vendors.noticed().await;
    let spool = SqliteSpool::open(&file).unwrap();
    let open: u64 = spool.open_channels().await.unwrap().iter().map(|open| open.parts).sum();
    drop(spool);
    until("all is counted", async || vendors.count("accepted").await == pushes - open).await;
}

/// Pushes to one device each, of both priorities. Three quarters wait to be sent by one vendor; the rest was tried in vain by
/// another and waits for its next attempt, so that its devices are to be held.
async fn fill(file: &std::path::Path, pushes: u64) {
    let spool = SqliteSpool::open(file).unwrap();
    let app = AppId::parse("demo").unwrap();
    let now = Moment::from(std::time::SystemTime::now());
    let is_retry = |number: u64| number.is_multiple_of(4);
    let channel = |vendor| ChannelName::new(&app, Vendor::new(vendor), Environment::Production);
    let first = spool.lease_notify_ids(&app, pushes).await.unwrap();
    for batch in (0..pushes).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let admissions = (batch..pushes.min(batch + AT_ONCE)).map(|number| {
            let vendor = ["apns", "mi"][usize::from(is_retry(number))];
            let (priority, word) =
                if number % 5 == 0 { (Priority::Normal, "normal") } else { (Priority::High, "high") };
            let id = format!("p{number}");
            let line = marked(&id, word, &[(vendor, format!("ok-{number}"))]);
            spool.admit(NewPush {
                app: app.clone(),
                id: PushId::parse(&id).unwrap(),
                digest: [0; 32],
                body: Bytes::from(line),
                nonce: u128::from(number),
                notify_id: first + number,
                trace: None,
                priority,
                admitted_at: now,
                due: Moment::MIN,
                expires_at: now.after(Duration::from_hours(24)),
                channels: vec![channel(vendor)],
            })
        });
        let admitted = try_join_all(admissions).await.unwrap();
        let retries = (batch..).zip(admitted).filter(|(number, _)| is_retry(*number)).map(|(_, admitted)| {
            let Admission::New { seq } = admitted else { panic!("{admitted:?}") };
            let then = Then::RetryAt { due: now.after(Duration::from_hours(1)), attempts: 1 };
            Settlement { seq, channel: channel("mi"), results: Vec::new(), then, events: Vec::new() }
        });
        spool.settle(now, retries.collect()).await.unwrap();
    }
}
