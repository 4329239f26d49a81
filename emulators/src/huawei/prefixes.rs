//! What a device token says by itself. They have no documented form, so all but the well-known prefixes are good.

use std::time::Duration;

use super::codes;
use crate::prefix::{Prefix, Row, Trouble, longest, numbered, slow, with_troubles};

/// What a well-known prefix does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Accept,
    /// Accepted; the code of the answer is a JSON number.
    AcceptInNumber,
    /// A token of HarmonyOS NEXT: good in v3 alone.
    NextOnly,
    /// A token of an older phone: good in v1 and v2 alone.
    OlderOnly,
    /// Not sent to; v3 gives this reason key.
    Bad(&'static str),
    /// The whole call fails so.
    Code(i64),
    /// 80100000 with a `msg` that lists nothing.
    PartialUnread,
    FlowControl,
    Unavailable,
    GatewayTimeout,
    Trouble(Trouble),
}

/// A device token, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) delay: Duration,
    /// A business error comes under HTTP 200.
    pub(super) in_200: bool,
    pub(super) effect: Effect,
}

pub(super) const FORMAT: &str = "tokenFormatError";
pub(super) const PLATFORM: &str = "tokenPlatformNotSupport";

/// One per outcome for single tokens, one per code of the send API, and what a middlebox or a bad network does.
static NAMED: &[Row<Effect>] = &[
    ("ok-", Effect::Accept, "accepted"),
    ("number-", Effect::AcceptInNumber, "accepted; `code` is a JSON number"),
    ("next-", Effect::NextOnly, "a token of HarmonyOS NEXT: accepted in v3, else as `dead-`"),
    ("older-", Effect::OlderOnly, "a token of an older phone: accepted in v1 and v2, else as `platform-`"),
    (
        "dead-",
        Effect::Bad(FORMAT),
        "80100000, in `illegal_tokens`; v3 `illegalTokens` under `tokenFormatError`; 80300007 if all are bad",
    ),
    ("bad-", Effect::Bad(FORMAT), "the same"),
    ("blank-", Effect::Bad(" tokenFormatError "), "the same; v3 key with stray blanks"),
    ("platform-", Effect::Bad(PLATFORM), "the same; v3 `tokenPlatformNotSupport`"),
    ("no-right-", Effect::Bad("noRight"), "the same; v3 `noRight`"),
    ("no-push-type-right-", Effect::Bad("noPushTypeRight"), "the same; v3 `noPushTypeRight`"),
    (
        "no-live-right-",
        Effect::Bad("noRightToSendThisLiveNotificationEvent"),
        "the same; v3 `noRightToSendThisLiveNotificationEvent`",
    ),
    (
        "token-penalty-",
        Effect::Bad("disableSendHuaweiMsgBecauseOfPenalty"),
        "the same; v3 `disableSendHuaweiMsgBecauseOfPenalty`",
    ),
    ("app-info-", Effect::Bad("appinfoError"), "the same; v3 `appinfoError`"),
    ("country-", Effect::Bad("countryNotSupport"), "the same; v3 `countryNotSupport`"),
    ("image-policy-", Effect::Bad("differentImgVerifyPolicy"), "the same; v3 `differentImgVerifyPolicy`"),
    ("no-voice-", Effect::Bad("notSupportPlayVoice"), "the same; v3 `notSupportPlayVoice`"),
    ("unsubscribed-", Effect::Bad("atomicUnableSendUnsubscribedMsg"), "the same; v3 `atomicUnableSendUnsubscribedMsg`"),
    ("unknown-reason-", Effect::Bad("reasonOfTomorrow"), "the same; v3 with a key that is not documented"),
    ("all-bad-", Effect::Code(codes::ALL_BAD), "the call: 80300007 with every token"),
    ("partial-unread-", Effect::PartialUnread, "the call: 80100000 with a `msg` that is plain text"),
    ("parameter-", Effect::Code(codes::PARAMETER), "the call: 80100001 wrong parameter"),
    ("sync-", Effect::Code(80_100_002), "the call: 80100002 synchronous message"),
    ("structure-", Effect::Code(codes::STRUCTURE), "the call: 80100003 wrong structure"),
    ("ttl-", Effect::Code(codes::TTL), "the call: 80100004 bad TTL"),
    ("collapse-", Effect::Code(codes::COLLAPSE_KEY), "the call: 80100013 bad collapse key"),
    ("sensitive-", Effect::Code(80_100_016), "the call: 80100016 sensitive content"),
    ("topics-", Effect::Code(80_100_017), "the call: 80100017 over 100 topic messages"),
    ("review-", Effect::Code(codes::REVIEW), "the call: 80100018 review does not fit"),
    ("image-", Effect::Code(80_100_022), "the call: 80100022 image not vetted"),
    ("auth-", Effect::Code(codes::AUTHENTICATION), "the call: 80200001 authentication failed"),
    ("expired-", Effect::Code(codes::TOKEN_EXPIRED), "the call: 80200003 access token expired"),
    ("jwt-expired-", Effect::Code(codes::JWT_EXPIRED), "the call: 80200005 JWT expired"),
    ("disabled-", Effect::Code(80_200_006), "the call: 80200006 app penalised or token disabled"),
    ("no-permission-", Effect::Code(codes::NO_PERMISSION), "the call: 80300002 app may not send to these tokens"),
    ("too-large-", Effect::Code(codes::TOO_LARGE), "the call: 80300008 body over 4096 bytes"),
    ("token-count-", Effect::Code(codes::TOKEN_COUNT), "the call: 80300010 token count"),
    ("no-high-priority-", Effect::Code(80_300_011), "the call: 80300011 no right for high priority"),
    ("receipt-", Effect::Code(80_300_013), "the call: 80300013 receipt address wrong"),
    ("quota-", Effect::Code(codes::TESTS_TOO_OFTEN), "the call: 80300029 test messages too often"),
    ("test-tokens-", Effect::Code(codes::TEST_TOKENS), "the call: 80300030 more than 10 tokens in a test message"),
    ("jwt-too-long-", Effect::Code(codes::JWT_TOO_LONG), "the call: 80300036 JWT valid for longer than a day"),
    ("penalty-", Effect::Code(80_300_037), "the call: 80300037 app under penalty"),
    ("oauth-", Effect::Code(80_600_003), "the call: 80600003 OAuth service could not be asked"),
    ("internal-", Effect::Code(codes::INTERNAL), "the call: 81000001 internal error, HTTP 500"),
    ("busy-", Effect::Code(codes::INTERNAL), "the call: 81000001, the same"),
    ("throttled-", Effect::FlowControl, "the call: HTTP 503 with an empty body, flow control"),
    ("unavailable-", Effect::Unavailable, "the call: HTTP 502 with an empty body"),
    ("timeout-", Effect::GatewayTimeout, "the call: HTTP 504 with an empty body"),
];

