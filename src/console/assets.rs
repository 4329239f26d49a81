//! The style and the script, served from memory.
//!
//! A file's name bears the digest of what is in it, so it may be kept for ever: another version has another name.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use sha2::{Digest, Sha256};

use crate::http::Problem;
use crate::http::problem::not_found;

/// A file that pages load.
#[derive(Debug)]
pub(super) struct Asset {
    path: String,
    tag: HeaderValue,
    kind: &'static str,
    text: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_str!("assets/console.css")));
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/console.js")));

/// So much of the digest tells versions apart.
const DIGEST_BYTES: usize = 6;
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Gives a file of that very version.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let assets = [&*STYLE, &*SCRIPT];
    let Some(asset) = assets.into_iter().find(|asset| asset.path.ends_with(&format!("/{name}"))) else {
        return Err(not_found(uri).await);
    };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|tags| asset.is_among(tags));
    let common = [
        (ETAG, asset.tag.clone()),
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
        let mut digest = String::new();
        for byte in &Sha256::digest(text)[..DIGEST_BYTES] {
            // Writing to a text cannot fail.
            let _ = write!(digest, "{byte:02x}");
        }
        let tag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("hexadecimal digits fit a header");
        Self { path: format!("/assets/console-{digest}.{extension}"), tag, kind, text }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether a browser that names these versions has it already.
    fn is_among(&self, tags: &HeaderValue) -> bool {
        let own = self.tag.to_str().unwrap_or_default();
        let tags = tags.to_str().unwrap_or_default().split(',');
        tags.map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == own || tag == "*")
    }
}
