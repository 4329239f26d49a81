//! Apple's kinds of push: what each adds to the topic, how urgent and how large it may be.
//!
//! Source: "Sending notification requests to APNs", table of `apns-push-type`, read 2026-11-22.

use model::{Priority, PushType};

/// Bytes of a payload, but for VoIP.
pub(super) const PAYLOAD_BYTES: usize = 4096;
const VOIP_PAYLOAD_BYTES: usize = 5120;

/// One row of Apple's table.
pub(super) struct Kind {
    pub(super) push_type: PushType,
    /// Appended to the app's bundle id. The only place where that happens.
    pub(super) suffix: &'static str,
    pub(super) payload_bytes: usize,
    /// Whether Apple allows priority 5 only.
    pub(super) low_only: bool,
    /// Whether it needs token authentication.
    pub(super) token_only: bool,
}

const fn kind(push_type: PushType, suffix: &'static str) -> Kind {
    Kind { push_type, suffix, payload_bytes: PAYLOAD_BYTES, low_only: false, token_only: false }
}

static KINDS: [Kind; 11] = [
    kind(PushType::Alert, ""),
    Kind { low_only: true, ..kind(PushType::Background, "") },
    Kind { payload_bytes: VOIP_PAYLOAD_BYTES, ..kind(PushType::Voip, ".voip") },
    kind(PushType::Complication, ".complication"),
    kind(PushType::FileProvider, ".pushkit.fileprovider"),
    kind(PushType::Mdm, ""),
    kind(PushType::LiveActivity, ".push-type.liveactivity"),
    Kind { token_only: true, ..kind(PushType::Location, ".location-query") },
    kind(PushType::PushToTalk, ".voip-ptt"),
    kind(PushType::Widgets, ".push-type.widgets"),
    kind(PushType::Controls, ".push-type.controls"),
];

// === impl Kind ===

impl Kind {
    pub(super) fn of(push_type: PushType) -> &'static Kind {
        KINDS.iter().find(|kind| kind.push_type == push_type).expect("every push type has a row")
    }

    /// Whether a topic already bears a suffix, which would be added twice.
    pub(super) fn suffix_in(topic: &str) -> Option<&'static str> {
        KINDS.iter().map(|kind| kind.suffix).find(|suffix| !suffix.is_empty() && topic.ends_with(suffix))
    }

    /// The value of `apns-priority`.
    pub(super) fn priority(&self, asked: Priority) -> &'static str {
        if self.low_only || asked == Priority::Normal { "5" } else { "10" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_push_type_has_its_row() {
        for (word, push_type) in PushType::WORDS {
            assert_eq!(Kind::of(push_type).push_type.as_str(), word);
        }
    }

    #[test]
    fn background_is_never_urgent() {
        assert_eq!(Kind::of(PushType::Background).priority(Priority::High), "5");
        assert_eq!(Kind::of(PushType::Alert).priority(Priority::High), "10");
    }
}