const IN_200: &str = "in-200-";
const CODE: &str = "code-";

/// All rows.
fn table() -> impl Iterator<Item = Row<Effect>> {
    with_troubles(NAMED, Effect::Trouble)
}

/// The table as the documentation has it.
pub(super) fn documented() -> Vec<Prefix> {
    let mut rows = Prefix::documented(table());
    rows.push(Prefix::new("slow-<ms>-", "the call waits so many milliseconds, then as the rest of the token says"));
    rows.push(Prefix::new(IN_200, "as the rest of the token says, but a business error comes under HTTP 200"));
    rows.push(Prefix::new("code-<N>-", "the call: code N with its documented text"));
    rows
}

/// Reads a device token.
pub(super) fn read(token: &str) -> Reading {
    let (delay, rest) = slow(token);
    let (in_200, rest) = match rest.strip_prefix(IN_200) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    Reading { delay, in_200, effect: effect(rest) }
}

fn effect(token: &str) -> Effect {
    if token.is_empty() {
        return Effect::Bad(FORMAT);
    }
    if let Some((code, _)) = numbered(token, CODE) {
        return match i64::try_from(code) {
            Ok(codes::PARTIAL) => Effect::Bad(FORMAT),
            Ok(codes::SUCCESS) | Err(_) => Effect::Accept,
            Ok(code) => Effect::Code(code),
        };
    }
    longest(table(), token).unwrap_or(Effect::Accept)
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
    fn modifiers_go_before_the_rest() {
        let want = Reading { delay: Duration::from_millis(20), in_200: true, effect: Effect::Code(80_100_016) };
        assert_eq!(read("slow-20-in-200-sensitive-1"), want);
        assert_eq!(read("code-82000009-x").effect, Effect::Code(82_000_009));
        assert_eq!(read("code-80100000-x").effect, Effect::Bad(FORMAT));
        assert_eq!(read("IQAAAACy0tEmSzcAAB").effect, Effect::Accept);
        assert_eq!(read("").effect, Effect::Bad(FORMAT));
    }
}
