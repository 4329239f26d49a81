//! The console: pages for people, at `/`.
//!
//! Rendered here, and whole without any script; the one script that there is sends forms without leaving the page. All of it
//! is in the binary, nothing comes from another host. Promised: what is shown is escaped, since a certificate's names and a
//! vendor's answers are anybody's text; a password is never shown again and no file is kept; pages of other sites cannot use
//! the forms.

mod assets;
mod badge;
mod channels;
mod codes;
mod credentials;
mod docs;
mod fields;
mod overview;
mod page;
mod push;
mod report;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};

use crate::service::Service;

/// Every page, and what the pages load.
pub(crate) fn routes() -> Router<Service> {
    let pages = Router::new()
        .route("/", get(overview::show))
        .route(page::CREDENTIALS, get(credentials::show).post(credentials::check))
        .route(page::CONVERT, post(credentials::convert).get(credentials::leave_convert))
        .route(page::PUSH, get(push::show).post(push::act))
        .route(page::CHANNELS, get(channels::show))
        .route(page::CODES, get(codes::show))
        .route(page::DOCS, get(docs::show))
        .layer(map_response(page::guarded));
    pages.route("/assets/{name}", get(assets::serve))
}
