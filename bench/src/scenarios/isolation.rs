//! One vendor hangs; what do pushes to another feel of it?

use serde_json::json;

use super::compare::fresh_seed;
use super::service::{load, measure, warm_up};
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::{self, Job, Latency, Load, Requests};
use crate::workload::Vendor;

/// A second, to the vendor that works and to the one that hangs.
const RATE: f64 = 1500.0;
const RATE_TO_HANGING: f64 = 500.0;
const SECONDS: u64 = 6;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    warm_up(&stage, Job::Stream, Vendor::Apns).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..rig.rounds {
        stage.set_faults(&json!([])).await?;
        without.push(mixed(rig, &stage).await?);
        stage.set_faults(&json!([{ "vendor": "mi", "fault": { "stall": true } }])).await?;
        with.push(mixed(rig, &stage).await?);
    }
    let mut figure = |what: &str, of: fn(&Latency) -> f64| {
        report.add(Figure::new(format!("{what}, both work"), "ms", without.iter().map(|one| of(one) / 1000.0)));
        report.add(Figure::new(format!("{what}, the other hangs"), "ms", with.iter().map(|one| of(one) / 1000.0)));
    };
    figure("p50", |latency| latency.p50);
    figure("p99", |latency| latency.p99);
    Ok(())
}

/// The latency of direct pushes to APNs, with durable ones to Mi beside them.
async fn mixed(rig: &Rig, stage: &Stage) -> anyhow::Result<Latency> {
    let pushes = |rate: f64| rig.count(rate as u64 * SECONDS);
    let direct = load(stage, Vendor::Apns, fresh_seed(), pushes(RATE), 1);
    let direct = Job::Requests(Requests { load: direct, connections: 1, at_once: 1000, rate: Some(RATE) });
    let beside = load(stage, Vendor::Mi, fresh_seed(), pushes(RATE_TO_HANGING), 1);
    let beside = Load { durable: true, ..beside };
    let beside = Requests { load: beside, connections: 1, at_once: 1000, rate: Some(RATE_TO_HANGING) };
    let beside = Job::Requests(beside);
    // What is kept for a vendor that hangs arrives there later, and perhaps twice, so only the other's is compared.
    let (direct, beside) = tokio::join!(measure(stage, Vendor::Apns, &direct), worker::run(&beside));
    beside?;
    Ok(direct?.done.latency)
}
