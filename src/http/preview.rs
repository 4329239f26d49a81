//! `POST /v1/pushes/preview`

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use http::HeaderMap;
use model::{Adjustment, Push};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Problem, pushes};
use crate::access::Access;
use crate::service::{AdjustmentRow, ChannelPreview, Preview, Report, RequestPreview, Service, serialize_adjustments};

/// The JSON form of a preview.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub(crate) struct PreviewDocument {
    /// The id of the push.
    id: String,
    /// One for each channel, and dialect, that it goes through.
    channels: Vec<ChannelRow>,
    /// Targets that no channel takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Report>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PreviewChannel)]
struct ChannelRow {
    /// Whose channel.
    vendor: &'static str,
    /// To which devices.
    environment: &'static str,
    /// Which of the vendor's APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<String>,
    /// What would be changed.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "serialize_adjustments")]
    #[schema(value_type = Vec<AdjustmentRow<'static>>)]
    adjustments: Vec<Adjustment>,
    /// How many requests would be made.
    total_requests: usize,
    /// The first of them, at most 100.
    requests: Vec<RequestRow>,
    /// Rows as in the results of a push.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Report>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PreviewRequest)]
struct RequestRow {
    /// The places of its targets in the push.
    targets: Vec<u32>,
    /// HTTP method.
    method: String,
    /// Whole URL.
    url: String,
    /// By name; secrets are masked.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    headers: Map<String, Value>,
    /// JSON as it is; a form as an object of its fields; else text.
    body: Value,
}

/// Shows what each vendor would be sent. Sends nothing.
pub(super) async fn show(
    State(service): State<Service>,
    access: Access,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Result<Json<PreviewDocument>, Problem> {
    pushes::expect_json(&headers)?;
    let push = Push::parse(&body?, adapters::vendors())?;
    access.check_app(&push.app)?;
    Ok(Json(service.preview(&push)?.into()))
}

// === impl PreviewDocument ===

impl From<Preview> for PreviewDocument {
    fn from(preview: Preview) -> Self {
        let Preview { id, channels, refused } = preview;
        Self { id: id.to_string(), channels: channels.into_iter().map(ChannelRow::from).collect(), refused }
    }
}

impl From<ChannelPreview> for ChannelRow {
    fn from(preview: ChannelPreview) -> Self {
        let ChannelPreview { channel, dialect, adjustments, total_requests, requests, refused } = preview;
        Self {
            vendor: channel.vendor.as_str(),
            environment: channel.environment.as_str(),
            dialect,
            adjustments,
            total_requests,
            requests: requests.into_iter().map(RequestRow::from).collect(),
            refused,
        }
    }
}

impl From<RequestPreview> for RequestRow {
    fn from(request: RequestPreview) -> Self {
        let RequestPreview { targets, method, url, headers, body } = request;
        Self { targets, method, url, headers, body }
    }
}
