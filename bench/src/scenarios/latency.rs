//! What the service adds to the time that a vendor needs, in an open loop: pushes come at their own pace.

use serde_json::json;

use super::compare::fresh_seed;
use super::service::{load, measure, over_http2, warm_up};
use crate::floor::{Floor, Way};
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::{Job, Latency, Load, Requests};
use crate::workload::{ORDINARY, Vendor};

/// What an emulated vendor waits before it answers, in milliseconds.
const VENDOR_DELAYS: [u64; 3] = [0, 20, 50];
/// Part of the highest rate.
const LOADS: [(u64, f64); 2] = [(30, 0.3), (70, 0.7)];
/// How long each rate is held, in seconds.
const SECONDS: u64 = 4;
/// More than are ever under way, over as many connections as keep within the service's limit of streams: nothing but the rate
/// decides when a push leaves.
const CONNECTIONS: usize = 10;
const AT_ONCE: usize = 100;
/// The most that may be added at the lower load, in milliseconds.
const P50_MS: f64 = 0.3;
const P99_MS: f64 = 2.0;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let floor = Floor::of(rig, &stage, ORDINARY).await?;
    warm_up(&stage, Job::Stream, Vendor::Apns).await?;
    let pushes = rig.count(40_000);
    let highest = over_http2(load(&stage, Vendor::Apns, fresh_seed(), pushes, 1), 1000);
    let highest = measure(&stage, Vendor::Apns, &highest).await?.rate_of(pushes);
    report.add(Figure::new("highest rate, a request each over HTTP/2", "push/s", [highest]));
    for delay in VENDOR_DELAYS {
        stage.set_faults(&json!([{ "vendor": "apns", "fault": { "delay_ms": delay } }])).await?;
        for (percent, part) in LOADS {
            let mut added: Vec<(Latency, Latency)> = Vec::new();
            for _ in 0..rig.rounds {
                added.push(round(rig, &stage, &floor, highest * part).await?);
            }
            let figure = |quantile: &str, of: fn(&Latency) -> f64| {
                let values = added.iter().map(|(ours, bare)| (of(ours) - of(bare)) / 1000.0);
                Figure::new(format!("vendor {delay} ms, {percent} % load: added at {quantile}"), "ms", values)
            };
            let (p50, p99) = (figure("p50", |latency| latency.p50), figure("p99", |latency| latency.p99));
            let is_bounded = percent == LOADS[0].0;
            report.add(if is_bounded { p50.at_most(P50_MS) } else { p50 });
            report.add(if is_bounded { p99.at_most(P99_MS) } else { p99 });
            report.add(figure("p99.9", |latency| latency.p999));
        }
    }
    Ok(())
}

/// The latency through the service, and that of a bare client at the same rate.
async fn round(rig: &Rig, stage: &Stage, floor: &Floor, rate: f64) -> anyhow::Result<(Latency, Latency)> {
    let pushes = rig.count(rate as u64 * SECONDS);
    let way = Way { connections: 1, at_once: 1000, rate: Some(rate) };
    let bare = floor.run(stage, fresh_seed(), pushes, way).await?;
    let load: Load = load(stage, Vendor::Apns, fresh_seed(), pushes, 1);
    let job = Job::Requests(Requests { load, connections: CONNECTIONS, at_once: AT_ONCE, rate: Some(rate) });
    Ok((measure(stage, Vendor::Apns, &job).await?.done.latency, bare.latency))
}
