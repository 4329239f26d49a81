//! The reasons by which v3 sorts refused device tokens (push-scenariozed-api-response, read 2026-11-22).

/// What a reason means for its device tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Malformed, or one for another dialect: our own mistake, perhaps.
    Foreign,
    /// Of another project, or of a phone that was upgraded since; where every device token is hit, our configuration.
    NoRight,
    Disabled,
    Rejected,
}

const REASONS: &[(&str, Reason, &str)] = &[
    ("tokenFormatError", Reason::Foreign, "malformed; is it a device token of dialect v3?"),
    ("tokenPlatformNotSupport", Reason::Foreign, "the device does not speak dialect v3"),
    ("noRight", Reason::NoRight, "of another project, or of a phone that was upgraded since"),
    ("noPushTypeRight", Reason::Disabled, "the app has no right to this kind of push: apply for it in the console"),
    ("noRightToSendThisLiveNotificationEvent", Reason::Disabled, "the app has no right to this live view"),
    ("disableSendHuaweiMsgBecauseOfPenalty", Reason::Disabled, "the app is under penalty: ask Huawei"),
    ("appinfoError", Reason::Disabled, "Huawei does not find the app's entry: check the console"),
    ("countryNotSupport", Reason::Disabled, "the service is not offered in the device's country"),
    ("differentImgVerifyPolicy", Reason::Rejected, "the image has not been vetted for all devices"),
    ("notSupportPlayVoice", Reason::Rejected, "the device plays no voice broadcasts"),
    ("atomicUnableSendUnsubscribedMsg", Reason::Rejected, "the user has not subscribed to it"),
];

/// What a reason means; the content is at fault where nobody knows it.
pub(super) fn find(name: &str) -> (Reason, &'static str) {
    let found = REASONS.iter().find(|(known, ..)| *known == name);
    found.map_or((Reason::Rejected, "not a reason we know"), |(_, reason, advice)| (*reason, *advice))
}
