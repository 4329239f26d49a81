//! The kinds of push that Huawei has.

use model::{Capabilities, PushType, Refusal, Support};

use super::CAPABILITIES;
use super::dialect::Dialect;

/// What is sent. In v3 a header tells it, in v1 and v2 the body does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something to show.
    Notification,
    /// Data for the app alone.
    Data,
    /// An incoming call, for HarmonyOS NEXT.
    Call,
}

/// What v3 has a place for: HarmonyOS NEXT knows neither Android's channels nor its icons.
static OF_V3: Capabilities = Capabilities {
    group: Support::No,
    android_channel: Support::No,
    icon: Support::No,
    color: Support::No,
    ..CAPABILITIES
};

/// What a push has a place for that shows nothing.
static OF_DATA: Capabilities =
    Capabilities { image: Support::No, click: Support::No, badge: Support::No, importance: Support::No, ..OF_V3 };

// === impl Kind ===

impl Kind {
    pub(super) fn of(push_type: PushType, dialect: Dialect) -> Result<Self, Refusal> {
        let refuse = |detail: String| Err(Refusal::rejected("message.push_type", detail));
        match (push_type, dialect) {
            (PushType::Alert, _) => Ok(Kind::Notification),
            (PushType::Background, _) => Ok(Kind::Data),
            (PushType::Voip, Dialect::V3) => Ok(Kind::Call),
            (PushType::Voip, _) => refuse(format!("voip is for devices of dialect v3, not {dialect}")),
            (other, _) => refuse(format!("Huawei has no pushes of type {}", other.as_str())),
        }
    }

    /// The `push-type` header of v3.
    pub(super) const fn push_type(self) -> &'static str {
        match self {
            Kind::Notification => "0",
            Kind::Data => "6",
            Kind::Call => "10",
        }
    }

    /// What this kind has a place for in that dialect.
    pub(super) fn capabilities(self, dialect: Dialect) -> &'static Capabilities {
        match (self, dialect) {
            (Kind::Notification, Dialect::V1 | Dialect::V2) => &CAPABILITIES,
            (Kind::Notification, Dialect::V3) => &OF_V3,
            (Kind::Data | Kind::Call, _) => &OF_DATA,
        }
    }
}
