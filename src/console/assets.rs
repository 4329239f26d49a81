//! The style and the script, served from memory.
//!
//! A file's name bears the digest of what is in it, so it may be kept for ever: another version has another name.

use std::sync::LazyLock;

use crate::http::Problem;
use crate::http::etag::Tag;
use crate::http::problem::not_found;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

/// A file that pages load.
#[derive(Debug)]
pub(super) struct Asset {
    path: String,
    tag: Tag,
    kind: &'static str,
    text: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_str!("assets/console.css")));
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/console.js")));

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Gives a file of that very version.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let assets = [&*STYLE, &*SCRIPT];
    let Some(asset) = assets.into_iter().find(|asset| asset.path.ends_with(&format!("/{name}"))) else {
        return Err(not_found(uri).await);
    };
    let known = asset.tag.is_known(&headers);
    let common = [
        (ETAG, asset.tag.header()),
        (CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok(match known {
        true => (StatusCode::NOT_MODIFIED, common).into_response(),
        false => (common, [(CONTENT_TYPE, HeaderValue::from_static(asset.kind))], asset.text).into_response(),
    })
}

// === impl Asset ===

impl Asset {
    fn new(extension: &str, kind: &'static str, text: &'static str) -> Self {
        let tag = Tag::of(text);
        Self { path: format!("/assets/console-{}.{extension}", tag.digest()), tag, kind, text }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}
