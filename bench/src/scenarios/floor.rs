//! The floor alone.

use super::compare::fresh_seed;
use crate::floor::{AS_THE_CHANNEL, Floor};
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::workload::ORDINARY;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let floor = Floor::of(rig, &stage, ORDINARY).await?;
    let requests = rig.count(100_000);
    let mut done = Vec::new();
    for _ in 0..rig.rounds {
        done.push(floor.run(&stage, fresh_seed(), requests, AS_THE_CHANNEL).await?);
    }
    let cpu = done.iter().map(|done| done.cpu.as_secs_f64() * 1e6 / requests as f64);
    report.add(Figure::new("CPU of the bare client", "us/push", cpu));
    let rate = done.iter().map(|done| requests as f64 / done.wall.as_secs_f64());
    report.add(Figure::new("throughput", "push/s", rate));
    Ok(())
}
