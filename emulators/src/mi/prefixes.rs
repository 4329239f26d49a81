//! What a regid says by itself. Regids have no documented form, so all but the well-known prefixes are good.

use std::time::Duration;

use super::codes;
use crate::prefix::{Prefix, Row, Trouble, longest, numbered, slow, with_troubles};

/// What a well-known prefix does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Accept,
    /// It goes into `bad_regids`; the others are sent to.
    Bad,
    /// The whole call fails so.
    Code(i64),
    Unavailable,
    Trouble(Trouble),
}

/// A regid, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) delay: Duration,
    pub(super) effect: Effect,
}

/// One per family of codes, and what a middlebox or a bad network does.
static NAMED: &[Row<Effect>] = &[
    ("ok-", Effect::Accept, "accepted"),
    ("dead-", Effect::Bad, "in `bad_regids`; 20301 `No valid targets!` if all are bad"),
    ("bad-", Effect::Bad, "the same"),
    ("system-", Effect::Code(10001), "the call: 10001 system error"),
    ("busy-", Effect::Code(10002), "the call: 10002 system busy"),
    ("not-granted-", Effect::Code(10005), "the call: 10005 app lacks the grant"),
    ("parameter-", Effect::Code(10008), "the call: 10008 parameter error"),
    ("frequent-", Effect::Code(10027), "the call: 10027 app calls too frequently"),
    ("illegal-device-", Effect::Code(10029), "the call: 10029 illegal device"),
    ("blacklisted-", Effect::Code(10031), "the call: 10031 with the black-list reason"),
    ("day-limit-", Effect::Code(10034), "the call: 10034 app sent too many messages today"),
    ("template-", Effect::Code(10041), "the call: 10041 template error"),
    ("no-targets-", Effect::Code(20301), "the call: 20301 `No valid targets!`"),
    ("auth-", Effect::Code(21301), "the call: 21301 `Invalid application secret.`"),
    ("restricted-", Effect::Code(21303), "the call: 21303 restricted request"),
    ("revoked-", Effect::Code(22002), "the call: 22002 app was revoked"),
    ("package-", Effect::Code(22022), "the call: 22022 bad package name"),
    ("review-", Effect::Code(26006), "the call: 26006 message waits for manual review"),
    ("channel-", Effect::Code(27001), "the call: 27001 `invalid channel info!`"),
    ("offline-", Effect::Code(65003), "the call: 65003 device not found"),
    ("too-long-", Effect::Code(65009), "the call: 65009 message content too long"),
    ("callback-", Effect::Code(65038), "the call: 65038 callback URL illegal"),
    ("invalid-regid-", Effect::Code(66007), "the call: 66007 invalid regid"),
    ("quota-", Effect::Code(200_001), "the call: 200001 `exceed quota, quota: N, have acked: M`"),
    ("throttled-", Effect::Code(200_002), "the call: 200002 QPS limit exceeded"),
    ("unavailable-", Effect::Unavailable, "the call: HTTP 503"),
];

const CODE: &str = "code-";

/// All rows.
fn table() -> impl Iterator<Item = Row<Effect>> {
    with_troubles(NAMED, Effect::Trouble)
}

/// The table as the documentation has it.
pub(super) fn documented() -> Vec<Prefix> {
    let mut rows = Prefix::documented(table());
    rows.push(Prefix::new("slow-<ms>-", "the call waits so many milliseconds, then as the rest of the regid says"));
    rows.push(Prefix::new("code-<N>-", "the call: code N with its documented description"));
    rows
}

/// Reads a regid.
pub(super) fn read(regid: &str) -> Reading {
    let (delay, rest) = slow(regid);
    Reading { delay, effect: effect(rest) }
}

fn effect(regid: &str) -> Effect {
    if let Some((code, _)) = numbered(regid, CODE) {
        return match i64::try_from(code).map(codes::find) {
            Ok(row) if row.code != 0 => Effect::Code(row.code),
            _ => Effect::Accept,
        };
    }
    longest(table(), regid).unwrap_or(Effect::Accept)
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
    fn codes_and_delays_are_read() {
        assert_eq!(read("code-26006-x").effect, Effect::Code(26006));
        assert_eq!(read("code-x").effect, Effect::Accept);
        let slow = Reading { delay: Duration::from_millis(20), effect: Effect::Bad };
        assert_eq!(read("slow-20-dead-1"), slow);
        assert_eq!(read("dGVzdC1yZWdpZA==").effect, Effect::Accept);
    }
}
