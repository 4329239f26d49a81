//! The vendor's codes and what they mean for a push.
//!
//! Source: server API document, state 2025-04-09, and the constants of the vendor's SDK 1.2.13, both read 2026-11-22.

use model::Scope;

/// What a code means. From the least to the most severe: of two codes for one target the more severe counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// The vendor cannot now.
    Retry,
    /// Too fast.
    RateLimited,
    /// Too many to this device within a minute.
    DeviceMinute,
    /// This device's allowance of the day is used up.
    DeviceDay,
    /// The app's allowance of the day is used up.
    AppDay,
    /// Another allowance is used up.
    Quota,
    /// This content, for ever.
    Rejected,
    /// Switched off or not permitted.
    Disabled,
    /// App or secret.
    BadCredentials,
    /// Not a target of this app, or one that is switched off: says nothing of a device token.
    ForeignTarget,
    /// The device token is invalid.
    InvalidToken,
}

/// Where in an answer a code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `code`: for the call as a whole.
    Call,
    /// A key of `value`: for the device tokens listed there.
    Target,
}

impl Place {
    /// What a switch that is off at this place is about.
    pub(super) const fn scope(self) -> Scope {
        match self {
            Place::Call => Scope::Channel,
            Place::Target => Scope::Target,
        }
    }
}

/// One code.
#[derive(Debug)]
pub(super) struct Row {
    code: i64,
    /// Where it means this; `None` is anywhere.
    place: Option<Place>,
    pub(super) class: Class,
    pub(super) advice: &'static str,
}

const fn row(code: i64, class: Class, advice: &'static str) -> Row {
    Row { code, place: None, class, advice }
}

const fn at(place: Place, code: i64, class: Class, advice: &'static str) -> Row {
    Row { code, place: Some(place), class, advice }
}

/// Every code but 200. The vendor documents most of them at one place only; where nothing contradicts it, a code means
/// the same at the other.
static CODES: &[Row] = &[
    row(-1, Class::Retry, "unknown error"),
    row(201, Class::Disabled, "Meizu refuses for lack of permission"),
    row(300, Class::Retry, "Meizu asks to use another URL, which is not followed: check endpoint"),
    row(500, Class::Retry, "Meizu failed"),
    row(501, Class::Retry, "Meizu's database failed"),
    row(513, Class::Retry, "the push failed at Meizu"),
    row(518, Class::RateLimited, "over the speed configured at Meizu: lower rate_per_second"),
    row(519, Class::Retry, "Meizu is overloaded"),
    row(520, Class::DeviceMinute, "folded: more than 5 of this app to this device within a minute"),
    row(1001, Class::Retry, "Meizu's system failed"),
    row(1003, Class::Retry, "Meizu is busy"),
    row(1005, Class::Rejected, "a parameter is wrong: check the texts' lengths and overrides.meizu"),
    row(1006, Class::BadCredentials, "the signature is wrong: is app_secret the App Secret of this app_id?"),
    row(110_000, Class::BadCredentials, "no such app: check app_id"),
    row(110_001, Class::BadCredentials, "the app key is wrong: check app_id and app_secret"),
    row(110_002, Class::InvalidToken, "the device is not registered with this app"),
    row(110_003, Class::InvalidToken, "the pushId is illegal"),
    row(110_004, Class::Rejected, "a parameter is empty: check overrides.meizu"),
    row(110_005, Class::ForeignTarget, "not registered under this alias, or switched off"),
    row(110_009, Class::Disabled, "the app is on Meizu's black list"),
    at(Place::Call, 110_010, Class::RateLimited, "the app sends too fast: lower rate_per_second"),
    at(Place::Target, 110_010, Class::Disabled, "notifications are switched off on this device; keep its token"),
    row(110_011, Class::DeviceDay, "the device has had its public messages of the day"),
    row(110_019, Class::AppDay, "the app has sent its messages of the day"),
    row(110_031, Class::BadCredentials, "the package is not this app's: check package"),
    row(110_032, Class::Rejected, "no such task"),
    row(110_033, Class::BadCredentials, "the app secret is wrong: check app_secret"),
    row(110_051, Class::Quota, "the app's allowance is used up"),
    row(110_053, Class::Quota, "the allowance of transparent messages is used up"),
];

/// What a code means at that place, if the table has it.
pub(super) fn row_of(code: &str, place: Place) -> Option<&'static Row> {
    let code: i64 = code.parse().ok()?;
    CODES.iter().find(|row| row.code == code && row.place.is_none_or(|found| found == place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_once_for_each_place() {
        assert!(CODES.is_sorted_by_key(|row| row.code));
        for pair in CODES.windows(2).filter(|pair| pair[0].code == pair[1].code) {
            assert_ne!(pair[0].place, pair[1].place);
            assert!(pair.iter().all(|row| row.place.is_some()));
        }
    }

    #[test]
    fn what_is_documented_twice_means_two_things() {
        let class = |place| row_of("110010", place).unwrap().class;
        assert_eq!((class(Place::Call), class(Place::Target)), (Class::RateLimited, Class::Disabled));
    }
}
