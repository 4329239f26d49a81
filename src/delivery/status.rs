//! What is known of a push that was kept.

use bytes::Bytes;
use model::{AppId, Push, PushId, Target};
use serde::Serialize;
use serde_json::value::RawValue;
use spool::{Moment, PartProgress, PushState};
use utoipa::openapi::schema::{Object, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::told::placed;
use crate::rfc3339::rfc3339;
use crate::service::Report;

/// The state of a push, as the API tells it.
#[derive(Serialize, ToSchema)]
#[schema(as = PushState)]
pub struct Status {
    /// The id of the push.
    id: String,
    /// Whose.
    app: String,
    /// `open` while something is left to do, else `settled`.
    #[schema(schema_with = states)]
    state: &'static str,
    /// When it was taken in.
    #[schema(required, format = DateTime)]
    admitted_at: Option<String>,
    /// When its TTL runs out.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// When the last target had its outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    settled_at: Option<String>,
    /// What is left to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<Waiting>,
    /// One row for each target, in the caller's order.
    results: Vec<StatusRow>,
}

/// A channel in which something is left to do.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    /// `app/vendor/environment`.
    channel: String,
    /// How often it was tried.
    attempts: u32,
    /// Not before; absent for what waits for its first attempt only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
}

/// One target.
pub enum StatusRow {
    /// It has its outcome.
    Settled(u32, Bytes),
    /// It has none yet.
    Pending(u32, &'static str),
}

/// A target without an outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingResult)]
struct PendingRow {
    /// The target's place in the push, from 0.
    target: u32,
    /// Whose channel.
    vendor: &'static str,
    #[schema(inline)]
    outcome: NotYet,
}

/// The word in the place of an outcome.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NotYet {
    Pending,
}

fn states() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["open", "settled"])).build()
}

// === impl Status ===

impl Status {
    pub(super) fn of(app: &AppId, id: &PushId, state: PushState) -> Self {
        let is_settled = state.settled_at.is_some();
        let waiting = state.parts.iter().filter_map(|part| match part.progress {
            PartProgress::Open { due, attempts } => Some(Waiting {
                channel: part.channel.to_string(),
                attempts,
                next_attempt_at: (due > Moment::MIN).then(|| rfc3339(due.into())).flatten(),
            }),
            PartProgress::Done => None,
        });
        let waiting = waiting.collect();
        let mut results: Vec<StatusRow> =
            state.results.into_iter().map(|(target, row)| StatusRow::Settled(target, row)).collect();
        if let Some(push) = state.body.and_then(|body| Push::parse(&body, adapters::vendors()).ok()) {
            results = with_pending(results, &push.targets);
        }
        Self {
            id: id.to_string(),
            app: app.to_string(),
            state: if is_settled { "settled" } else { "open" },
            admitted_at: rfc3339(state.admitted_at.into()),
            expires_at: rfc3339(state.expires_at.into()),
            settled_at: state.settled_at.and_then(|at| rfc3339(at.into())),
            waiting,
            results,
        }
    }

    /// Whether nothing is left to do.
    pub fn is_settled(&self) -> bool {
        self.state == "settled"
    }
}

/// Both in the order of the targets.
fn with_pending(settled: Vec<StatusRow>, targets: &[Target]) -> Vec<StatusRow> {
    let mut settled = settled.into_iter().peekable();
    let row = |target: &Target| {
        settled
            .next_if(|row| row.target() == target.index)
            .unwrap_or(StatusRow::Pending(target.index, target.vendor.as_str()))
    };
    targets.iter().map(row).collect()
}

// === impl StatusRow ===

impl StatusRow {
    fn target(&self) -> u32 {
        match self {
            StatusRow::Settled(target, _) | StatusRow::Pending(target, _) => *target,
        }
    }
}

impl Serialize for StatusRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // The row was written by us, without the target's place.
            StatusRow::Settled(target, row) => {
                raw(*target, row).map_err(serde::ser::Error::custom)?.serialize(serializer)
            }
            StatusRow::Pending(target, vendor) => {
                PendingRow { target: *target, vendor, outcome: NotYet::Pending }.serialize(serializer)
            }
        }
    }
}

/// A settled row reads as in the answer to a direct push.
impl PartialSchema for StatusRow {
    fn schema() -> RefOr<Schema> {
        let rows = OneOfBuilder::new().item(Ref::from_schema_name(Report::name()));
        rows.item(Ref::from_schema_name(PendingRow::name())).description(Some("One target.")).into()
    }
}

impl ToSchema for StatusRow {
    fn name() -> std::borrow::Cow<'static, str> {
        "StateResult".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Report::name().into(), Report::schema()));
        Report::schemas(schemas);
        schemas.push((PendingRow::name().into(), PendingRow::schema()));
    }
}

fn raw(target: u32, row: &[u8]) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(String::from_utf8_lossy(&placed(target, row)).into_owned())
}
