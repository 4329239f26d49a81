//! One vendor that hangs does not slow the others.
//!
//! Pushes to two vendors come at a steady rate, the same all the time. One of the vendors hangs for a part of it; what the
//! other's pushes take from being posted to being settled is measured with and without that, in the same run: half of the
//! time without lies before and half after, so that what else the machine does falls on both.
//!
//! `PUSHMUX_ISOLATION_SECONDS=60` lets it hang for a minute.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::process::{Node, Vendors, marked, until, with_every_vendor};

/// How long pushes took, sorted.
struct Latencies(Vec<Duration>);

const SECONDS: u64 = 4;
/// Posters for each vendor, and the pause between the pushes of one.
const POSTERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendor_that_hangs_does_not_slow_another() {
    let asked = std::env::var("PUSHMUX_ISOLATION_SECONDS").ok().map(|text| text.parse().unwrap());
    let seconds = Duration::from_secs(asked.unwrap_or(SECONDS));
    let vendors = Vendors::start().await;
    let mut node =
        Node::new(vendors.config("isolation.toml", |config| with_every_vendor(&config, "timeout_seconds = 3")));
    node.start().await;
    // Connections are opened and access tokens fetched.
    phase(&node, "warm", Duration::from_secs(1)).await;

    let mut without = phase(&node, "before", seconds / 2).await;
    vendors.put_faults(&json!([{"vendor": "mi", "fault": {"stall": true}}])).await;
    let with = phase(&node, "hanging", seconds).await;
    vendors.put_faults(&json!([])).await;
    // Everything that was kept meanwhile is delivered before it is measured again.
    until("the other vendor has caught up", async || node.state("mi-hanging-last").await["state"] == "settled").await;
    sleep(Duration::from_secs(2)).await;
    without.0.extend(phase(&node, "after", seconds / 2).await.0);

    let (without, with) = (without.sorted(), with.sorted());
    println!(
        "isolation test: {} s, p50 {:.1} ms and p99 {:.1} ms without ({} pushes); {:.1} ms and {:.1} ms with the other vendor hanging ({} pushes): p99 {:+.0} %",
        seconds.as_secs(),
        without.at(50),
        without.at(99),
        without.0.len(),
        with.at(50),
        with.at(99),
        with.0.len(),
        (with.at(99) / without.at(99) - 1.0) * 100.0,
    );
    // Generous, since others use the machine too: a vendor that held up another would cost seconds, its timeout.
    assert!(with.at(50) < 2.0 * without.at(50) + 50.0);
    assert!(with.at(99) < 3.0 * without.at(99) + 200.0);
    assert_eq!(node.stop().await.0, Some(0), "{}", node.log());
}

/// Pushes to both vendors for so long; how long those to APNs took from being posted to being settled.
async fn phase(node: &Node, name: &str, length: Duration) -> Latencies {
    let end = Instant::now() + length;
    let measured = join_all((0..POSTERS).map(|poster| async move {
        let (mut latencies, mut ticks) = (Vec::new(), steady(poster).await);
        for number in 0.. {
            ticks.tick().await;
            if Instant::now() >= end {
                break;
            }
            let id = format!("apns-{name}-{poster}-{number}");
            let begun = Instant::now();
            let push = marked(&id, "high", &[("apns", format!("ok-{id}"))]);
            let request = node.client.post(node.url("/v1/pushes")).header("content-type", "application/json");
            let response = request.header("prefer", "respond-async, wait=30").body(push).send().await.unwrap();
            let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
            assert!(status == 200 && text.contains(r#""outcome":"accepted""#), "{text}");
            latencies.push(begun.elapsed());
        }
        latencies
    }));
    let others = join_all((0..POSTERS).map(|poster| async move {
        let mut ticks = steady(poster).await;
        for number in 0.. {
            ticks.tick().await;
            if Instant::now() >= end {
                break;
            }
            // Many go to several devices.
            let id = format!("mi-{name}-{poster}-{number}");
            let devices = if number % 3 == 0 { 20 } else { 1 };
            let targets: Vec<_> = (0..devices).map(|device| ("mi", format!("ok-{id}-{device}"))).collect();
            let (status, answer) = node.keep(&marked(&id, "high", &targets)).await.unwrap();
            assert_eq!(status, 202, "{answer}");
        }
    }));
    let (measured, _) = tokio::join!(measured, others);
    let last = format!("mi-{name}-last");
    node.keep(&marked(&last, "normal", &[("mi", format!("ok-{last}"))])).await.unwrap();
    Latencies(measured.into_iter().flatten().collect())
}

/// Ticks for one of the posters, so that they do not all post at once.
async fn steady(poster: usize) -> tokio::time::Interval {
    sleep(PAUSE * u32::try_from(poster).unwrap() / u32::try_from(POSTERS).unwrap()).await;
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

// === impl Latencies ===

impl Latencies {
    fn sorted(mut self) -> Self {
        self.0.sort_unstable();
        self
    }

    /// In milliseconds, so many per cent took no longer.
    fn at(&self, per_cent: usize) -> f64 {
        let place = (self.0.len() * per_cent).div_ceil(100).clamp(1, self.0.len());
        self.0[place - 1].as_secs_f64() * 1000.0
    }
}
