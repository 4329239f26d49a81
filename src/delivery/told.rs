//! What is told of targets: the rows that lie in the spool, and the events that go with them.

use bytes::Bytes;
use channel::ChannelId;
use model::Push;
use spool::{NewEvent, TargetResult};

use crate::service::report::{Report, Row};

/// Collects what a settlement has to tell.
#[derive(Debug)]
pub(super) struct Told {
    rows: Vec<(u32, Bytes)>,
}

// === impl Told ===

impl Told {
    pub(super) fn new(_push: &Push) -> Self {
        Self { rows: Vec::new() }
    }

    /// The result of a target, as it is kept.
    pub(super) fn tell(&mut self, report: &Report) -> TargetResult {
        let outcome = Bytes::from(serde_json::to_vec(&Row(report)).expect("reports are JSON"));
        self.rows.push((report.index, outcome.clone()));
        TargetResult { target: report.index, outcome }
    }

    /// The events that go with the results since the last time.
    pub(super) fn take(&mut self, _channel: &ChannelId) -> Vec<NewEvent> {
        self.rows.clear();
        Vec::new()
    }
}
