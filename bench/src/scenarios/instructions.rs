//! Instructions per push against the baseline that is kept in `bench/baseline.toml`: what a change made dearer shows here, whatever
//! else the machine is doing.

use anyhow::{Context as _, ensure};

use super::service::{load, measure};
use crate::callgrind::Callgrind;
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::{Job, Load};
use crate::workload::Vendor;

const BASELINE: &str = include_str!("../../baseline.toml");
/// Fewer than elsewhere: under valgrind everything takes fifty times as long.
const PUSHES: u64 = 4_000;
const TARGETS: u64 = 1_000;

pub(super) async fn run(_: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let baseline: toml::Table = BASELINE.parse()?;
    let number = |name: &str| {
        let value =
            baseline.get(name).and_then(|value| value.as_float().or(value.as_integer().map(|whole| whole as f64)));
        value.with_context(|| format!("bench/baseline.toml has no {name}"))
    };
    let tolerance = number("tolerance_percent")?;
    let mut dearer = Vec::new();
    for (name, vendor, durable, pushes, targets) in [
        ("direct", Vendor::Apns, false, PUSHES, 1),
        ("durable", Vendor::Apns, true, PUSHES, 1),
        ("fanout", Vendor::Apns, false, PUSHES / TARGETS, TARGETS),
        ("batch_mi", Vendor::Mi, false, 20, TARGETS),
        ("batch_huawei", Vendor::Huawei, false, 20, TARGETS),
    ] {
        let tool = Callgrind::new()?;
        let mut stage = Stage::start_under(Some(&tool), |_| {}).await?;
        let of = |seed, pushes| Job::Stream(Load { durable, ..load(&stage, vendor, seed, pushes, targets) });
        measure(&stage, vendor, &of(1, 2)).await?;
        measure(&stage, vendor, &of(2, pushes / 10)).await?;
        tool.zero(&stage.service).await?;
        measure(&stage, vendor, &of(3, pushes)).await?;
        stage.service.terminate().await?;
        let count = tool.counted()? as f64 / (pushes * targets) as f64;
        let most = number(name)? * (1.0 + tolerance / 100.0);
        report.add(Figure::new(name, if targets == 1 { "per push" } else { "per target" }, [count]).at_most(most));
        if count > most {
            dearer.push(name);
        }
    }
    ensure!(dearer.is_empty(), "dearer than bench/baseline.toml allows: {}", dearer.join(", "));
    Ok(())
}
