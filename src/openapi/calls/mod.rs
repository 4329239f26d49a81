//! Every call of the API. A test holds them to the rules of who may make which.

mod credentials;
mod durable;
mod events;
mod pushes;
mod service;
mod stream;

use http::Method;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem, Paths, PathsBuilder};

/// A path, its method, and what there is to say of it.
type Call = (&'static str, Method, Operation);

/// In the order in which a reader meets them.
pub(super) fn paths() -> Paths {
    let calls =
        [pushes::calls(), stream::calls(), durable::calls(), events::calls(), credentials::calls(), service::calls()];
    let mut paths = PathsBuilder::new();
    for (path, method, operation) in calls.into_iter().flatten() {
        // Another method of the same path joins the first.
        paths = paths.path(path, PathItem::new(http_method(&method), operation));
    }
    paths.build()
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
