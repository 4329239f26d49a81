//! `GET /openapi.json`

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::etag::Tag;
use crate::openapi::text;

static TAG: LazyLock<Tag> = LazyLock::new(|| Tag::of(text()));

/// The document of this very version. Who has it need not read it again, but has to ask: another version may run now.
pub(super) async fn show(headers: HeaderMap) -> Response {
    let common = [(ETAG, TAG.header()), (CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    match TAG.is_known(&headers) {
        true => (StatusCode::NOT_MODIFIED, common).into_response(),
        false => (common, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text()).into_response(),
    }
}
