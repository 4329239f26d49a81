//! What every page shares: its frame and its headers.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};

use super::assets;
use crate::http::Problem;

pub(super) const CREDENTIALS: &str = "/console/credentials";
pub(super) const CONVERT: &str = "/console/credentials/convert";
pub(super) const PUSH: &str = "/console/push";
pub(super) const CHANNELS: &str = "/console/channels";
pub(super) const DOCS: &str = "/docs";
pub(super) const CODES: &str = "/console/codes";

/// What stands around every page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    here: &'static str,
}

/// A link of the menu.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

const MENU: &[(&str, &str)] = &[
    ("/", "Overview"),
    (CREDENTIALS, "Credentials"),
    (PUSH, "Preview and send"),
    (CHANNELS, "Channels"),
    (DOCS, "API"),
];

/// Nothing from elsewhere, nothing inline, and no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: &[(HeaderName, &str)] = &[
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// Renders a page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "A page cannot be rendered; this is a fault of pushmux");
            let detail = "the page cannot be shown; the service's log says more";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).into_response()
        }
    }
}

/// The headers of every answer of the console, also of refusals and downloads.
pub(super) async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

// === impl Frame ===

impl Frame {
    /// Around the page of that path.
    pub(super) const fn at(here: &'static str) -> Self {
        Self { here }
    }

    pub(super) fn links(self) -> impl Iterator<Item = Link> {
        MENU.iter().map(move |(path, name)| Link { path, name, is_here: *path == self.here })
    }

    pub(super) fn style(self) -> &'static str {
        assets::STYLE.path()
    }

    pub(super) fn script(self) -> &'static str {
        assets::SCRIPT.path()
    }

    pub(super) const fn version(self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
