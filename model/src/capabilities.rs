//! What a vendor makes of a normalized message.

use crate::{Adjustment, Importance, Message, PushType};

/// What a vendor honours. Written once per vendor; drives adjustments, `GET /v1/channels`, previews and the docs.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// The vendor's name for people.
    pub title: &'static str,
    /// Custom ringtones.
    pub sound: CustomSound,
    /// What stands for the sandbox.
    pub test_mode: TestMode,
    /// Pushes without a notification.
    pub data_only: bool,
    /// Replacing an earlier push on the device.
    pub replace: bool,
    /// Taking back a push that was sent.
    pub revoke: bool,
    /// Telling later what arrived or was tapped.
    pub receipts: bool,
    /// `message.subtitle`.
    pub subtitle: Support,
    /// `message.image`.
    pub image: Support,
    /// `message.click`.
    pub click: Support,
    /// `message.badge`.
    pub badge: Support,
    /// `message.group`.
    pub group: Support,
    /// `message.category`.
    pub category: Support,
    /// `message.android_channel`.
    pub android_channel: Support,
    /// `message.icon`.
    pub icon: Support,
    /// `message.color`.
    pub color: Support,
    /// `message.importance`.
    pub importance: Support,
    /// The vendor's APIs, where it has several: what a target's `dialect` may say.
    pub dialects: &'static [&'static str],
    /// The kinds of push beside notifications (and data-only ones, see above).
    pub push_types: &'static [PushType],
}

/// Whether a vendor has a place for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// The vendor has the same notion.
    Yes,
    /// With a restriction, said in a few words.
    Partly(&'static str),
    /// Nothing to map it to: it is left out and an adjustment says so.
    No,
}

/// What a vendor makes of `sound` where it names a ringtone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomSound {
    /// Plays the app's own file, named with its extension.
    WithExtension,
    /// Plays the app's own file in `res/raw`, named without extension.
    WithoutExtension,
    /// Forbids ringtones of the app: the system sound is asked for and an adjustment says so.
    SystemOnly,
}

/// What stands for the sandbox at a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestMode {
    /// A separate host with separate device tokens.
    Host,
    /// A flag of the request; the device tokens are those of production.
    Flag,
    /// None: sandbox targets are refused.
    None,
}

// === impl Capabilities ===

impl Capabilities {
    /// One adjustment for every field of the message that this vendor has no place for.
    pub fn left_out(&self, message: &Message) -> Vec<Adjustment> {
        let rows = [
            ("subtitle", message.subtitle.is_some(), self.subtitle),
            ("image", message.image.is_some(), self.image),
            ("click", message.click.is_some(), self.click),
            ("badge", message.badge.is_some(), self.badge),
            ("group", message.group.is_some(), self.group),
            ("category", message.category.is_some(), self.category),
            ("android_channel", message.android_channel.is_some(), self.android_channel),
            ("icon", message.icon.is_some(), self.icon),
            ("color", message.color.is_some(), self.color),
            ("importance", message.importance != Importance::default(), self.importance),
        ];
        rows.into_iter()
            .filter(|(_, asked, support)| *asked && *support == Support::No)
            .map(|(field, ..)| Adjustment::new(field, "this vendor has no such field; left out"))
            .collect()
    }
}

// === impl Support ===

impl Support {
    /// As one word and, where there is one, the restriction.
    pub const fn parts(self) -> (&'static str, Option<&'static str>) {
        match self {
            Support::Yes => ("yes", None),
            Support::Partly(restriction) => ("partly", Some(restriction)),
            Support::No => ("no", None),
        }
    }
}

// === impl CustomSound ===

impl CustomSound {
    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            CustomSound::WithExtension => "with_extension",
            CustomSound::WithoutExtension => "without_extension",
            CustomSound::SystemOnly => "system_only",
        }
    }
}

// === impl TestMode ===

impl TestMode {
    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            TestMode::Host => "host",
            TestMode::Flag => "flag",
            TestMode::None => "none",
        }
    }
}
