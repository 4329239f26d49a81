//! What is resident.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::compare::fresh_seed;
use super::service::{load, measure, warm_up};
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::{self, Job, Load, Streams};
use crate::workload::Vendor;

/// Megabytes.
const IDLE: f64 = 25.0;
const SPOOLED: f64 = 300.0;
/// Seconds.
const READY: f64 = 5.0;
/// A stream takes 4,000 pushes in before it waits for answers.
const STREAMS: u64 = 25;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    sleep(Duration::from_secs(1)).await;
    report.add(Figure::new("idle", "MB", [stage.service.memory()?.resident]).at_most(IDLE));
    warm_up(&stage, Job::Stream, Vendor::Apns).await?;
    waiting(rig, &stage, report).await?;
    drop(stage);
    spooled(rig, report).await
}

/// A vendor that takes 50 ms, and 100,000 pushes that wait for it.
async fn waiting(rig: &Rig, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    stage.set_faults(&json!([{ "vendor": "apns", "fault": { "delay_ms": 50 } }])).await?;
    let each = rig.count(8_000);
    let load = load(stage, Vendor::Apns, fresh_seed(), each, 1);
    let cost = measure(stage, Vendor::Apns, &Job::Streams(Streams { load, streams: STREAMS })).await?;
    report.add(Figure::new("100,000 direct pushes waiting", "MB", [cost.peak]));
    report.add(Figure::new("  their throughput", "push/s", [cost.rate_of(each * STREAMS)]));
    stage.set_faults(&json!([])).await
}

/// A vendor that cannot be reached, a million pushes kept for it, a crash, and its return.
async fn spooled(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let mut stage = Stage::start(|_| {}).await?;
    let before = stage.counted(Vendor::Apns).await?;
    stage.set_faults(&json!([{ "vendor": "apns", "fault": { "tls": true } }])).await?;
    let pushes = rig.count(1_000_000);
    let load = Load { durable: true, ..load(&stage, Vendor::Apns, fresh_seed(), pushes, 1) };
    let done = worker::run(&Job::Stream(load)).await?;
    let rate = pushes as f64 / done.wall.as_secs_f64();
    report.add(Figure::new("a million kept: acknowledged", "push/s", [rate]));
    report.add(Figure::new("  peak memory meanwhile", "MB", [stage.service.memory()?.peak]));
    stage.kill_service().await?;
    let ready = stage.restart_service().await?;
    report.add(Figure::new("  after a crash: ready", "s", [ready.as_secs_f64()]).at_most(READY));
    sleep(Duration::from_secs(5)).await;
    report.add(Figure::new("  peak memory 5 s later", "MB", [stage.service.memory()?.peak]).at_most(SPOOLED));
    stage.set_faults(&json!([])).await?;
    let began = std::time::Instant::now();
    stage.arrived(Vendor::Apns, before, done.sent).await?;
    let rate = pushes as f64 / began.elapsed().as_secs_f64();
    report.add(Figure::new("  delivered when the vendor was back", "push/s", [rate]));
    report.add(Figure::new("  peak memory meanwhile", "MB", [stage.service.memory()?.peak]).at_most(SPOOLED));
    Ok(())
}
