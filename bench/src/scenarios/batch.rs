//! Vendors that take many devices a call.

use super::compare::{Comparison, Unit, compare};
use super::service::{load, measure, over_http1};
use crate::floor::Floor;
use crate::report::Report;
use crate::rig::{Rig, Stage};
use crate::workload::{ORDINARY, Vendor};

const TARGETS: u64 = 10_000;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let floor = Floor::of(rig, &stage, ORDINARY).await?;
    for vendor in [Vendor::Mi, Vendor::Huawei] {
        let pushes = rig.count(5_000).div_ceil(100);
        let of = |seed| over_http1(load(&stage, vendor, seed, pushes, TARGETS), 2);
        measure(&stage, vendor, &over_http1(load(&stage, vendor, 1, 2, TARGETS), 1)).await?;
        let comparison = Comparison {
            what: vendor.name(),
            vendor,
            count: pushes * TARGETS,
            unit: Unit::Target,
            ratio: 0.15,
            micros: Some(2.0),
        };
        compare(rig, &stage, &floor, &comparison, of, report).await?;
    }
    Ok(())
}
