//! Previews and results, as the page shows them.

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::Value;

use super::form::{EVERY_VENDOR, PushForm};
use super::pretty;
use crate::access::Access;
use crate::console::badge::{Badge, count};
use crate::service::{ChannelPreview, Preview, Report, RequestPreview};

/// What vendors would be sent.
pub(super) struct PreviewView {
    pub(super) channels: Vec<ChannelView>,
    pub(super) refused: Vec<ResultView>,
    /// Whether a made-up token stands in the place of the device's.
    pub(super) is_sample: bool,
    pub(super) announcement: String,
    pub(super) curl: String,
}

pub(super) struct ChannelView {
    pub(super) vendor: &'static str,
    pub(super) environment: &'static str,
    pub(super) dialect: Option<String>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) requests: Vec<RequestView>,
    pub(super) refused: Vec<ResultView>,
}

pub(super) struct RequestView {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What is going to be sent, if somebody means it.
pub(super) struct Confirmation {
    pub(super) fields: Vec<(&'static str, String)>,
}

/// What became of a target: a row of `results`.
pub(super) struct ResultView {
    pub(super) badge: Badge,
    pub(super) row: ResultRow,
}

/// The row as the API has it.
#[derive(Deserialize)]
pub(super) struct ResultRow {
    pub(super) vendor: String,
    pub(super) outcome: String,
    pub(super) vendor_id: Option<String>,
    pub(super) attempts: u32,
    #[serde(default)]
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) code: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) proof: Option<String>,
    pub(super) retry_after: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Adjustment {
    pub(super) field: String,
    pub(super) detail: String,
}

/// Where the service is, if the browser does not say so.
const DEFAULT_PLACE: &str = "http://127.0.0.1:8080";

/// The command that asks the API for the same.
pub(super) fn curl(path: &str, push: &Value, headers: &HeaderMap, access: &Access) -> String {
    let place = place(headers);
    let quoted = pretty(push).replace('\'', r"'\''");
    // The key itself is nowhere here.
    let key = access.key().map_or("", |_| " -H \"authorization: Bearer $PUSHMUX_KEY\"");
    format!("curl -s {place}{path}{key} -H 'content-type: application/json' -d '{quoted}'")
}

/// Where the browser sees this service. Only what parses as an address gets into a command line.
fn place(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
    let origin = origin.and_then(|origin| Some((origin.scheme_str()?.to_owned(), origin.authority()?.clone())));
    let host = || Some(("http".to_owned(), text(HOST)?.parse::<Authority>().ok()?));
    match origin.or_else(host) {
        Some((scheme, authority)) if is_plain(authority.as_str()) => format!("{scheme}://{authority}"),
        _ => DEFAULT_PLACE.to_owned(),
    }
}

/// Whether a shell takes it as it is.
fn is_plain(authority: &str) -> bool {
    authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

// === impl PreviewView ===

impl PreviewView {
    pub(super) fn of(preview: Preview, form: &PushForm, curl: String) -> Self {
        let requests: usize = preview.channels.iter().map(|channel| channel.total_requests).sum();
        let vendors = if form.vendor == EVERY_VENDOR { "every vendor of the app" } else { "the vendor" };
        Self {
            channels: preview.channels.into_iter().map(ChannelView::from).collect(),
            refused: preview.refused.iter().filter_map(ResultView::of).collect(),
            is_sample: form.token.trim().is_empty(),
            announcement: format!("Preview for {vendors}: {}. Nothing was sent.", count(requests as u64, "request")),
            curl,
        }
    }
}

impl From<ChannelPreview> for ChannelView {
    fn from(preview: ChannelPreview) -> Self {
        let ChannelPreview { channel, dialect, adjustments, requests, refused, .. } = preview;
        let adjustments = adjustments.into_iter().map(|adjustment| Adjustment {
            field: adjustment.field.to_owned(),
            detail: adjustment.detail.into_owned(),
        });
        Self {
            vendor: channel.vendor.as_str(),
            environment: channel.environment.as_str(),
            dialect,
            adjustments: adjustments.collect(),
            requests: requests.into_iter().map(RequestView::from).collect(),
            refused: refused.iter().filter_map(ResultView::of).collect(),
        }
    }
}

impl RequestView {
    /// What its headers are folded under.
    pub(super) fn headers_title(&self) -> String {
        count(self.headers.len() as u64, "header")
    }
}

impl From<RequestPreview> for RequestView {
    fn from(request: RequestPreview) -> Self {
        let RequestPreview { method, url, headers, body, .. } = request;
        let headers = headers.into_iter().map(|(name, value)| (name, pretty(&value)));
        Self { method, url, headers: headers.collect(), body: pretty(&body) }
    }
}

// === impl ResultView ===

impl ResultView {
    /// The row that the API would answer.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let row: ResultRow = serde_json::to_value(report).and_then(serde_json::from_value).ok()?;
        Some(Self { badge: Badge::outcome(&row.outcome), row })
    }
}

// === impl Confirmation ===

impl Confirmation {
    /// A field's value.
    pub(super) fn of(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_is_safe_to_paste() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost:9"));
        let command = curl("/v1/pushes", &json!({"title": "it's"}), &headers, &Access::full());
        assert!(command.starts_with("curl -s http://localhost:9/v1/pushes "), "{command}");
        assert!(command.contains(r"it'\''s"), "{command}");
        headers.insert(HOST, HeaderValue::from_static("a;reboot"));
        assert!(curl("/", &json!({}), &headers, &Access::full()).starts_with(&format!("curl -s {DEFAULT_PLACE}/ ")));
        headers.insert(ORIGIN, HeaderValue::from_static("https://push.example"));
        assert!(curl("/", &json!({}), &headers, &Access::full()).starts_with("curl -s https://push.example/ "));
    }
}
