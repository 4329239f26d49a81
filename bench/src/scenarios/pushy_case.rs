//! The case that a well-known client library is measured by: its users ask how long 10,000 notifications take.

use super::compare::fresh_seed;
use super::service::{load, measure, warm_up};
use crate::floor::{Floor, Way};
use crate::report::{Figure, Report};
use crate::rig::{Rig, Stage};
use crate::worker::{Job, Load};
use crate::workload::{Text, Vendor};

const NOTIFICATIONS: u64 = 10_000;
/// Makes a payload of 1 KiB.
const TEXT: Text = Text { padding_bytes: 780 };

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    for connections in [1, 4, 8] {
        let stage = Stage::start(|config| bear(config, connections)).await?;
        let floor = Floor::of(rig, &stage, TEXT).await?;
        warm_up(&stage, Job::Stream, Vendor::Apns).await?;
        let at_once = 1000 * connections;
        let way = Way { connections, at_once, rate: None };
        let (mut ours, mut bare, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rig.rounds {
            let done = floor.run(&stage, fresh_seed(), NOTIFICATIONS, way).await?;
            bare.push(done.wall.as_secs_f64() * 1000.0);
            let load = Load { text: TEXT, ..load(&stage, Vendor::Apns, fresh_seed(), NOTIFICATIONS, 1) };
            let cost = measure(&stage, Vendor::Apns, &Job::Stream(load)).await?;
            ours.push(cost.done.wall.as_secs_f64() * 1000.0);
            cpu.push(cost.micros_per(NOTIFICATIONS));
        }
        let what = |what: &str| format!("{connections} connection(s): {what}");
        report.add(Figure::new(what("10,000 by a stream"), "ms", ours));
        report.add(Figure::new(what("10,000 by a bare client"), "ms", bare));
        report.add(Figure::new(what("CPU of the service"), "us/push", cpu));
    }
    Ok(())
}

fn bear(config: &mut toml::Table, connections: usize) {
    let section = config.get_mut("apps").and_then(|apps| apps.get_mut("demo")).and_then(|app| app.get_mut("apns"));
    if let Some(section) = section.and_then(toml::Value::as_table_mut) {
        let whole = |number: usize| toml::Value::Integer(number as i64);
        section.insert("connections".into(), whole(connections));
        section.insert("max_in_flight".into(), whole(1000 * connections));
    }
}
