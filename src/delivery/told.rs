//! What is told of targets: the rows that lie in the spool, and the events that go with them.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use channel::ChannelId;
use model::{DeviceToken, Outcome, Push, PushId, TokenProof, VendorCode};
use spool::{NewEvent, TargetResult};

use crate::device_log::DeviceLog;
use crate::events::{DeadToken, Outcomes};
use crate::service::report::{Report, StoredRow};

/// Collects what a settlement has to tell.
pub(super) struct Told {
    push: Arc<Push>,
    devices: DeviceLog,
    rows: Vec<Row>,
}

/// What is told of one target.
struct Row {
    target: u32,
    outcome: Bytes,
    dead: Option<Dead>,
}

/// A device token that has ended.
#[derive(Debug)]
struct Dead {
    token: DeviceToken,
    since: Option<SystemTime>,
    code: Option<VendorCode>,
}

// === impl Told ===

impl Told {
    pub(super) fn new(push: &Arc<Push>, devices: &DeviceLog) -> Self {
        Self { push: push.clone(), devices: devices.clone(), rows: Vec::new() }
    }

    /// The result of a target, as it is kept.
    pub(super) fn tell(&mut self, report: &Report) -> TargetResult {
        self.devices.tell(&self.push.app, &self.push.id, report);
        let outcome = Bytes::from(serde_json::to_vec(&StoredRow(report)).expect("reports are JSON"));
        let dead = match report.verdict.outcome {
            Outcome::InvalidToken { proof: TokenProof::Dead { since } } => {
                Some(Dead { token: report.token().clone(), since, code: report.verdict.code.clone() })
            }
            _ => None,
        };
        self.rows.push(Row { target: report.index, outcome: outcome.clone(), dead });
        TargetResult { target: report.index, outcome }
    }

    /// The events that go with the first results that were not taken yet, so many of them; with outcomes only if they are
    /// asked for.
    pub(super) fn take(&mut self, count: usize, channel: &ChannelId, with_outcomes: bool) -> Vec<NewEvent> {
        let ChannelId { app, vendor, environment } = channel;
        let (vendor, environment, push): (_, _, &PushId) = (*vendor, *environment, &self.push.id);
        let rows: Vec<Row> = self.rows.drain(..count.min(self.rows.len())).collect();
        let mut events = Vec::new();
        if with_outcomes {
            let rows = rows.iter().map(|row| placed(row.target, &row.outcome));
            events = Outcomes { app, push, vendor, environment }.events(rows);
        }
        events.extend(rows.into_iter().filter_map(|row| row.dead).map(|Dead { token, since, code }| {
            let (token, code) = (&token, code.as_ref());
            DeadToken { app, vendor, environment, token, since, code, push }.event()
        }));
        events
    }
}

/// A row as it stands in results: with its target's place in front.
pub(super) fn placed(target: u32, row: &[u8]) -> Vec<u8> {
    let mut placed = Vec::with_capacity(row.len() + 20);
    placed.extend_from_slice(b"{\"target\":");
    placed.extend_from_slice(target.to_string().as_bytes());
    placed.push(b',');
    placed.extend_from_slice(row.strip_prefix(b"{").unwrap_or(row));
    placed
}
