//! What a device token says by itself: the well-known prefixes, and the form of a real one.

use std::time::Duration;

use super::case::{self, CASES, Case};
use crate::prefix::{Prefix, Row, longest, numbered, slow};

/// What a device token leads to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effect<'t> {
    Accept,
    /// It has no form of a token.
    Malformed,
    Case(&'static Case),
    /// An error by its code.
    Code(&'t str),
    /// Delivered all the same.
    UnavailableDelivered,
    /// The access token of the first request ends.
    EndAccessToken,
    Html,
    Rubbish,
    RubbishError,
    Empty,
    EmptyError,
    Nameless,
    Hang,
    Reset,
    RefuseOnce,
    RefuseAlways,
    GoawayOnce,
    GoawayAlways,
    GoawaySilent,
    Close,
}

/// The value of a Retry-After header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryAfter {
    Seconds(u64),
    /// As an HTTP date so many seconds from now.
    Date(u64),
}

/// A device token, read.
#[derive(Debug)]
pub(super) struct Reading<'t> {
    pub(super) delay: Duration,
    pub(super) retry_after: Option<RetryAfter>,
    pub(super) effect: Effect<'t>,
}

/// Besides the table of errors.
static NAMED: &[Row<Effect<'static>>] = &[
    (
        "expired-",
        Effect::EndAccessToken,
        "first request of this token: its access token ends, 401 `ACCESS_TOKEN_EXPIRED`; then 200",
    ),
    (
        "unavailable-delivered-",
        Effect::UnavailableDelivered,
        "503 `UNAVAILABLE`, but the message was delivered and counts as accepted",
    ),
    ("html-", Effect::Html, "502 with Google's HTML page"),
    ("rubbish-", Effect::Rubbish, "200 with a body that is not JSON"),
    ("rubbish-error-", Effect::RubbishError, "500 with a body that is not JSON"),
    ("empty-", Effect::Empty, "200 with an empty body"),
    ("empty-error-", Effect::EmptyError, "500 with an empty body"),
    ("nameless-", Effect::Nameless, "200 with `{}`"),
    ("hang-", Effect::Hang, "never answered"),
    ("reset-", Effect::Reset, "RST_STREAM INTERNAL_ERROR; on HTTP/1.1 the connection is dropped"),
    ("refused-", Effect::RefuseOnce, "RST_STREAM REFUSED_STREAM for the first request of this token, then 200"),
    ("refused-always-", Effect::RefuseAlways, "RST_STREAM REFUSED_STREAM every time"),
    (
        "goaway-",
        Effect::GoawayOnce,
        "first request of this token: GOAWAY `server_shutting_down`, last stream 0, end of connection; then 200",
    ),
    ("goaway-always-", Effect::GoawayAlways, "the same every time"),
    (
        "goaway-silent-",
        Effect::GoawaySilent,
        "GOAWAY `session_timed_out` that names this stream as processed, then the end of the connection, no answer",
    ),
    ("close-", Effect::Close, "the TCP connection is dropped"),
];

const OK: &str = "ok-";
const RETRY: &str = "retry-";
const RETRY_DATE: &str = "retry-date-";
const CODE: &str = "code-";
/// Registration tokens of 140 characters and more have been seen; their form is not documented.
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 64..=4096;
const FID_CHARS: usize = 22;

/// The table as the documentation has it.
pub(super) fn documented() -> Vec<Prefix> {
    let mut rows = vec![Prefix::new(OK, "200")];
    rows.extend(CASES.iter().map(|case| Prefix::new(case.prefix, case.documented())));
    rows.extend(Prefix::documented(NAMED.iter().copied()));
    rows.push(Prefix::new("slow-<ms>-", "waits so many milliseconds, then as the rest of the token says; else 200"));
    rows.push(Prefix::new("retry-<s>-", "as the rest of the token says, with `Retry-After: <s>`; else `quota-`"));
    rows.push(Prefix::new("retry-date-<s>-", "the same, with an HTTP date so many seconds from now"));
    rows.push(Prefix::new("code-<CODE>-", "that code with its documented status; 400 if it is not documented"));
    rows
}

