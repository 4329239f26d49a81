//! Rounds of a load and of the floor in turn.

use super::service::{Cost, measure};
use crate::floor::Floor;
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::Job;
use crate::workload::Vendor;

/// What is compared.
pub(super) struct Comparison<'a> {
    /// How the figures are called.
    pub(super) what: &'a str,
    /// Whose devices.
    pub(super) vendor: Vendor,
    /// What is counted: pushes or targets of one round.
    pub(super) count: u64,
    /// What one of them is.
    pub(super) unit: Unit,
    /// The most that the ratio to the floor may be.
    pub(super) ratio: f64,
    /// The most microseconds, where there is such a bound.
    pub(super) micros: Option<f64>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Push,
    Target,
}

/// Measures and reports; `job` gives the load of a round by its seed.
pub(super) async fn compare(
    rig: &Rig,
    stage: &Stage,
    floor: &Floor,
    comparison: &Comparison<'_>,
    job: impl Fn(u64) -> Job,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Comparison { what, vendor, count, unit, ratio, micros } = *comparison;
    let (mut costs, mut floors): (Vec<Cost>, Vec<f64>) = (Vec::new(), Vec::new());
    for round in 0..u64::from(rig.rounds) {
        let seed = fresh_seed();
        floors.push(floor.cost(stage, seed + 1).await?);
        costs.push(measure(stage, vendor, &job(seed)).await?);
        // Both orders, in case the first of two has it better.
        if round == 0 {
            floors.push(floor.cost(stage, seed + 2).await?);
        }
    }
    let (per, rate) = match unit {
        Unit::Push => ("us/push", "push/s"),
        Unit::Target => ("us/target", "target/s"),
    };
    let base = crate::measure::Spread::of(floors.iter().copied()).median;
    let cpu: Vec<f64> = costs.iter().map(|cost| cost.micros_per(count)).collect();
    let mut of_cpu = Figure::new(format!("{what}: CPU of the service"), per, cpu.iter().copied());
    of_cpu.target = micros;
    report.add(of_cpu);
    report.add(Figure::new(format!("{what}: floor"), "us/push", floors));
    let ratios = cpu.iter().map(|cpu| cpu / base);
    report.add(Figure::new(format!("{what}: ratio to the floor"), "x", ratios).at_most(ratio));
    let vendor_cpu = costs.iter().map(|cost| cost.vendor_micros_per(count));
    report.add(Figure::new(format!("{what}: CPU of the emulator"), per, vendor_cpu));
    report.add(Figure::new(format!("{what}: throughput"), rate, costs.iter().map(|cost| cost.rate_of(count))));
    report.add(Figure::new(format!("{what}: peak memory"), "MB", costs.iter().map(|cost| cost.peak)));
    Ok(())
}

/// A number that no other load of this process has; loads may add a little to it.
pub(super) fn fresh_seed() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1000);
    NEXT.fetch_add(10, Ordering::Relaxed)
}
