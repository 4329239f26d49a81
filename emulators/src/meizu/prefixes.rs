//! What a pushId says by itself. pushIds have no documented form, so all but the well-known prefixes are good.

use std::time::Duration;

use super::answer::Shape;
use super::codes;
use crate::prefix::{Prefix, Row, Trouble, longest, numbered, slow, with_troubles};

/// What a well-known prefix does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Accept(Shape),
    /// Accepted within the vendor's limits of a device.
    Limited,
    /// It goes into `value` under this code; the others are sent to.
    Each(i64),
    /// It goes into `value` under two codes.
    Twice(i64, i64),
    /// The whole call fails so.
    Code(i64),
    /// The whole call is wanted at another URL.
    Redirect(Place),
    Unavailable,
    Trouble(Trouble),
}

/// Where a redirect leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// To this emulator, where the call is taken.
    Here,
    /// To this emulator, again and again.
    Round,
    /// To a host that is not the vendor's.
    Foreign,
}

/// A pushId, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) delay: Duration,
    pub(super) effect: Effect,
}

/// The ones for single pushIds, the ones for the whole call, and what a middlebox or a bad network does.
static NAMED: &[Row<Effect>] = &[
    ("ok-", Effect::Accept(Shape::Live), "accepted"),
    ("ok-text-value-", Effect::Accept(Shape::TextValue), "accepted; `value` is `\"\"`, not `{}`"),
    ("ok-no-value-", Effect::Accept(Shape::NoValue), "accepted; there is no `value`"),
    ("ok-number-code-", Effect::Accept(Shape::NumberCode), "accepted; `code` is a number"),
    ("ok-hex-id-", Effect::Accept(Shape::HexId), "accepted; `msgId` is 32 hex digits"),
    ("limited-", Effect::Limited, "accepted 5 times in a minute, then 520; public ones 3 times a day, then 110011"),
    ("dead-", Effect::Each(110_002), "in `value`: 110002 not registered"),
    ("bad-", Effect::Each(110_003), "in `value`: 110003 illegal pushId"),
    ("alias-", Effect::Each(110_005), "in `value`: 110005 alias not subscribed"),
    ("switched-off-", Effect::Each(110_010), "in `value`: 110010 notifications of this pushId are switched off"),
    ("public-limit-", Effect::Each(110_011), "in `value`: 110011 daily limit of public messages of this device"),
    ("not-permitted-", Effect::Each(201), "in `value`: 201 no permission"),
    ("database-", Effect::Each(501), "in `value`: 501 database error"),
    ("failed-", Effect::Each(513), "in `value`: 513 push failed"),
    ("speed-", Effect::Each(518), "in `value`: 518 over the configured speed"),
    ("overloaded-", Effect::Each(519), "in `value`: 519 service overloaded"),
    ("folded-", Effect::Each(520), "in `value`: 520 more than 5 messages in a minute"),
    ("twice-", Effect::Twice(513, 110_002), "in `value`: 513 and 110002 both"),
    ("unknown-", Effect::Code(-1), "the call: -1 unknown error"),
    ("redirect-", Effect::Redirect(Place::Here), "the call: 300 to this URL with `?redirected=1`; accepted there"),
    ("redirect-always-", Effect::Redirect(Place::Round), "the call: 300 to this URL with `?redirected=1`; there again"),
    ("redirect-foreign-", Effect::Redirect(Place::Foreign), "the call: 300 to another host"),
    ("other-", Effect::Code(500), "the call: 500 other error"),
    ("internal-", Effect::Code(1001), "the call: 1001 system error"),
    ("busy-", Effect::Code(1003), "the call: 1003 server busy"),
    ("parameter-", Effect::Code(1005), "the call: 1005 parameter error"),
    ("auth-", Effect::Code(1006), "the call: 1006 signature verification failed"),
    ("app-id-", Effect::Code(110_000), "the call: 110000 illegal appId"),
    ("app-key-", Effect::Code(110_001), "the call: 110001 illegal appKey"),
    ("all-dead-", Effect::Code(110_002), "the call: 110002 pushId not registered"),
    ("all-bad-", Effect::Code(110_003), "the call: 110003 illegal pushId"),
    ("missing-", Effect::Code(110_004), "the call: 110004 parameter must not be empty"),
    ("blacklisted-", Effect::Code(110_009), "the call: 110009 app is black-listed"),
    ("throttled-", Effect::Code(110_010), "the call: 110010 `应用请求频率超过限制`: the app sends too fast"),
    ("quota-", Effect::Code(110_019), "the call: 110019 daily number of pushes reached"),
    ("package-", Effect::Code(110_031), "the call: 110031 illegal package name"),
    ("task-", Effect::Code(110_032), "the call: 110032 illegal taskId"),
    ("app-secret-", Effect::Code(110_033), "the call: 110033 illegal appSecret"),
    ("app-limit-", Effect::Code(110_051), "the call: 110051 count limit of the app exceeded"),
    ("transparent-", Effect::Code(110_053), "the call: 110053 transparent messages over limit"),
    ("unavailable-", Effect::Unavailable, "the call: HTTP 503"),
];

