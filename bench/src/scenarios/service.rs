//! A load on the service, and what it costs.

use std::time::Duration;

use crate::rig::Stage;
use crate::worker::{self, Done, Job, Load, Requests};
use crate::workload::{Devices, ORDINARY, Vendor};

/// What a load has cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Processor time of the service.
    pub(super) cpu: Duration,
    /// Of the emulators.
    pub(super) vendor_cpu: Duration,
    /// From the first push until all had arrived at the vendor.
    pub(super) wall: Duration,
    pub(super) done: Done,
    /// The most memory of the service that was resident meanwhile, in megabytes.
    pub(super) peak: f64,
}

/// Pushes of the usual text for devices that no other load has.
pub(super) fn load(stage: &Stage, vendor: Vendor, seed: u64, pushes: u64, targets_per_push: u64) -> Load {
    let devices = Devices { vendor, seed };
    Load { service: stage.address, durable: false, devices, text: ORDINARY, pushes, targets_per_push, apps: None }
}

/// Does a job, waits until everything has arrived, and fails if anything is missing.
pub(super) async fn measure(stage: &Stage, vendor: Vendor, job: &Job) -> anyhow::Result<Cost> {
    let before = stage.counted(vendor).await?;
    stage.service.forget_peak();
    let (cpu, vendor_cpu, began) = (stage.service.cpu()?, stage.emulators.cpu()?, std::time::Instant::now());
    let done = worker::run(job).await?;
    stage.arrived(vendor, before, done.sent).await?;
    let wall = began.elapsed();
    Ok(Cost {
        cpu: stage.service.cpu()? - cpu,
        vendor_cpu: stage.emulators.cpu()? - vendor_cpu,
        wall,
        done,
        peak: stage.service.memory()?.peak,
    })
}

/// Opens connections and fills what is filled only once, so that it is not measured.
pub(super) async fn warm_up(stage: &Stage, job: impl Fn(Load) -> Job, vendor: Vendor) -> anyhow::Result<()> {
    let load = load(stage, vendor, u64::from(u32::MAX), 2_000, 1);
    measure(stage, vendor, &job(load)).await?;
    Ok(())
}

/// A request each, over so many connections of HTTP/1.1.
pub(super) const fn over_http1(load: Load, connections: usize) -> Job {
    Job::Requests(Requests { load, connections, at_once: 1, rate: None })
}

/// A request each, so many at once over one connection of HTTP/2.
pub(super) const fn over_http2(load: Load, at_once: usize) -> Job {
    Job::Requests(Requests { load, connections: 1, at_once, rate: None })
}

// === impl Cost ===

impl Cost {
    /// Microseconds of the service's processor time for each of so many.
    pub(super) fn micros_per(&self, count: u64) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / count as f64
    }

    /// The same of the emulators.
    pub(super) fn vendor_micros_per(&self, count: u64) -> f64 {
        self.vendor_cpu.as_secs_f64() * 1e6 / count as f64
    }

    /// So many a second, until all had arrived.
    pub(super) fn rate_of(&self, count: u64) -> f64 {
        count as f64 / self.wall.as_secs_f64()
    }
}
