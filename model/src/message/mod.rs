//! What is to be shown or handed over.

mod click;
mod sound;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

pub use click::Click;
pub use sound::{Ringtone, Sound};

use crate::{Hidden, Vendor};

/// One message that all vendors understand. Only checked messages exist; see [`Push::parse`](crate::Push::parse).
#[derive(Clone, Default, PartialEq, Hash)]
pub struct Message {
    /// First line of the notification.
    pub title: Option<String>,
    /// Second line, where a vendor has one.
    pub subtitle: Option<String>,
    /// Text of the notification.
    pub body: Option<String>,
    /// Absolute `https` URL of a picture.
    pub image: Option<String>,
    /// What to play.
    pub sound: Sound,
    /// What a tap does. `None` opens the app.
    pub click: Option<Click>,
    /// Number on the app's icon; 0 removes it.
    pub badge: Option<u32>,
    /// Notifications of one group are stacked.
    pub group: Option<String>,
    /// The vendor's or app's class of message (APNs: action category; Huawei, vivo: message class).
    pub category: Option<String>,
    /// Android's notification channel.
    pub android_channel: Option<String>,
    /// Small icon.
    pub icon: Option<String>,
    /// `#rrggbb`.
    pub color: Option<String>,
    /// How much it may interrupt.
    pub importance: Importance,
    /// Which kind of push it is, where the vendor has several.
    pub push_type: PushType,
    /// The app's own key-value pairs.
    pub data: BTreeMap<String, String>,
    /// Raw fields merged into the payload of one vendor, last.
    pub overrides: BTreeMap<Vendor, Map<String, Value>>,
}

/// How much a notification may interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Importance {
    /// Listed, but neither sound nor screen.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// Through a focus mode, where the vendor and the user allow it.
    High,
}

/// The kind of push, after Apple's `apns-push-type`, which has the finest division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum PushType {
    /// A notification.
    #[default]
    Alert,
    /// Data for the app, nothing shown. Follows from a message without title and body.
    Background,
    /// An incoming call.
    Voip,
    /// Data for a watch face.
    Complication,
    /// A change at a file provider.
    FileProvider,
    /// Device management.
    Mdm,
    /// A live activity starts, changes or ends.
    LiveActivity,
    /// The app is asked where it is.
    Location,
    /// Push-to-talk.
    PushToTalk,
    /// Widgets are to be reloaded.
    Widgets,
    /// Controls are to be reloaded.
    Controls,
}

// === impl Message ===

/// Says nothing of what is said to people.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [&self.title, &self.subtitle, &self.body].into_iter().flatten();
        let mut message = f.debug_struct("Message");
        message.field("texts", &Hidden(texts.map(String::len).sum())).field("data", &self.data.len());
        message.field("push_type", &self.push_type).finish_non_exhaustive()
    }
}

impl Message {
    /// Whether there is something to show.
    pub fn is_notification(&self) -> bool {
        self.title.is_some() || self.body.is_some()
    }

    /// The raw fields for one vendor, if there are any.
    pub fn overrides_for(&self, vendor: Vendor) -> Option<&Map<String, Value>> {
        self.overrides.get(&vendor)
    }
}

// === impl Importance ===

impl Importance {
    /// Every word on the API.
    pub const WORDS: [(&'static str, Importance); 3] =
        [("low", Importance::Low), ("normal", Importance::Normal), ("high", Importance::High)];
}

// === impl PushType ===

impl PushType {
    /// Every word on the API.
    pub const WORDS: [(&'static str, PushType); 11] = [
        ("alert", PushType::Alert),
        ("background", PushType::Background),
        ("voip", PushType::Voip),
        ("complication", PushType::Complication),
        ("fileprovider", PushType::FileProvider),
        ("mdm", PushType::Mdm),
        ("liveactivity", PushType::LiveActivity),
        ("location", PushType::Location),
        ("pushtotalk", PushType::PushToTalk),
        ("widgets", PushType::Widgets),
        ("controls", PushType::Controls),
    ];

    /// The word on the API.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("alert", |(word, _)| word)
    }
}