const CODE: &str = "code-";
const EACH: &str = "each-";

/// All rows.
fn table() -> impl Iterator<Item = Row<Effect>> {
    with_troubles(NAMED, Effect::Trouble)
}

/// The table as the documentation has it.
pub(super) fn documented() -> Vec<Prefix> {
    let mut rows = Prefix::documented(table());
    rows.push(Prefix::new("slow-<ms>-", "the call waits so many milliseconds, then as the rest of the pushId says"));
    rows.push(Prefix::new("code-<N>-", "the call: code N with its documented message"));
    rows.push(Prefix::new("each-<N>-", "in `value`: code N"));
    rows
}

/// Reads a pushId.
pub(super) fn read(push_id: &str) -> Reading {
    let (delay, rest) = slow(push_id);
    Reading { delay, effect: effect(rest) }
}

fn effect(push_id: &str) -> Effect {
    if let Some(code) = coded(push_id, CODE) {
        return match code {
            codes::OK => Effect::Accept(Shape::Live),
            codes::REDIRECT => Effect::Redirect(Place::Here),
            code => Effect::Code(code),
        };
    }
    if let Some(code) = coded(push_id, EACH) {
        return Effect::Each(code);
    }
    longest(table(), push_id).unwrap_or(Effect::Accept(Shape::Live))
}

fn coded(push_id: &str, prefix: &str) -> Option<i64> {
    let (code, _) = numbered(push_id, prefix)?;
    code.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_means_what_it_says() {
        for (prefix, want, _) in table() {
            assert_eq!(read(&format!("{prefix}1")).effect, want, "{prefix}");
        }
    }

    #[test]
    fn every_documented_code_has_a_row_of_its_own() {
        for row in codes::CODES.iter().filter(|row| row.code != codes::OK && row.code != codes::REDIRECT) {
            let of = |effect: &Effect| matches!(effect, Effect::Code(code) | Effect::Each(code) if *code == row.code);
            assert!(NAMED.iter().any(|(_, effect, _)| of(effect)), "{}", row.code);
        }
    }

    #[test]
    fn codes_and_delays_are_read() {
        assert_eq!(read("code-110051-x").effect, Effect::Code(110_051));
        assert_eq!(read("code-200-x").effect, Effect::Accept(Shape::Live));
        assert_eq!(read("each-518-x").effect, Effect::Each(518));
        assert_eq!(read("code-x").effect, Effect::Accept(Shape::Live));
        let slow = Reading { delay: Duration::from_millis(20), effect: Effect::Each(110_002) };
        assert_eq!(read("slow-20-dead-1"), slow);
        assert_eq!(read("RA50c6348036344485d01776773577c64740465480a6b").effect, Effect::Accept(Shape::Live));
    }
}
