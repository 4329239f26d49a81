//! Meizu's codes: those of a call, and those of one pushId inside `value` (server API document, state 2025-04-09).

/// One code. Messages are the document's meanings in English, except the one seen on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) code: i64,
    pub(super) message: &'static str,
}

const fn code(code: i64, message: &'static str) -> Code {
    Code { code, message }
}

pub(super) const OK: i64 = 200;
pub(super) const REDIRECT: i64 = 300;
pub(super) const SYSTEM: i64 = 1001;
pub(super) const PARAMETER: i64 = 1005;
pub(super) const SIGNATURE: i64 = 1006;
pub(super) const APP_ID: i64 = 110_000;
pub(super) const NOT_REGISTERED: i64 = 110_002;
pub(super) const ILLEGAL_PUSH_ID: i64 = 110_003;
pub(super) const EMPTY: i64 = 110_004;
/// In `value`; of a call it is the app that sends too fast.
pub(super) const SWITCHED_OFF: i64 = 110_010;
pub(super) const PUBLIC_LIMIT: i64 = 110_011;
pub(super) const PACKAGE: i64 = 110_031;
pub(super) const FAILED: i64 = 513;
pub(super) const FOLDED: i64 = 520;

/// Every documented code, rising. 110005 and 110011 are known inside `value` alone, and so are 201 to 520.
pub(super) static CODES: &[Code] = &[
    code(-1, "unknown error"),
    code(OK, ""),
    code(201, "no permission, the server refuses"),
    code(REDIRECT, "use the redirect URL"),
    code(500, "other error"),
    code(501, "database error"),
    code(FAILED, "push failed"),
    code(518, "over the configured speed"),
    code(519, "service overloaded"),
    code(FOLDED, "messages of this app are folded"),
    code(SYSTEM, "system error"),
    code(1003, "server busy"),
    code(PARAMETER, "parameter error"),
    code(SIGNATURE, "signature verification failed"),
    code(APP_ID, "illegal appId"),
    code(110_001, "illegal appKey"),
    code(NOT_REGISTERED, "pushId not registered"),
    code(ILLEGAL_PUSH_ID, "illegal pushId"),
    code(EMPTY, "parameter must not be empty"),
    code(110_005, "alias not subscribed or switched off"),
    code(110_009, "app is black-listed"),
    code(SWITCHED_OFF, "应用请求频率超过限制"),
    code(PUBLIC_LIMIT, "daily limit of public messages of this device reached"),
    code(110_019, "daily number of pushes reached"),
    code(PACKAGE, "illegal package name"),
    code(110_032, "illegal taskId"),
    code(110_033, "illegal appSecret"),
    code(110_051, "count limit of the app exceeded"),
    code(110_053, "transparent messages over limit"),
];

/// What the document says of a code.
pub(super) fn message(wanted: i64) -> &'static str {
    CODES.iter().find(|row| row.code == wanted).map_or("undocumented error", |row| row.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_are_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
