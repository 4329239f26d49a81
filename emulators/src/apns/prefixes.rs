//! What a device token says by itself: hex is accepted, a well-known prefix has its outcome, the rest is bad.

use std::sync::LazyLock;
use std::time::Duration;

use super::reason::{REASONS, kebab};
use super::{PRODUCTION, SANDBOX};
use crate::prefix::{Prefix, Row, longest, slow};

/// Device tokens are hex of even length; 64 digits today, "do not assume a length" (Apple).
const HEX_CHARS: std::ops::RangeInclusive<usize> = 64..=200;

/// What a device token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Accept,
    /// A token of this environment; bad in the other.
    Only(&'static str),
    Reason(&'static str),
    Hang,
    Reset,
    RefuseOnce,
    RefuseAlways,
    GoawayOnce,
    GoawayAlways,
    /// GOAWAY names this stream as processed, then the connection ends without an answer.
    GoawaySilent,
    Close,
    Rubbish,
    RubbishAccepted,
    Html,
    Empty,
}

/// A device token, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading<'t> {
    pub(super) delay: Duration,
    pub(super) meaning: Meaning<'t>,
}

/// An effect of the table, or a reason that the token itself names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'t> {
    Effect(Effect),
    Named(&'t str),
}

/// Short names for what is wanted most; every reason has its kebab-case prefix besides.
static NAMED: &[Row<Effect>] = &[
    ("ok-", Effect::Accept, "200"),
    ("sandbox-", Effect::Only(SANDBOX), "200 in the sandbox, 400 `BadDeviceToken` in production"),
    ("production-", Effect::Only(PRODUCTION), "200 in production, 400 `BadDeviceToken` in the sandbox"),
    ("dead-", Effect::Reason("Unregistered"), "410 `Unregistered` with the time"),
    ("expired-", Effect::Reason("ExpiredToken"), "410 `ExpiredToken` with the time"),
    ("bad-", Effect::Reason("BadDeviceToken"), "400 `BadDeviceToken`"),
    ("other-topic-", Effect::Reason("DeviceTokenNotForTopic"), "400 `DeviceTokenNotForTopic`"),
    ("throttled-", Effect::Reason("TooManyRequests"), "429 `TooManyRequests`"),
    ("internal-", Effect::Reason("InternalServerError"), "500 `InternalServerError`"),
    ("unavailable-", Effect::Reason("ServiceUnavailable"), "503 `ServiceUnavailable`"),
    ("hang-", Effect::Hang, "never answered"),
    ("reset-", Effect::Reset, "RST_STREAM INTERNAL_ERROR"),
    ("refused-", Effect::RefuseOnce, "RST_STREAM REFUSED_STREAM for the first request of this token, then 200"),
    ("refused-always-", Effect::RefuseAlways, "RST_STREAM REFUSED_STREAM every time"),
    (
        "goaway-",
        Effect::GoawayOnce,
        "first request of this token: GOAWAY `{\"reason\":\"Shutdown\"}`, last stream 0, end of connection; then 200",
    ),
    ("goaway-always-", Effect::GoawayAlways, "the same every time"),
    (
        "goaway-silent-",
        Effect::GoawaySilent,
        "GOAWAY that names this stream as processed, then the end of the connection without an answer",
    ),
    ("close-", Effect::Close, "the TCP connection is dropped"),
    ("rubbish-", Effect::Rubbish, "400, `application/json`, a body that is not JSON"),
    ("rubbish-ok-", Effect::RubbishAccepted, "200 with a body that is not JSON"),
    ("html-", Effect::Html, "502 with an HTML page"),
    ("empty-", Effect::Empty, "400 with an empty body"),
];

/// Bears an argument.
const REASON: &str = "reason-";

/// The named ones and one per reason.
static TABLE: LazyLock<Vec<(String, Effect)>> = LazyLock::new(|| {
    let named = NAMED.iter().map(|(prefix, effect, _)| ((*prefix).to_owned(), *effect));
    let reasons = REASONS.iter().map(|(_, reason)| (format!("{}-", kebab(reason)), Effect::Reason(reason)));
    named.chain(reasons).collect()
});

/// The table as the documentation has it.
pub(super) fn documented() -> Vec<Prefix> {
    let mut rows = Prefix::documented(NAMED.iter().copied());
    rows.push(Prefix::new("slow-<ms>-", "waits so many milliseconds, then as the rest of the token says; else 200"));
    rows.push(Prefix::new("reason-<Reason>-", "that reason with its documented status; 400 if it is not documented"));
    rows.extend(REASONS.iter().map(|(status, reason)| {
        let outcome = format!("{status} `{reason}`");
        Prefix::new(format!("{}-", kebab(reason)), outcome)
    }));
    rows
}

/// Reads a device token.
pub(super) fn read(token: &str) -> Reading<'_> {
    let (delay, rest) = slow(token);
    let fallback = if rest.len() < token.len() { Effect::Accept } else { Effect::Reason("BadDeviceToken") };
    Reading { delay, meaning: meaning(rest).unwrap_or(Meaning::Effect(fallback)) }
}

fn meaning(token: &str) -> Option<Meaning<'_>> {
    if is_hex(token) {
        return Some(Meaning::Effect(Effect::Accept));
    }
    if let Some((reason, _)) = token.strip_prefix(REASON).and_then(|rest| rest.split_once('-'))
        && !reason.is_empty()
    {
        return Some(Meaning::Named(reason));
    }
    longest(TABLE.iter().map(|(prefix, effect)| (prefix.as_str(), *effect, "")), token).map(Meaning::Effect)
}

fn is_hex(token: &str) -> bool {
    HEX_CHARS.contains(&token.len())
        && token.len().is_multiple_of(2)
        && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(token: &str) -> Effect {
        match read(token).meaning {
            Meaning::Effect(effect) => effect,
            Meaning::Named(name) => panic!("{name}"),
        }
    }

    #[test]
    fn hex_of_even_length_is_accepted() {
        assert_eq!(effect(&"aF".repeat(32)), Effect::Accept);
        assert_eq!(effect(&"a".repeat(65)), Effect::Reason("BadDeviceToken"));
        assert_eq!(effect("ab"), Effect::Reason("BadDeviceToken"));
        assert_eq!(effect(&"zz".repeat(32)), Effect::Reason("BadDeviceToken"));
    }

    #[test]
    fn the_longest_prefix_wins() {
        assert_eq!(effect("refused-1"), Effect::RefuseOnce);
        assert_eq!(effect("refused-always-1"), Effect::RefuseAlways);
        assert_eq!(effect("bad-topic-1"), Effect::Reason("BadTopic"));
        assert_eq!(effect("bad-1"), Effect::Reason("BadDeviceToken"));
    }

    #[test]
    fn slow_goes_before_any_other() {
        let reading = read("slow-250-dead-1");
        assert_eq!(reading.delay, Duration::from_millis(250));
        assert_eq!(reading.meaning, Meaning::Effect(Effect::Reason("Unregistered")));
        assert_eq!(read("slow-5-x").meaning, Meaning::Effect(Effect::Accept));
        assert_eq!(read("slow-x").meaning, Meaning::Effect(Effect::Reason("BadDeviceToken")));
    }

    #[test]
    fn a_reason_can_be_named() {
        assert_eq!(read("reason-Brandnew-1").meaning, Meaning::Named("Brandnew"));
    }

    #[test]
    fn every_row_of_the_table_means_what_it_says() {
        for (prefix, want) in TABLE.iter() {
            assert_eq!(effect(&format!("{prefix}x")), *want, "{prefix}");
        }
    }
}
