//! What Apple's certificates are for.
//!
//! Sources: the marker extensions and subject names as seen on real certificates and read by Knuff, node-apn and fastlane;
//! Apple's page "WWDR intermediate certificates" for the issuers (read 2026-11-22). The environment is what the extensions
//! say; the common name decides only where there are none.

use crate::ber::{self, Element};
use crate::der::SEQUENCE;
use crate::plain::plain;
use crate::x509::Facts;

/// An Apple certificate, recognised by its common name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppleCertificate {
    pub(crate) class: &'static Class,
    pub(crate) serves_production: bool,
    pub(crate) serves_sandbox: bool,
    pub(crate) topics: Vec<Topic>,
}

/// A topic and the push types that may go to it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Topic {
    /// What goes into the header `apns-topic`.
    pub topic: String,
    /// Values of `apns-push-type`.
    pub push_types: Vec<&'static str>,
}

/// A class of certificates.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Class {
    /// What its common name begins with.
    prefix: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// What it serves if no extension says so; `None` for classes that are not for push.
    push: Option<Served>,
    /// What stands behind the UID in the topic.
    topic_suffix: &'static str,
    push_types: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    Both,
    Production,
    Sandbox,
}

const fn push(
    prefix: &'static str,
    title: &'static str,
    served: Served,
    topic_suffix: &'static str,
    push_types: &'static [&'static str],
) -> Class {
    Class { prefix, title, push: Some(served), topic_suffix, push_types }
}

const fn other(prefix: &'static str, title: &'static str) -> Class {
    Class { prefix, title, push: None, topic_suffix: "", push_types: &[] }
}

const APP: &[&str] = &["alert", "background"];

static CLASSES: &[Class] = &[
    push("Apple Push Services: ", "Apple push certificate", Served::Both, "", APP),
    push("Apple Sandbox Push Services: ", "Apple push certificate for the sandbox", Served::Sandbox, "", APP),
    push(
        "Apple Development IOS Push Services: ",
        "Apple push certificate of the old kind for the sandbox",
        Served::Sandbox,
        "",
        APP,
    ),
    push(
        "Apple Development Mac Push Services: ",
        "Apple push certificate of the old kind for the sandbox",
        Served::Sandbox,
        "",
        APP,
    ),
    push(
        "Apple Production IOS Push Services: ",
        "Apple push certificate of the old kind for production",
        Served::Production,
        "",
        APP,
    ),
    push(
        "Apple Production Mac Push Services: ",
        "Apple push certificate of the old kind for production",
        Served::Production,
        "",
        APP,
    ),
    push("VoIP Services: ", "Apple VoIP certificate", Served::Both, ".voip", &["voip"]),
    push("WatchKit Services: ", "Apple WatchKit certificate", Served::Both, ".complication", &["complication"]),
    push("Pass Type ID: ", "Apple Wallet certificate", Served::Production, "", APP),
    push("Website Push ID: ", "Safari website push certificate", Served::Production, "", &["alert"]),
    push("APSP:", "Apple MDM push certificate", Served::Production, "", &["mdm"]),
    other("Apple Development: ", "Apple Development certificate, which signs apps"),
    other("Apple Distribution: ", "Apple Distribution certificate, which signs apps"),
    other("iPhone Developer: ", "iPhone Developer certificate, which signs apps"),
    other("iPhone Distribution: ", "iPhone Distribution certificate, which signs apps"),
    other("Mac Developer: ", "Mac Developer certificate, which signs apps"),
    other("3rd Party Mac Developer ", "Mac App Store certificate, which signs apps"),
    other("Developer ID ", "Developer ID certificate, which signs Mac software"),
    other("Merchant ID: ", "Apple Pay merchant certificate"),
    other("Apple Pay Payment Processing: ", "Apple Pay payment processing certificate"),
];

/// Issuers of push certificates, by common name.
const ISSUERS: &[&str] = &[
    "Apple Worldwide Developer Relations Certification Authority",
    "Apple Application Integration 2 Certification Authority",
    "Apple Application Integration Certification Authority",
];

/// Suffixes of topics, and the push types that go there (Apple, "Sending notification requests to APNs", read 2026-11-22).
const SUFFIXES: &[(&str, &[&str])] = &[
    (".voip", &["voip"]),
    (".voip-ptt", &["pushtotalk"]),
    (".complication", &["complication"]),
    (".pushkit.fileprovider", &["fileprovider"]),
    (".push-type.liveactivity", &["liveactivity"]),
    (".location-query", &["location"]),
];

/// Numbers of the marker extensions.
const SANDBOX: u64 = 1;
const PRODUCTION: u64 = 2;
const VOIP_TOPICS: u64 = 4;
const TOPICS: u64 = 6;

/// A topic list longer than this is not one of Apple's.
const MAX_TOPICS: usize = 200;

// === impl AppleCertificate ===