/// Reads a registration token.
pub(super) fn read(token: &str) -> Reading<'_> {
    let (delay, rest) = slow(token);
    let (retry_after, rest) = retry_after(rest);
    let is_modified = rest.len() < token.len();
    let effect = match known(rest) {
        Some(effect) => effect,
        None if retry_after.is_some() => case::of("quota-").map_or(Effect::Accept, Effect::Case),
        None if is_modified || has_form(token) => Effect::Accept,
        None => Effect::Malformed,
    };
    Reading { delay, retry_after, effect }
}

/// Whether it may be a Firebase installation id: 128 bits, of which the first four are 0111.
pub(super) fn is_fid(id: &str) -> bool {
    id.len() == FID_CHARS && id.starts_with(['c', 'd', 'e', 'f']) && id.bytes().all(is_url_safe)
}

fn retry_after(token: &str) -> (Option<RetryAfter>, &str) {
    let date = || numbered(token, RETRY_DATE).map(|(secs, rest)| (RetryAfter::Date(secs), rest));
    let seconds = || numbered(token, RETRY).map(|(secs, rest)| (RetryAfter::Seconds(secs), rest));
    match date().or_else(seconds) {
        Some((value, rest)) => (Some(value), rest),
        None => (None, token),
    }
}

/// The longest prefix wins.
fn known(token: &str) -> Option<Effect<'_>> {
    if let Some((code, _)) = token.strip_prefix(CODE).and_then(|rest| rest.split_once('-')) {
        return Some(Effect::Code(code));
    }
    let cases = CASES.iter().map(|case| (case.prefix, Effect::Case(case), ""));
    longest(cases.chain(NAMED.iter().copied()).chain([(OK, Effect::Accept, "")]), token)
}

fn has_form(token: &str) -> bool {
    TOKEN_CHARS.contains(&token.len()) && token.bytes().all(|byte| is_url_safe(byte) || byte == b':')
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case_of(token: &str) -> &'static str {
        match read(token).effect {
            Effect::Case(case) => case.prefix,
            other => panic!("{token}: {other:?}"),
        }
    }

    #[test]
    fn the_longest_prefix_wins() {
        for (token, want) in [("dead-1", "dead-"), ("dead-ios-1", "dead-ios-"), ("unavailable-1", "unavailable-")] {
            assert_eq!(case_of(token), want);
        }
        assert!(matches!(read("unavailable-delivered-1").effect, Effect::UnavailableDelivered));
        assert!(matches!(read("refused-always-1").effect, Effect::RefuseAlways));
    }

    #[test]
    fn no_two_rows_have_one_prefix() {
        let mut prefixes: Vec<_> = documented().into_iter().map(|row| row.prefix).collect();
        prefixes.sort();
        let count = prefixes.len();
        prefixes.dedup();
        assert_eq!(prefixes.len(), count);
    }

    #[test]
    fn modifiers_go_before_any_other() {
        let reading = read("slow-20-retry-30-throttled-1");
        assert_eq!((reading.delay, reading.retry_after), (Duration::from_millis(20), Some(RetryAfter::Seconds(30))));
        assert_eq!(case_of("slow-20-retry-30-throttled-1"), "throttled-");
        assert_eq!(case_of("retry-date-5-x"), "quota-");
        assert_eq!(read("retry-date-5-x").retry_after, Some(RetryAfter::Date(5)));
        assert_eq!(case_of("retry-info-1"), "retry-info-");
        assert!(matches!(read("slow-5-x").effect, Effect::Accept));
        assert!(matches!(read("code-UNREGISTERED-1").effect, Effect::Code("UNREGISTERED")));
    }

    #[test]
    fn other_tokens_need_their_form() {
        let token = format!("cAbc_123:APA91b{}", "x-Y_9".repeat(25));
        assert!(matches!(read(&token).effect, Effect::Accept));
        assert!(matches!(read("abc").effect, Effect::Malformed));
        assert!(matches!(read(&format!("{token} ")).effect, Effect::Malformed));
        assert!(is_fid("cvD6Jd-aRmq_hVrYYtQ2uG") && !is_fid("avD6Jd-aRmq_hVrYYtQ2uG") && !is_fid("cvD6"));
    }
}
