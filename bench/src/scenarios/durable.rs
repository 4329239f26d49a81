//! One device a push, on disk before it is answered.

use super::compare::{Comparison, Unit, compare};
use super::service::{load, over_http2, warm_up};
use crate::floor::Floor;
use crate::report::Report;
use crate::rig::{Rig, Stage};
use crate::worker::{Job, Load};
use crate::workload::{ORDINARY, Vendor};

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let floor = Floor::of(rig, &stage, ORDINARY).await?;
    let durable = |load| Load { durable: true, ..load };
    warm_up(&stage, |load| Job::Stream(durable(load)), Vendor::Apns).await?;
    let pushes = rig.count(100_000);
    let of = |seed| durable(load(&stage, Vendor::Apns, seed, pushes, 1));
    let stream =
        Comparison { what: "stream", vendor: Vendor::Apns, count: pushes, unit: Unit::Push, ratio: 2.0, micros: None };
    compare(rig, &stage, &floor, &stream, |seed| Job::Stream(of(seed)), report).await?;

    let pushes = rig.count(50_000);
    let of = |seed| durable(load(&stage, Vendor::Apns, seed, pushes, 1));
    let requests = Comparison { what: "a request each, HTTP/2", count: pushes, ratio: 3.5, ..stream };
    compare(rig, &stage, &floor, &requests, |seed| over_http2(of(seed), 1000), report).await
}
