//! The processes that send: the load generator, and the bare client that is the floor.
//!
//! A worker reads one job from its standard input and writes what it did to its standard output.

mod bare;
mod latency;
mod pace;
mod requests;
mod stream;

use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::identity::Identity;
use crate::workload::{self, Devices, Text};
use crate::{report, rig, usage};

pub(crate) use bare::Bare;
pub(crate) use latency::Latency;

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Job {
    /// Call the vendor without us.
    Bare(Bare),
    /// One endless request, a push a line.
    Stream(Load),
    /// Several of them.
    Streams(Streams),
    /// A request for each push.
    Requests(Requests),
}

/// Pushes for the service.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) service: SocketAddr,
    pub(crate) durable: bool,
    pub(crate) devices: Devices,
    pub(crate) text: Text,
    pub(crate) pushes: u64,
    pub(crate) targets_per_push: u64,
    /// Of so many apps in turn; else of the emulators' own.
    pub(crate) apps: Option<u64>,
}

/// Streams beside each other, each with so many pushes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Streams {
    pub(crate) load: Load,
    pub(crate) streams: u64,
}

/// Pushes, each by a request of its own.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Requests {
    pub(crate) load: Load,
    pub(crate) connections: usize,
    /// Requests under way on each connection; more than one means HTTP/2.
    pub(crate) at_once: usize,
    /// So many a second, whatever becomes of those before; else as fast as answers come.
    pub(crate) rate: Option<f64>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) sent: Identity,
    /// From the first push to the last answer.
    pub(crate) wall: Duration,
    /// The worker's own processor time in it.
    pub(crate) cpu: Duration,
    pub(crate) latency: Latency,
}

/// Measures a worker's own time.
pub(super) struct Meter {
    began: Instant,
    cpu: Duration,
}

/// Does a job in a process of its own. What was not accepted is an error.
pub(crate) async fn run(job: &Job) -> anyhow::Result<Done> {
    let mut child = rig::worker()?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("no way to tell a worker its job")?;
    stdin.write_all(&serde_json::to_vec(job)?).await?;
    drop(stdin);
    let mut answer = Vec::new();
    child.stdout.take().context("no way to hear a worker")?.read_to_end(&mut answer).await?;
    ensure!(child.wait().await?.success(), "a worker failed");
    Ok(serde_json::from_slice(&answer)?)
}

/// The whole life of a worker.
pub(crate) fn main() -> ExitCode {
    let done = read_job().and_then(|job| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            match &job {
                Job::Bare(bare) => bare::run(bare).await,
                Job::Stream(load) => stream::run(&Streams { load: *load, streams: 1 }).await,
                Job::Streams(streams) => stream::run(streams).await,
                Job::Requests(requests) => requests::run(requests).await,
            }
        })
    });
    match done.and_then(|done| Ok(std::io::stdout().write_all(&serde_json::to_vec(&done)?)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn read_job() -> anyhow::Result<Job> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

// === impl Load ===

impl Load {
    /// Whose the push of that number is.
    pub(super) fn app(&self, number: u64) -> Cow<'static, str> {
        self.apps.map_or(Cow::Borrowed(workload::APP), |apps| Cow::Owned(format!("app-{}", number % apps)))
    }
}

// === impl Meter ===

impl Meter {
    pub(super) fn begin() -> anyhow::Result<Self> {
        Ok(Self { began: Instant::now(), cpu: usage::cpu(std::process::id())? })
    }

    pub(super) fn end(&self, sent: Identity, latency: Latency) -> anyhow::Result<Done> {
        let wall = self.began.elapsed();
        Ok(Done { sent, wall, cpu: usage::cpu(std::process::id())? - self.cpu, latency })
    }
}
