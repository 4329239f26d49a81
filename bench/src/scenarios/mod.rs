//! What is measured, one file for each.

mod batch;
mod compare;
mod direct;
mod durable;
mod fanout;
mod floor;
mod instructions;
mod isolation;
mod latency;
mod memory;
mod pushy_case;
mod scale;
mod service;

use std::pin::Pin;

use crate::report::Report;
use crate::rig::Rig;

type Running<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + 'a>>;

/// Something that is measured.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Whether it is run when none is named.
    pub(crate) is_usual: bool,
    pub(crate) run: for<'a> fn(&'a Rig, &'a mut Report) -> Running<'a>,
}

macro_rules! scenarios {
    ($($module:ident: $about:literal, $is_usual:literal;)*) => {
        /// All of them, in the order in which they are run.
        pub(crate) static ALL: &[Scenario] = &[$(Scenario {
            name: stringify!($module),
            about: $about,
            is_usual: $is_usual,
            run: |rig, report| Box::pin($module::run(rig, report)),
        }),*];
    };
}

scenarios! {
    floor: "a bare h2 client, the requests of ordinary pushes to APNs", true;
    direct: "pushes to one APNs device each: an NDJSON stream, and a request each", true;
    durable: "the same with Prefer: respond-async, until every one has arrived at the vendor", true;
    fanout: "pushes to 10,000 APNs devices each", true;
    batch: "vendors that take 1,000 devices a call", true;
    latency: "what is added to the vendor's own time, at 30 and 70 % of what a request each bears", true;
    isolation: "a vendor that hangs beside one that works", true;
    memory: "what is resident: idle, 100,000 direct pushes waiting, a million in the spool", true;
    scale: "a thousand apps with five vendors each", true;
    pushy_case: "10,000 notifications of 1 KiB to random devices over 1, 4 and 8 connections", true;
    instructions: "instructions per push against a baseline (needs valgrind)", false;
}
