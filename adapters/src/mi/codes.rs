//! The vendor's codes and what they mean for a push.
//!
//! Sources: pId=1560 (error codes, read 2026-11-22), readable in full up to 65041; the constants of the vendor's SDK
//! (*SDK*); other people's code and notes (*3p*).

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// The vendor cannot now, or the device cannot be reached now.
    Retry,
    /// Sending failed; the reason decides between invalid device tokens and another try.
    SendFailed,
    /// A device token of the call is invalid.
    InvalidToken,
    /// This content, for ever.
    Rejected,
    /// Too long.
    TooLarge,
    /// Secret, app or package.
    BadCredentials,
    /// Switched off or not permitted.
    Disabled,
    /// This message waits for a person at the vendor; others may go.
    Review,
    /// The notification channel is not one of the app's.
    UnknownChannel,
    /// Too fast.
    RateLimited,
    /// The day's allowance is used up.
    DayQuota,
    /// Another allowance is used up.
    Quota,
}

/// Every code but 0 that an answer to a push may bear. 10035, "no more invalid aliases to pull", has no meaning for one.
const CODES: &[(i64, Class)] = &[
    (-1, Class::Retry),             // unknown error
    (1, Class::Retry),              // internal error
    (100, Class::Rejected),         // SDK: parameter must not be empty
    (10001, Class::Retry),          // system error
    (10002, Class::Retry),          // system busy or paused
    (10003, Class::Retry),          // remote service error
    (10004, Class::BadCredentials), // SDK: IP not allowed
    (10005, Class::BadCredentials), // SDK: app lacks grant
    (10006, Class::BadCredentials), // SDK: app key missing
    (10007, Class::Rejected),       // SDK: unsupported MIME type
    (10008, Class::Rejected),       // parameter error
    (10009, Class::Retry),          // SDK: busy
    (10010, Class::Retry),          // SDK: job timeout
    (10011, Class::Retry),          // SDK: RPC error
    (10012, Class::Rejected),       // illegal request
    (10013, Class::BadCredentials), // SDK: bad user
    (10014, Class::BadCredentials), // SDK: rights of the app are limited
    (10016, Class::Rejected),       // required parameter missing
    (10017, Class::Rejected),       // illegal value
    (10018, Class::TooLarge),       // SDK: request too long
    (10020, Class::Rejected),       // SDK: no such API
    (10021, Class::Rejected),       // SDK: HTTP method not supported
    (10022, Class::RateLimited),    // SDK: rate of the IP
    (10023, Class::RateLimited),    // SDK: rate of the user
    (10024, Class::RateLimited),    // SDK: rate of the user for this API
    (10025, Class::Rejected),       // SDK: callback URL illegal
    (10026, Class::Disabled),       // SDK: app black-listed for this API
    (10027, Class::RateLimited),    // app calls too frequently
    (10028, Class::RateLimited),    // SDK: all calls together too frequent
    (10029, Class::InvalidToken),   // illegal device
    (10030, Class::RateLimited),    // fetching invalid registration ids
    (10031, Class::Disabled),       // app black-listed for sending
    (10032, Class::RateLimited),    // fetching invalid aliases
    (10033, Class::Disabled),       // app black-listed for feedback
    (10034, Class::DayQuota),       // too many messages today
    (10036, Class::Disabled),       // operation forbidden for the app
    (10037, Class::Retry),          // request expired
    (10038, Class::Disabled),       // statistics forbidden
    (10039, Class::RateLimited),    // statistics called too often
    (10041, Class::Rejected),       // 3p: template
    (20209, Class::Rejected),       // illegal topic
    (20215, Class::Retry),          // subscribing failed
    (20216, Class::Retry),          // unsubscribing failed
    (20301, Class::SendFailed),     // sending failed
    (20315, Class::Retry),          // deleting a broadcast failed
    (20607, Class::Retry),          // database error
    (21301, Class::BadCredentials), // authentication failed
    (21302, Class::BadCredentials), // authentication by token failed
    (21303, Class::Disabled),       // restricted request
    (21305, Class::Rejected),       // necessary parameter missing
    (22000, Class::BadCredentials), // illegal app
    (22001, Class::BadCredentials), // SDK: unknown app
    (22002, Class::Disabled),       // SDK: revoked app
    (22006, Class::BadCredentials), // bad app id
    (22007, Class::BadCredentials), // bad app key
    (22008, Class::BadCredentials), // SDK: bad app secret
    (22022, Class::BadCredentials), // bad package name
    (22100, Class::Rejected),       // SDK: bad notification format
    (22101, Class::Quota),          // SDK: too many notifications
    (22102, Class::Retry),          // sending the notification failed
    (22103, Class::Rejected),       // SDK: bad notify_id
    (26003, Class::Retry),          // internal call failed
    (26004, Class::RateLimited),    // broadcasting too often
    (26005, Class::RateLimited),    // setting accounts too often
    (26006, Class::Review),         // message waits for review
    (27001, Class::UnknownChannel), // invalid channel info
    (65003, Class::Retry),          // device not found, usually just offline: never a reason to delete
    (65006, Class::RateLimited),    // setting aliases too often
    (65007, Class::Rejected),       // alias black-listed
    (65008, Class::Rejected),       // alias too long
    (65009, Class::TooLarge),       // content too long
    (65010, Class::Rejected),       // topic too long
    (65011, Class::Rejected),       // no parameters
    (65012, Class::Rejected),       // alias empty
    (65013, Class::Rejected),       // topic empty
    (65014, Class::TooLarge),       // too many extras
    (65015, Class::TooLarge),       // extras too long
    (65016, Class::Rejected),       // account empty
    (65017, Class::Rejected),       // account too long
    (65028, Class::Rejected),       // no such message
    (65029, Class::Retry),          // remote service exception
    (65030, Class::Rejected),       // building JSON failed
    (65035, Class::Rejected),       // too many topics
    (65036, Class::Rejected),       // callback parameter too long
    (65037, Class::Rejected),       // callback URL too long
    (65038, Class::Rejected),       // callback URL illegal
    (65040, Class::Retry),          // unregistering failed
    (65041, Class::Rejected),       // IMEI hash empty
    (66007, Class::InvalidToken),   // 3p: invalid registration id
    (66108, Class::BadCredentials), // 3p: package is not of this app
    (200_001, Class::DayQuota),     // the day's quota exceeded
    (200_002, Class::RateLimited),  // 3p: requests per second exceeded
];

/// The class of a code, if the table has it.
pub(super) fn class(code: &str) -> Option<Class> {
    let code: i64 = code.parse().ok()?;
    CODES.iter().find(|(known, _)| *known == code).map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        assert!(CODES.is_sorted_by(|(one, _), (next, _)| one < next));
    }
}
