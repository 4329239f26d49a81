//! Every kind of problem that the API answers: its stable word, its status, and when it comes.
//!
//! [`Problem::new`](crate::http::Problem::new) holds every answer to this table where debug assertions are on, a test holds it
//! to `docs/faults.md`, which tells what to do.

use certs::Unreadable;
use certs::convert::ConvertFault;
use http::StatusCode;

use crate::credentials::UploadFault;

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last part of its `type`.
    pub code: &'static str,
    /// The status that it comes with.
    pub status: u16,
    /// When it comes.
    pub when: &'static str,
}

/// What stands before the code in the `type` of a problem.
pub(crate) const URN: &str = "urn:pushmux:problem:";

/// All but those of files that cannot be read or converted: see [`of_files`].
const KINDS: &[(u16, &str, &str)] = &[
    (400, "malformed_json", "The body is no JSON."),
    (400, "malformed_form", "The body is no multipart form."),
    (400, "unreadable_body", "The connection broke while the body was read."),
    (401, "unauthorized", "No key, or none that is known."),
    (403, "forbidden", "The key is not for this app, or has not the action."),
    (403, "foreign_origin", "A page of another site made a browser send it."),
    (404, "not_found", "There is no such path."),
    (404, "unknown_push", "No such durable push, or no longer."),
    (405, "method_not_allowed", "The path does not take this method."),
    (408, "body_too_slow", "The body did not arrive within `server.body_timeout_seconds`."),
    (409, "id_conflict", "Another push of this app bears the id."),
    (409, "duplicate_push", "Another push with the same message and targets came within `duplicate_window_seconds`."),
    (413, "body_too_large", "Longer than `server.max_body_bytes`, than a form may be, or than the spool keeps."),
    (415, "not_json", "The content type is not `application/json`."),
    (415, "not_ndjson", "The content type is not `application/x-ndjson`."),
    (415, "not_multipart", "The content type is not `multipart/form-data`."),
    (421, "foreign_host", "No keys are configured, and `Host` names another machine than this one."),
    (
        422,
        "invalid_push",
        "`faults` lists every fault with its JSON pointer, up to 20; of a body over 1 MiB the first.",
    ),
    (422, "invalid_form", "A field of the form is wrong; `faults` names it."),
    (
        422,
        "invalid_query",
        "A parameter of the query, an id in the path, or `Last-Event-ID` is wrong; `faults` names it.",
    ),
    (422, "unknown_app", "The app is not configured."),
    (422, "too_many_targets", "More than the app's `max_targets_per_push`."),
    (422, "not_askable", "No vendor can be asked about such a file."),
    (422, "incomplete", "The vendor must be told more before it can be asked; `faults` names the fields."),
    (422, "unusable", "The credential opens no channel."),
    (422, "no_channel", "The app has no channel that says where to ask."),
    (422, "not_sendable", "The test push cannot be sent to that device."),
    (429, "rate_limited", "Beyond the app's `rate_per_minute`."),
    (429, "too_many_in_flight", "Beyond the app's `max_in_flight`."),
    (429, "too_many_checks", "One credential was asked about five times within a minute."),
    (500, "internal", "A fault of pushmux; its log says more."),
    (501, "not_available", "Durable delivery, or its events, without `[spool]`."),
    (503, "busy", "Too much is under way, or too many read or upload at once."),
    (503, "spool_full", "The spool has no room left."),
    (503, "spool_busy", "The spool does not keep up."),
    (503, "spool_failed", "The spool cannot be written or read."),
    (503, "stopping", "The service is about to stop."),
];

/// Of a file that cannot be read, or not be written in the form asked for.
const FILE_STATUS: u16 = 422;

/// Every kind.
pub fn all() -> impl Iterator<Item = ProblemKind> {
    general().chain(of_files())
}

/// Those that have no page of their own, in the order of their statuses.
pub fn general() -> impl Iterator<Item = ProblemKind> {
    KINDS.iter().map(|(status, code, when)| ProblemKind { code, status: *status, when })
}

/// Those of files that cannot be read or converted.
fn of_files() -> impl Iterator<Item = ProblemKind> {
    let codes = UNREADABLE.iter().copied().chain(not_convertible());
    let when = "The file cannot be read or converted: docs/credentials.md explains the code.";
    codes.map(move |code| ProblemKind { code, status: FILE_STATUS, when })
}

/// The codes of files that cannot be read.
pub(crate) const UNREADABLE: &[&str] = Unreadable::CODES;

/// The codes of files that cannot be written in another form, beside those of [`UNREADABLE`].
pub(crate) fn not_convertible() -> impl Iterator<Item = &'static str> {
    ConvertFault::CODES.iter().copied().chain([UploadFault::NeedsPassword.code()])
}

/// The kind of that code.
pub(crate) fn find(code: &str) -> Option<ProblemKind> {
    all().find(|kind| kind.code == code)
}

/// Whether a problem may be answered so.
pub(crate) fn is_known(status: StatusCode, code: &str) -> bool {
    find(code).is_some_and(|kind| kind.status == status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once() {
        let mut codes: Vec<&str> = all().map(|kind| kind.code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
