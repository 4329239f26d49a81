//! Push types and the topic suffixes that go with them ("Sending notification requests to APNs", read 2026-11-22).

/// Name and topic suffix of every push type.
pub(super) static PUSH_TYPES: &[(&str, &str)] = &[
    ("alert", ""),
    ("background", ""),
    ("mdm", ""),
    ("voip", ".voip"),
    ("complication", ".complication"),
    ("fileprovider", ".pushkit.fileprovider"),
    ("liveactivity", ".push-type.liveactivity"),
    ("location", ".location-query"),
    ("pushtotalk", ".voip-ptt"),
    ("widgets", ".push-type.widgets"),
    ("controls", ".push-type.controls"),
];

/// The topic of an MDM push is the UID of the MDM certificate.
const MDM_TOPIC: &str = "com.apple.mgmt.";

/// Splits a topic into bundle id and suffix.
pub(super) fn split(topic: &str) -> (&str, &'static str) {
    let with_suffix = PUSH_TYPES.iter().map(|(_, suffix)| *suffix).filter(|suffix| !suffix.is_empty());
    let found = with_suffix.into_iter().find_map(|suffix| Some((topic.strip_suffix(suffix)?, suffix)));
    found.unwrap_or((topic, ""))
}

/// Whether a topic is that of an MDM certificate.
pub(super) fn is_mdm(topic: &str) -> bool {
    topic.starts_with(MDM_TOPIC)
}

/// Whether a push type is known and goes with a topic.
pub(super) fn fits(push_type: &str, topic: &str) -> bool {
    let (_, suffix) = split(topic);
    let row = PUSH_TYPES.iter().find(|(name, _)| *name == push_type);
    row.is_some_and(|(_, wanted)| *wanted == suffix) && is_mdm(topic) == (push_type == "mdm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_go_with_their_suffix_only() {
        assert!(fits("alert", "com.x"));
        assert!(fits("voip", "com.x.voip"));
        assert!(fits("pushtotalk", "com.x.voip-ptt"));
        assert!(fits("mdm", "com.apple.mgmt.External.1"));
        for (push_type, topic) in [("alert", "com.x.voip"), ("voip", "com.x"), ("mdm", "com.x"), ("Alert", "com.x")] {
            assert!(!fits(push_type, topic), "{push_type} {topic}");
        }
    }
}