impl AppleCertificate {
    /// What the certificate is for; `None` if it is none of Apple's.
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        let name = facts.common_name.as_deref()?;
        let class = CLASSES.iter().find(|class| name.starts_with(class.prefix))?;
        let has = |number: u64| facts.apple_push_extensions.iter().any(|(found, _)| *found == number);
        let is_marked = has(SANDBOX) || has(PRODUCTION);
        let (serves_production, serves_sandbox) = match class.push {
            None => (false, false),
            Some(_) if is_marked => (has(PRODUCTION), has(SANDBOX)),
            Some(served) => (served != Served::Sandbox, served != Served::Production),
        };
        let topics = class.push.map(|_| topics(facts, class)).unwrap_or_default();
        Some(Self { class, serves_production, serves_sandbox, topics })
    }

    /// Whether pushes can be sent with it at all.
    pub(crate) const fn is_push(&self) -> bool {
        self.class.push.is_some()
    }

    /// Whether both send to the same topics in the same environments.
    pub(crate) fn serves_the_same(&self, other: &Self) -> bool {
        let has_all = |one: &[Topic], other: &[Topic]| other.iter().all(|topic| one.contains(topic));
        (self.serves_production, self.serves_sandbox) == (other.serves_production, other.serves_sandbox)
            && has_all(&self.topics, &other.topics)
            && has_all(&other.topics, &self.topics)
    }

    /// Whether the issuer's name is one that Apple signs push certificates with. Only the name: its root is in no public
    /// trust store and not here either.
    pub(crate) fn has_known_issuer(facts: &Facts) -> bool {
        facts.issuer_common_name.as_deref().is_some_and(|name| ISSUERS.contains(&name))
    }
}

fn topics(facts: &Facts, class: &Class) -> Vec<Topic> {
    let listed = |number: u64| facts.apple_push_extensions.iter().find(|(found, _)| *found == number);
    let listed = [TOPICS, VOIP_TOPICS].into_iter().filter_map(listed).flat_map(|(_, value)| topic_names(value));
    let mut topics: Vec<Topic> = Vec::new();
    for topic in listed.filter(|topic| !topic.is_empty()).take(MAX_TOPICS) {
        if topics.iter().all(|known| known.topic != topic) {
            topics.push(Topic { push_types: push_types(&topic, class), topic });
        }
    }
    if topics.is_empty() {
        let own = facts.uid.as_ref().filter(|uid| !uid.is_empty()).map(|uid| match uid.ends_with(class.topic_suffix) {
            true => uid.clone(),
            false => format!("{uid}{}", class.topic_suffix),
        });
        topics.extend(own.map(|topic| Topic { push_types: class.push_types.to_vec(), topic }));
    }
    topics
}

fn push_types(topic: &str, class: &Class) -> Vec<&'static str> {
    let suffix = SUFFIXES.iter().find(|(suffix, _)| topic.ends_with(suffix));
    suffix
        .map_or_else(|| if class.topic_suffix.is_empty() { class.push_types } else { APP }, |(_, types)| types)
        .to_vec()
}

/// The topics in an extension: a flat sequence that alternates a topic and the sequence of its kinds, or one string with
/// commas. Read tolerantly: what is no text is passed over.
fn topic_names(value: &[u8]) -> Vec<String> {
    let Ok(list) = ber::inner(value, "topic list") else { return Vec::new() };
    if list.tag != SEQUENCE {
        let text = text_of(&list).map(|text| text.split(',').map(|topic| plain(topic.trim())).collect());
        return text.unwrap_or_default();
    }
    let (mut members, mut names) = (list.children(), Vec::new());
    while let Ok(Some(member)) = members.optional() {
        names.extend(text_of(&member).map(plain));
    }
    names
}

/// UTF8String, PrintableString, IA5String.
fn text_of<'a>(element: &Element<'a>) -> Option<&'a str> {
    matches!(element.tag, 0x0c | 0x13 | 0x16)
        .then(|| std::str::from_utf8(element.contents).ok())
        .flatten()
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_alternate_with_their_kinds() {
        let value =
            [&[SEQUENCE, 26, 0x0c, 5][..], b"com.x", &[SEQUENCE, 5, 0x0c, 3], b"app", &[0x0c, 10], b"com.x.voip"]
                .concat();
        assert_eq!(topic_names(&value), ["com.x", "com.x.voip"]);
    }

    #[test]
    fn a_string_of_topics_is_split_at_its_commas() {
        let text = b"com.x.voip, com.y.voip";
        let value = [&[0x0c, 22][..], text].concat();
        assert_eq!(topic_names(&value), ["com.x.voip", "com.y.voip"]);
    }

    #[test]
    fn what_is_no_topic_list_is_none() {
        for bad in [&[][..], &[SEQUENCE], &[SEQUENCE, 5, 0x0c], &[0x30, 0x84, 1, 1, 1, 1], &[0x05, 0]] {
            assert!(topic_names(bad).is_empty(), "{bad:?}");
        }
    }
}
