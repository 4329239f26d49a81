//! What calls are grouped by.

use utoipa::openapi::tag::{Tag, TagBuilder};

pub(super) const PUSHES: &str = "Pushes";
pub(super) const DURABLE: &str = "Durable pushes";
pub(super) const EVENTS: &str = "Events";
pub(super) const CREDENTIALS: &str = "Credentials";
pub(super) const SERVICE: &str = "Service";

const TAGS: &[(&str, &str)] = &[
    (PUSHES, "One normalized push to many devices, and what became of each."),
    (DURABLE, "What became of a push that was entrusted to the service."),
    (EVENTS, "What happens after the answer."),
    (CREDENTIALS, "What is in a credential file."),
    (SERVICE, "The service itself."),
];

pub(super) fn all() -> Vec<Tag> {
    TAGS.iter().map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build()).collect()
}
