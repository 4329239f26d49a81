//! Huawei's result codes (server-error-codes-0000001062371380, push-scenariozed-api-response; read 2026-11).

use http::StatusCode;

pub(super) const SUCCESS: i64 = 80_000_000;
pub(super) const PARTIAL: i64 = 80_100_000;
pub(super) const PARAMETER: i64 = 80_100_001;
pub(super) const STRUCTURE: i64 = 80_100_003;
pub(super) const TTL: i64 = 80_100_004;
pub(super) const COLLAPSE_KEY: i64 = 80_100_013;
pub(super) const REVIEW: i64 = 80_100_018;
pub(super) const AUTHENTICATION: i64 = 80_200_001;
pub(super) const TOKEN_EXPIRED: i64 = 80_200_003;
pub(super) const JWT_EXPIRED: i64 = 80_200_005;
pub(super) const NO_PERMISSION: i64 = 80_300_002;
pub(super) const ALL_BAD: i64 = 80_300_007;
pub(super) const TOO_LARGE: i64 = 80_300_008;
pub(super) const TOKEN_COUNT: i64 = 80_300_010;
pub(super) const TESTS_TOO_OFTEN: i64 = 80_300_029;
pub(super) const TEST_TOKENS: i64 = 80_300_030;
pub(super) const JWT_TOO_LONG: i64 = 80_300_036;
pub(super) const INTERNAL: i64 = 81_000_001;

/// One code. Texts are the documents' meanings, except those seen on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) code: i64,
    pub(super) text: &'static str,
}

const fn code(code: i64, text: &'static str) -> Code {
    Code { code, text }
}

/// Every documented code, rising.
pub(super) static CODES: &[Code] = &[
    code(SUCCESS, "Success"),
    code(80_000_001, "common service error"),
    code(PARTIAL, "Some tokens are failed"),
    code(PARAMETER, "UnSupported svc"),
    code(80_100_002, "a synchronous message must have one token"),
    code(STRUCTURE, "Illegal payload"),
    code(TTL, "Illegal payload, ttl is invalid"),
    code(COLLAPSE_KEY, "Illegal payload, collapse key is invalid"),
    code(80_100_016, "Anti-Spam: word is forbidden in [title]"),
    code(80_100_017, "more than 100 topic messages at the same time"),
    code(REVIEW, "review does not fit the message"),
    code(80_100_020, "some tokens could not be revoked"),
    code(80_100_022, "the image was not vetted"),
    code(AUTHENTICATION, "OAuth authentication error"),
    code(TOKEN_EXPIRED, "OAuth token expired"),
    code(JWT_EXPIRED, "JWT expired"),
    code(80_200_006, "the app is penalised or its token disabled"),
    code(NO_PERMISSION, "the app has no permission to send to these tokens"),
    code(ALL_BAD, "All the tokens are invalid"),
    code(TOO_LARGE, "the message body is larger than 4096 bytes"),
    code(TOKEN_COUNT, "token count should within 1 and 1000"),
    code(80_300_011, "no right to send high priority messages"),
    code(80_300_013, "receipt address or certificate is wrong"),
    code(80_300_017, "the tokens belong to several apps"),
    code(80_300_028, "the tokens do not belong to the client id"),
    code(TESTS_TOO_OFTEN, "test messages are sent too often"),
    code(TEST_TOKENS, "a test message has more than 10 tokens"),
    code(80_300_032, "no right to revoke"),
    code(JWT_TOO_LONG, "the JWT is valid for longer than a day"),
    code(80_300_037, "the app is under penalty"),
    code(80_600_003, "the OAuth service could not be asked"),
    code(INTERNAL, "internal error"),
    code(82_000_001, "topic error"),
    code(82_000_002, "topic error"),
    code(82_000_003, "topic error"),
    code(82_000_004, "topic error"),
    code(82_000_005, "topic error"),
    code(82_000_006, "topic error"),
    code(82_000_007, "bad topic name"),
    code(82_000_008, "the token array is empty or too long"),
    code(82_000_009, "the device is subscribed to more than 2000 topics"),
    code(82_000_010, "some tokens are wrong"),
    code(82_000_011, "token is missing"),
    code(82_000_012, "the data location is not set"),
    code(82_000_013, "the data location does not match"),
];

/// The row of a code; a bare one for a code that is not documented.
pub(super) fn find(wanted: i64) -> Code {
    let row = CODES.iter().find(|row| row.code == wanted);
    row.copied().unwrap_or(Code { code: wanted, text: "undocumented error" })
}

// === impl Code ===

impl Code {
    /// The HTTP status that goes with it: 200 is what was handled, 401 authentication, 400 every other business error.
    pub(super) fn status(self) -> StatusCode {
        match self.code {
            SUCCESS | PARTIAL => StatusCode::OK,
            80_200_000..=80_299_999 => StatusCode::UNAUTHORIZED,
            80_000_001 | INTERNAL => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_are_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
