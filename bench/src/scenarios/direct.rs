//! One device a push, one attempt, nothing stored.

use super::compare::{Comparison, Unit, compare};
use super::service::{load, over_http1, over_http2, warm_up};
use crate::floor::Floor;
use crate::report::Report;
use crate::rig::{Rig, Stage};
use crate::worker::Job;
use crate::workload::{ORDINARY, Vendor};

/// Connections of a back end with many workers.
const CONNECTIONS: usize = 64;

pub(super) async fn run(rig: &Rig, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let floor = Floor::of(rig, &stage, ORDINARY).await?;
    warm_up(&stage, Job::Stream, Vendor::Apns).await?;
    let pushes = rig.count(100_000);
    let of = |seed| load(&stage, Vendor::Apns, seed, pushes, 1);
    let comparison =
        Comparison { what: "stream", vendor: Vendor::Apns, count: pushes, unit: Unit::Push, ratio: 1.5, micros: None };
    compare(rig, &stage, &floor, &comparison, |seed| Job::Stream(of(seed)), report).await?;

    let pushes = rig.count(50_000);
    let of = |seed| load(&stage, Vendor::Apns, seed, pushes, 1);
    let requests = Comparison { count: pushes, ratio: 2.5, ..comparison };
    let http2 = Comparison { what: "a request each, HTTP/2", ..requests };
    compare(rig, &stage, &floor, &http2, |seed| over_http2(of(seed), 1000), report).await?;
    let http1 = Comparison { what: "a request each, HTTP/1.1", ..requests };
    compare(rig, &stage, &floor, &http1, |seed| over_http1(of(seed), CONNECTIONS), report).await
}
