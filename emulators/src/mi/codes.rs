//! Mi's error codes (pId=1560 up to 65041, the vendor's SDK and public notes beyond it; read 2026-11-22).

/// One code. Descriptions are the documents' meanings in English, except those seen on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) code: i64,
    pub(super) description: &'static str,
    pub(super) reason: &'static str,
}

const fn code(code: i64, description: &'static str) -> Code {
    Code { code, description, reason: description }
}

const fn seen(code: i64, description: &'static str, reason: &'static str) -> Code {
    Code { code, description, reason }
}

/// Every documented code, rising.
pub(super) static CODES: &[Code] = &[
    code(-1, "unknown error"),
    seen(0, "成功", ""),
    code(1, "internal error"),
    code(100, "parameter must not be empty"),
    code(10001, "system error"),
    code(10002, "system busy"),
    code(10003, "remote service error"),
    code(10004, "IP not allowed"),
    code(10005, "app lacks the grant"),
    code(10006, "app key missing"),
    code(10007, "unsupported MIME type"),
    code(10008, "parameter error"),
    code(10009, "system busy"),
    code(10010, "job timeout"),
    code(10011, "RPC error"),
    code(10012, "illegal request"),
    code(10013, "bad user"),
    code(10014, "API rights of the app are limited"),
    code(10016, "required parameter missing"),
    code(10017, "illegal parameter value"),
    code(10018, "request too long"),
    code(10020, "no such API"),
    code(10021, "HTTP method not supported"),
    code(10022, "IP rate exceeded"),
    code(10023, "user rate exceeded"),
    code(10024, "user rate for this API exceeded"),
    code(10025, "callback URL illegal"),
    code(10026, "app is black-listed for this API"),
    code(10027, "app calls too frequently"),
    code(10028, "calls too frequent in total"),
    code(10029, "illegal device"),
    code(10030, "invalid regids are fetched too often"),
    seen(10031, "app is black-listed", "AppId(id=2882303761500000000) in the blacklist, forbid to send messages"),
    code(10032, "invalid aliases are fetched too often"),
    code(10033, "app is black-listed for feedback"),
    code(10034, "app sent too many messages today"),
    code(10035, "no more invalid aliases"),
    code(10036, "operation forbidden for app"),
    code(10037, "request expired"),
    code(10038, "statistics are forbidden for app"),
    code(10039, "statistics are called too often"),
    code(10041, "template error"),
    code(20209, "illegal topic"),
    code(20215, "topic subscription failed"),
    code(20216, "topic unsubscription failed"),
    seen(20301, "发送消息失败", "No valid targets!"),
    code(20315, "deletion of a broadcast failed"),
    code(20607, "database error"),
    seen(21301, "认证失败", "Invalid application secret."),
    code(21302, "token authentication failed"),
    code(21303, "restricted request"),
    code(21305, "necessary parameter missing"),
    code(22000, "illegal app"),
    code(22001, "unknown app"),
    code(22002, "app was revoked"),
    code(22006, "bad app id"),
    code(22007, "bad app key"),
    code(22008, "bad app secret"),
    code(22022, "bad package name"),
    code(22100, "bad notification format"),
    code(22101, "too many notifications"),
    code(22102, "app notification could not be sent"),
    code(22103, "bad notify id"),
    code(26003, "internal push call failed"),
    code(26004, "broadcasts too frequent"),
    code(26005, "accounts set too frequently"),
    code(26006, "message waits for manual review"),
    seen(27001, "通道信息不匹配", "invalid channel info!"),
    code(65003, "device not found"),
    code(65006, "alias set too often"),
    code(65007, "alias is black-listed"),
    code(65008, "alias too long"),
    code(65009, "message content too long"),
    code(65010, "topic too long"),
    code(65011, "no parameters"),
    code(65012, "alias is empty"),
    code(65013, "topic is empty"),
    code(65014, "too many key/value pairs"),
    code(65015, "keys and values too long"),
    code(65016, "account is empty"),
    code(65017, "account too long"),
    code(65028, "no such message"),
    code(65029, "remote service exception"),
    code(65030, "JSON building failed"),
    code(65035, "too many topics"),
    code(65036, "callback parameter too long"),
    code(65037, "callback URL too long"),
    code(65038, "callback URL illegal"),
    code(65040, "unregistration failed"),
    code(65041, "IMEI hash is empty"),
    code(66007, "invalid regid"),
    code(66108, "package name does not belong to this app"),
    seen(200_001, "超过每日配额", "exceed quota, quota: 20000, have acked: 20000"),
    code(200_002, "QPS limit exceeded"),
];

/// The row of a code; a bare one for a code that is not documented.
pub(super) fn find(wanted: i64) -> Code {
    let row = CODES.iter().find(|row| row.code == wanted);
    row.copied().unwrap_or(Code { code: wanted, description: "undocumented error", reason: "undocumented error" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_are_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
