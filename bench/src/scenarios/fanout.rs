//! Long target lists for a vendor that takes one device a request.

use super::compare::{Comparison, Unit, compare};
use super::service::{load, over_http1, warm_up};
use crate::floor::Floor;
use crate::report::Report;
use crate::rig::{Rig, Stage};
use crate::worker::Job;
use crate::workload::{ORDINARY, Vendor};

const TARGETS: u64 = 10_000;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let floor = Floor::of(rig, &stage, ORDINARY).await?;
    warm_up(&stage, Job::Stream, Vendor::Apns).await?;
    let pushes = rig.count(1_000).div_ceil(100);
    let of = |seed| over_http1(load(&stage, Vendor::Apns, seed, pushes, TARGETS), 1);
    let comparison = Comparison {
        what: "10,000 targets",
        vendor: Vendor::Apns,
        count: pushes * TARGETS,
        unit: Unit::Target,
        ratio: 1.15,
        micros: None,
    };
    compare(rig, &stage, &floor, &comparison, of, report).await
}
