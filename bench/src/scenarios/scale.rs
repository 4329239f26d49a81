//! Many tenants.

use std::time::Instant;

use super::compare::fresh_seed;
use super::service::{load, measure};
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::{Job, Load};
use crate::workload::Vendor;

const APPS: u64 = 1000;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let mut stage = Stage::start(with_apps).await?;
    stage.kill_service().await?;
    let began = Instant::now();
    stage.restart_service().await?;
    report.add(Figure::new("1,000 apps, five vendors each: ready", "s", [began.elapsed().as_secs_f64()]));
    report.add(Figure::new("  CPU until then", "s", [stage.service.cpu()?.as_secs_f64()]));
    report.add(Figure::new("  resident", "MB", [stage.service.memory()?.resident]));
    let pushes = rig.count(40_000);
    let apps = |apps| Job::Stream(Load { apps, ..load(&stage, Vendor::Apns, fresh_seed(), pushes, 1) });
    // Every app's first push opens its connection.
    let first = measure(&stage, Vendor::Apns, &apps(Some(APPS))).await?;
    report.add(Figure::new("  a first connection each, and 40 pushes: CPU", "us/push", [first.micros_per(pushes)]));
    let (mut one, mut all) = (Vec::new(), Vec::new());
    for _ in 0..rig.rounds {
        one.push(measure(&stage, Vendor::Apns, &apps(None)).await?.micros_per(pushes));
        all.push(measure(&stage, Vendor::Apns, &apps(Some(APPS))).await?.micros_per(pushes));
    }
    report.add(Figure::new("  then, pushes to one app: CPU", "us/push", one));
    report.add(Figure::new("  pushes to all apps in turn: CPU", "us/push", all));
    report.add(Figure::new("  resident with 1,000 connections", "MB", [stage.service.memory()?.resident]));
    Ok(())
}

/// The app of the emulators' configuration, again and again under other names.
fn with_apps(config: &mut toml::Table) {
    let Some(apps) = config.get_mut("apps").and_then(toml::Value::as_table_mut) else { return };
    let Some(demo) = apps.get("demo").cloned() else { return };
    for number in 0..APPS {
        apps.insert(format!("app-{number}"), demo.clone());
    }
}
