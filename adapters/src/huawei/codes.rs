//! Huawei's codes and what they mean for a push.
//!
//! Sources: server-error-codes-0000001062371380 (v1, v2), push-scenariozed-api-response (v3), push-msg-revoke and the topic
//! pages, all read 2026-11-22; *3p* marks what only others know. Codes of revoking and of topics are no answers to a push;
//! they are here so that a gateway's confusion still has a name.

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Some device tokens were refused; `msg` lists them.
    Partial,
    /// All device tokens were refused.
    AllInvalid,
    /// This content, for ever.
    Rejected,
    TooLarge,
    /// Our access token is not accepted; a newer one may be.
    Authentication,
    /// Our access token has ended.
    Expired,
    BadCredentials,
    /// The credential could not be looked at: once more.
    Unchecked,
    /// Switched off or not permitted.
    Disabled,
    /// Not for these device tokens, or not for this message; others may go.
    DisabledForTokens,
    RateLimited,
    /// An allowance of the project is used up.
    Quota,
    /// An allowance of the device is used up.
    DeviceQuota,
    /// The device tokens are of another app.
    Foreign,
    /// Huawei cannot now, and may have done a part.
    Retry,
}

/// A code, its class, and what to do about it.
pub(super) struct Row {
    code: &'static str,
    pub(super) class: Class,
    pub(super) advice: &'static str,
}

pub(super) const SUCCESS: &str = "80000000";

const fn row(code: &'static str, class: Class, advice: &'static str) -> Row {
    Row { code, class, advice }
}

static CODES: &[Row] = &[
    row("80000001", Class::Retry, "Huawei's common service failed"),
    row("80100000", Class::Partial, "some device tokens were refused"),
    row("80100001", Class::Rejected, "a parameter is wrong; v3 also says so where push-type is missing"),
    row("80100002", Class::Rejected, "a synchronous message takes one device token"),
    row("80100003", Class::Rejected, "the message is not built as Huawei wants it"),
    row("80100004", Class::Rejected, "bad ttl"),
    row("80100013", Class::Rejected, "bad collapse key"),
    row("80100016", Class::Rejected, "Huawei finds the text sensitive"),
    row("80100017", Class::RateLimited, "more than 100 topic tasks at once"),
    row("80100018", Class::Rejected, "review does not fit the message"),
    row("80100020", Class::Partial, "some device tokens could not be revoked"),
    row("80100022", Class::Rejected, "the image has not been vetted"),
    row("80200001", Class::Authentication, "check client_id and client_secret, or the service account and the clock"),
    row("80200003", Class::Expired, "the access token has ended"),
    row("80200005", Class::Expired, "the JWT has ended: check this machine's clock"),
    row("80200006", Class::Disabled, "the app is under penalty, or its token is disabled"), // 3p
    row(
        "80300002",
        Class::DisabledForTokens,
        "the app may not send to these device tokens: is Push enabled, are client_id and project_id the app's?",
    ),
    row("80300007", Class::AllInvalid, "every device token was refused"),
    row("80300008", Class::TooLarge, "the body is over 4096 bytes"),
    row("80300010", Class::Rejected, "the number of device tokens is wrong"),
    row("80300011", Class::DisabledForTokens, "the app has no right to urgent data messages: unset urgent_data"),
    row("80300013", Class::Disabled, "the address or certificate for receipts is wrong"),
    row("80300017", Class::Rejected, "device tokens of several apps in one call"),
    row("80300028", Class::Foreign, "the device tokens do not belong to client_id"),
    row("80300029", Class::Quota, "too many test messages"),
    row("80300030", Class::Rejected, "a test message takes 10 device tokens"),
    row("80300032", Class::Disabled, "the app has no right to revoke"),
    row("80300036", Class::BadCredentials, "the JWT is valid for longer than a day"),
    row("80300037", Class::Disabled, "the app is under penalty: ask Huawei"),
    row("80600003", Class::Unchecked, "Huawei could not check the credential; if this lasts, check client_secret"),
    row("81000001", Class::Retry, "Huawei failed"),
    row("82000001", Class::Rejected, "topics or groups"),
    row("82000002", Class::Rejected, "topics or groups"),
    row("82000003", Class::Rejected, "topics or groups"),
    row("82000004", Class::Rejected, "topics or groups"),
    row("82000005", Class::Rejected, "topics or groups"),
    row("82000006", Class::Rejected, "topics or groups"),
    row("82000007", Class::Rejected, "bad topic name"),
    row("82000008", Class::Rejected, "no device tokens, or too many"),
    row("82000009", Class::DeviceQuota, "the device has 2000 topics"),
    row("82000010", Class::Partial, "some device tokens are wrong"),
    row("82000011", Class::Rejected, "the device token is missing"),
    row("82000012", Class::Disabled, "the data location is not set: set it in the console"),
    row("82000013", Class::Disabled, "the data location is another one"),
];

/// What the first three digits of other codes speak of.
const FAMILIES: [(&str, &str); 3] = [
    ("801", "not a code we know; of those for the message"),
    ("802", "not a code we know; of those for authentication"),
    ("803", "not a code we know; of those for permissions"),
];

pub(super) fn find(code: &str) -> Option<&'static Row> {
    CODES.iter().find(|row| row.code == code)
}

/// What an unlisted code is likely to speak of.
pub(super) fn family(code: &str) -> Option<&'static str> {
    FAMILIES.iter().find(|(digits, _)| code.starts_with(digits)).map(|(_, advice)| *advice)
}
