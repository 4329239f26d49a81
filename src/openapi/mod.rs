//! The API described by OpenAPI 3.1, made from the types that are on the wire.
//!
//! Schemas stand beside their types: derived where serde derives, written by hand beside what is written or parsed by hand.
//! Here stands what no type tells: paths, parameters, headers, and which problems a call can answer. Tests hold the document to
//! the rules of who may call what, to the table of problems in `docs/api.md`, and, by schemathesis, to a running service.
//!
//! Left out are the pages of the console: they are for people.

mod calls;
mod components;
mod examples;
mod parts;
pub mod problems;
mod tags;

use std::sync::LazyLock;

use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

/// The document, as it is served.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&document()).expect("a document is JSON");
    text.push('\n');
    text
});

const ABOUT: &str = "A vendor push-channel multiplexer: one normalized push to every vendor's own channel, and one vocabulary \
                     for what became of every device.\n\nErrors are problem documents (RFC 9457), each with a stable word in its \
                     `type`. With keys in the configuration every call but `/healthz` and `/readyz` needs one; without, the \
                     service listens on loopback only and asks for none.";

/// The document as JSON.
pub fn text() -> &'static str {
    &TEXT
}

fn document() -> OpenApi {
    let licence = LicenseBuilder::new().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build();
    let info = InfoBuilder::new()
        .title("pushmux")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(calls::paths())
        .components(Some(components::components(adapters::vendors())))
        .security(Some([SecurityRequirement::new(components::KEY, Vec::<String>::new())]))
        .tags(Some(tags::all()))
        .build()
}
