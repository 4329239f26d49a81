//! Every word in which a problem's `type` can end.
//!
//! `docs/faults.md` tells of each what to do, and a test holds the two together.

use certs::Unreadable;

/// The words of the API, in order. Those of files that cannot be read or converted are told of with the credentials.
pub const PROBLEM_CODES: &[&str] = &[
    "body_too_large",
    "body_too_slow",
    "busy",
    "duplicate_push",
    "forbidden",
    "foreign_host",
    "foreign_origin",
    "id_conflict",
    "incomplete",
    "internal",
    "invalid_form",
    "invalid_push",
    "invalid_query",
    "malformed_form",
    "malformed_json",
    "method_not_allowed",
    "no_channel",
    "not_askable",
    "not_available",
    "not_found",
    "not_json",
    "not_multipart",
    "not_ndjson",
    "not_sendable",
    "rate_limited",
    "spool_busy",
    "spool_failed",
    "spool_full",
    "stopping",
    "too_many_checks",
    "too_many_in_flight",
    "too_many_targets",
    "unauthorized",
    "unknown_app",
    "unknown_push",
    "unreadable_body",
    "unusable",
];

/// Words of conversions that fail; files that cannot be read have words of their own.
const CONVERSION_CODES: &[&str] =
    &["half_a_pair", "key_mismatch", "nothing_to_convert", "password_needed_for_output", "several_candidates"];

/// Whether it stands in the documentation.
pub(super) fn is_known(code: &str) -> bool {
    [PROBLEM_CODES, CONVERSION_CODES, Unreadable::CODES].iter().any(|codes| codes.contains(&code))
}
