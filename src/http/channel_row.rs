//! One configured channel: its credentials, its bounds, how it does.

use std::collections::BTreeMap;
use std::time::SystemTime;

use channel::{Cause, GateState, Snapshot, Trouble};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::access::Access;
use crate::channels::ConfiguredChannel;
use crate::credentials::Notice;
use crate::rfc3339::rfc3339;
use crate::service::Service;

/// A channel as `GET /v1/channels` and the console show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelRow {
    /// Whose.
    pub(crate) app: String,
    /// Through whom.
    pub(crate) vendor: &'static str,
    /// To which devices.
    pub(crate) environment: &'static str,
    /// `open`; `closed` by its own credential; or where its gate keeps durable pushes: `shut`, `parked` until somebody acts,
    /// `probation`.
    pub(crate) state: &'static str,
    /// Of a channel that its own credential keeps closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed_because: Option<NoteRow>,
    /// Why durable pushes wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gate: Option<GateRow>,
    /// What it identifies itself with.
    pub(crate) credentials: Vec<CredentialRow>,
    /// Where the vendor is reached.
    pub(crate) endpoint: String,
    /// Device tokens in one request.
    pub(crate) targets_per_call: usize,
    /// Requests under way at most.
    pub(crate) max_in_flight: usize,
    /// Requests under way.
    pub(crate) in_flight: usize,
    /// Open connections.
    pub(crate) connections: usize,
    /// Requests since the start.
    pub(crate) calls: u64,
    /// How often each outcome came back, since the start.
    pub(crate) outcomes: BTreeMap<&'static str, u64>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_trouble: Option<TroubleRow>,
}

/// One credential of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelCredential)]
pub(crate) struct CredentialRow {
    /// The configuration's field.
    pub(crate) field: &'static str,
    /// `client_certificate`, `signing_key`, `service_account` or `secret`.
    pub(crate) kind: &'static str,
    /// The public part of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Absent for credentials that do not end by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) expires_at: Option<String>,
    /// Whole days until then; negative afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days_left: Option<i64>,
    /// What somebody should act on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<NoteRow>,
}

/// A code of `docs/credentials.md` with its words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub(crate) struct NoteRow {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

/// What keeps a channel's gate from being open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gate)]
pub(crate) struct GateRow {
    pub(crate) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// Until the next try.
    pub(crate) retry_after: u64,
}

/// What went wrong last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trouble)]
pub(crate) struct TroubleRow {
    #[schema(required, format = DateTime)]
    pub(crate) at: Option<String>,
    pub(crate) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

// === impl ChannelRow ===

impl ChannelRow {
    /// Every channel of a service that a caller may see, by name.
    pub(crate) fn all(service: &Service, access: &Access) -> Vec<Self> {
        let now = service.now();
        let channels = service.channels();
        let visible = channels.iter().filter(|channel| access.sees(&channel.id().app));
        visible.map(|channel| Self::of(channel, now)).collect()
    }

    fn of(configured: &ConfiguredChannel, now: SystemTime) -> Self {
        let id = configured.id();
        let closed = configured.credentials().closed(now);
        let snapshot = configured.channel().map(|channel| channel.stats().snapshot());
        let snapshot = snapshot.unwrap_or_default();
        let calls = snapshot.calls();
        let Snapshot { in_flight, connections, answers: outcomes, last_trouble, .. } = snapshot;
        let gate = configured.channel().map(|channel| channel.gate().state());
        let limits = configured.limits();
        Self {
            app: id.app.to_string(),
            vendor: id.vendor.as_str(),
            environment: id.environment.as_str(),
            state: if closed.is_some() { "closed" } else { gate.as_ref().map_or("open", GateState::as_str) },
            closed_because: closed.map(NoteRow::of),
            gate: gate.and_then(GateRow::of),
            credentials: credentials(configured, now),
            endpoint: configured.adapter().endpoint().to_string(),
            targets_per_call: limits.targets_per_call,
            max_in_flight: limits.max_in_flight,
            in_flight,
            connections,
            calls,
            outcomes,
            last_trouble: last_trouble.map(TroubleRow::of),
        }
    }
}

fn credentials(configured: &ConfiguredChannel, now: SystemTime) -> Vec<CredentialRow> {
    let credentials = configured.credentials();
    let row = |note: &model::CredentialNote| {
        let ends = note.kind == model::CredentialKind::ClientCertificate;
        CredentialRow {
            field: note.field,
            kind: note.kind.as_str(),
            id: note.id.clone(),
            expires_at: credentials.expires_at().filter(|_| ends).and_then(rfc3339),
            days_left: credentials.days_left(now).filter(|_| ends),
            warnings: match ends {
                true => credentials.warnings(now).into_iter().map(NoteRow::of).collect(),
                false => Vec::new(),
            },
        }
    };
    credentials.notes().iter().map(row).collect()
}

// === impl NoteRow ===

impl NoteRow {
    fn of(notice: Notice) -> Self {
        Self { code: notice.code, detail: notice.detail.into_owned() }
    }
}

// === impl GateRow ===

impl GateRow {
    fn of(state: GateState) -> Option<Self> {
        let (cause, retry_after) = match state {
            GateState::Open => return None,
            GateState::Shut { until, cause } => (cause, until.saturating_duration_since(Instant::now()).as_secs()),
            GateState::Probation { cause } => (cause, 0),
        };
        let Cause { outcome, code, detail, .. } = cause;
        Some(Self { outcome, code: code.map(|code| code.as_str().to_owned()), detail, retry_after })
    }

    /// In one sentence.
    pub(crate) fn summary(&self) -> String {
        let words = [self.code.as_deref(), self.detail.as_deref()].into_iter().flatten();
        let why = words.fold(self.outcome.replace('_', " "), |why, word| format!("{why}: {word}"));
        format!("Durable pushes wait: {why}")
    }
}

// === impl TroubleRow ===

impl TroubleRow {
    fn of(trouble: Trouble) -> Self {
        let Trouble { at, outcome, code, detail } = trouble;
        Self { at: rfc3339(at), outcome, code: code.map(|code| code.as_str().to_owned()), detail }
    }
}
