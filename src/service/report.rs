//! What the caller is told of one target.

use std::sync::Arc;
use std::time::SystemTime;

use model::{Adjustment, DeviceToken, Environment, Outcome, Target, TokenProof, Vendor, Verdict};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::rfc3339::rfc3339;

/// The report of one target; serializes to its row of `results`.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target's place in the caller's list.
    pub index: u32,
    /// Through whom.
    pub vendor: Vendor,
    /// To which devices.
    pub environment: Environment,
    /// Which device; told for what was not accepted.
    token: DeviceToken,
    /// What became of it.
    pub verdict: Verdict,
    /// How often the vendor was tried.
    pub attempts: u32,
    /// What had to be changed.
    pub adjustments: Arc<[Adjustment]>,
}

/// An adjustment as it stands in results and previews.
#[derive(Serialize, ToSchema)]
#[schema(as = Adjustment)]
pub(crate) struct AdjustmentRow<'a> {
    /// Of which field of the push.
    field: &'static str,
    /// What was done.
    detail: &'a str,
}

struct AdjustmentRows<'a>(&'a [Adjustment]);

// === impl Report ===

impl Report {
    /// A target whose vendor was not asked.
    pub(crate) fn unsent(target: &Target, verdict: Verdict) -> Self {
        Self::settled(target, verdict, 0, [].into())
    }

    /// A target whose vendor was asked.
    pub(crate) fn settled(target: &Target, verdict: Verdict, attempts: u32, adjustments: Arc<[Adjustment]>) -> Self {
        let Target { index, vendor, token, environment, .. } = target;
        Self {
            index: *index,
            vendor: *vendor,
            environment: *environment,
            token: token.clone(),
            verdict,
            attempts,
            adjustments,
        }
    }

    /// Which device.
    pub(crate) fn token(&self) -> &DeviceToken {
        &self.token
    }

    fn entries<M: SerializeMap>(&self, row: &mut M) -> Result<(), M::Error> {
        let Verdict { outcome, code, detail, .. } = &self.verdict;
        row.serialize_entry("vendor", self.vendor.as_str())?;
        row.serialize_entry("outcome", outcome.as_str())?;
        if let Outcome::Accepted { vendor_id: Some(id) } = outcome {
            row.serialize_entry("vendor_id", id.as_str())?;
        }
        row.serialize_entry("attempts", &self.attempts)?;
        if !self.adjustments.is_empty() {
            row.serialize_entry("adjustments", &AdjustmentRows(&self.adjustments))?;
        }
        if outcome.is_accepted() {
            return Ok(());
        }
        row.serialize_entry("token", self.token.as_str())?;
        if let Some(code) = code {
            row.serialize_entry("code", code.as_str())?;
        }
        if let Some(detail) = detail {
            row.serialize_entry("detail", detail)?;
        }
        match outcome {
            Outcome::InvalidToken { proof: TokenProof::Dead { since } } => {
                row.serialize_entry("proof", "dead")?;
                if let Some(since) = since.and_then(rfc3339) {
                    row.serialize_entry("since", &since)?;
                }
            }
            Outcome::InvalidToken { proof: TokenProof::Foreign } => row.serialize_entry("proof", "foreign")?,
            _ => {}
        }
        if let Some(wait) = outcome.retry_after(SystemTime::now()) {
            row.serialize_entry("retry_after", &whole_seconds(wait))?;
        }
        Ok(())
    }
}

/// A report without the target's place: equal for all targets that fared alike, so that it can be kept once for them.
pub(crate) struct StoredRow<'a>(pub(crate) &'a Report);

impl Serialize for StoredRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(None)?;
        self.0.entries(&mut row)?;
        row.end()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("target", &self.index)?;
        self.entries(&mut row)?;
        row.end()
    }
}

/// What `Report::entries` writes.
impl PartialSchema for Report {
    fn schema() -> RefOr<Schema> {
        let string = |description| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        let whole = |description| {
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).description(Some(description))
        };
        let since = string("Of `invalid_token` with the proof `dead`: since when, if the vendor tells. A token that the app got later is alive.")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        let adjustments = Ref::from_schema_name(AdjustmentRow::name()).to_array_builder();
        let attempts = "How often the vendor was asked; 0 if it was not reached, or the push was refused before.";
        let proof = string(
            "Of `invalid_token`: only a `dead` one may be deleted; `foreign` may be a mistake in the configuration.",
        );
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("What became of one target."))
            .property("target", whole("The target's place in the push, from 0."))
            .property("vendor", string("Whose channel."))
            .property("outcome", string("What became of it."))
            .property("vendor_id", string("The vendor's id of an accepted message."))
            .property("attempts", whole(attempts))
            .property(
                "adjustments",
                adjustments.description(Some("What had to be changed so that the vendor would take it.")),
            )
            .property("token", string("The device token again, of what was not accepted."))
            .property("code", string("The vendor's code; a word in lower case is ours."))
            .property("detail", string("Words for people."))
            .property("proof", proof.enum_values(Some(["dead", "foreign"])))
            .property("since", since)
            .property("retry_after", whole("Seconds to wait before another try, where somebody said so."))
            .required("target")
            .required("vendor")
            .required("outcome")
            .required("attempts")
            .into()
    }
}

impl ToSchema for Report {
    fn name() -> std::borrow::Cow<'static, str> {
        "Result".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((AdjustmentRow::name().into(), AdjustmentRow::schema()));
    }
}

impl<'a> AdjustmentRow<'a> {
    fn of(adjustment: &'a Adjustment) -> Self {
        Self { field: adjustment.field, detail: &adjustment.detail }
    }
}

impl Serialize for AdjustmentRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_adjustments(self.0, serializer)
    }
}

/// Writes adjustments as the API has them, everywhere.
pub(crate) fn serialize_adjustments<S: Serializer>(
    adjustments: &[Adjustment],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(adjustments.iter().map(AdjustmentRow::of))
}

/// Rounded up: who waits a whole number of seconds must not come too early.
fn whole_seconds(wait: std::time::Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
