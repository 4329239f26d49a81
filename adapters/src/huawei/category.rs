//! Huawei's message classes.

/// All that its pages name (message-classification and push-apply-right, read 2026-11-22); `MISS_CALL` is of v3,
/// `CUSTOMER_SERVICE` is only known from others.
const CLASSES: [&str; 16] = [
    "ACCOUNT",
    "CUSTOMER_SERVICE",
    "DEVICE_REMINDER",
    "EXPRESS",
    "FINANCE",
    "HEALTH",
    "IM",
    "MAIL",
    "MARKETING",
    "MISS_CALL",
    "PLAY_VOICE",
    "SUBSCRIPTION",
    "SYSTEM_REMINDER",
    "TRAVEL",
    "VOIP",
    "WORK",
];

/// The class that is never heard.
pub(super) const MARKETING: &str = "MARKETING";

/// The class of that word, which may be written in lower case. `message.category` serves other vendors too, so a word that
/// is none of these is not meant for Huawei.
pub(super) fn known(word: &str) -> Option<&'static str> {
    CLASSES.iter().find(|class| class.eq_ignore_ascii_case(word.trim())).copied()
}
