//! From a normalized message to FCM's, without its target.

use std::borrow::Cow;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use model::{Adjustment, Composed, Composition, Importance, Message, Options, Priority, PushType, Refusal, Sound};

use super::settings::Settings;
use super::tap::Tap;
use super::{CAPABILITIES, VENDOR, body, data, wire};

/// Four weeks, which is also what FCM assumes.
const MAX_TTL: Duration = Duration::from_secs(2_419_200);

/// `notification_count` is a signed number.
const MAX_COUNT: u32 = i32::MAX as u32;

pub(super) fn compose(settings: &Settings, push: &Composition<'_>) -> Result<Composed, Refusal> {
    let message = push.message;
    check_push_type(message)?;
    let mut adjustments = CAPABILITIES.left_out(message);
    let tap = Tap::of(message.click.as_ref(), settings.package.as_deref())?;
    let data = data::data(message, &tap, &mut adjustments)?;
    let is_notification = message.is_notification();
    if !is_notification {
        refuse_nothing(message)?;
        adjustments.extend(not_shown(message));
    }
    let android = is_notification.then(|| android_notification(settings, push, &tap, &mut adjustments));
    let notification = is_notification.then_some(wire::Notification {
        title: message.title.as_deref(),
        body: message.body.as_deref(),
        image: message.image.as_deref(),
    });
    let android = wire::Android {
        priority: match push.options.priority {
            Priority::High => "high",
            Priority::Normal => "normal",
        },
        collapse_key: push.options.replace_key.as_deref(),
        ttl: ttl(push.options, &mut adjustments),
        restricted_package_name: settings.package.as_deref(),
        notification: android,
    };
    let message = wire::Message { notification, data, android };
    let body = wire::Body { message, validate_only: settings.validate_only };
    let payload = body::fitted(&body, push, &mut adjustments)?;
    Ok(Composed { payload, headers: headers(), nonce: push.nonce, credential: 0, adjustments: adjustments.into() })
}

/// The same for every message.
pub(super) fn headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

fn check_push_type(message: &Message) -> Result<(), Refusal> {
    match message.push_type {
        PushType::Alert | PushType::Background => Ok(()),
        other => {
            let detail = format!("FCM has no pushes of type {}", other.as_str());
            Err(Refusal::rejected("message.push_type", detail))
        }
    }
}

/// A push of a badge alone: FCM has nothing to carry it.
fn refuse_nothing(message: &Message) -> Result<(), Refusal> {
    if message.data.is_empty() && message.click.is_none() && message.overrides_for(VENDOR).is_none() {
        return Err(Refusal::rejected("message", "has neither title nor body nor data; FCM sends no badge alone"));
    }
    Ok(())
}

/// One adjustment for every field that only a notification has.
fn not_shown(message: &Message) -> impl Iterator<Item = Adjustment> {
    let rows = [
        ("image", message.image.is_some()),
        ("badge", message.badge.is_some()),
        ("android_channel", message.android_channel.is_some()),
        ("icon", message.icon.is_some()),
        ("color", message.color.is_some()),
        ("importance", message.importance != Importance::default()),
        ("sound", matches!(message.sound, Sound::Ringtone(_))),
    ];
    let asked = rows.into_iter().filter(|(_, asked)| *asked);
    asked.map(|(field, _)| Adjustment::new(field, "a push without title and body shows nothing; left out"))
}

fn android_notification<'a>(
    settings: &'a Settings,
    push: &Composition<'a>,
    tap: &'a Tap,
    adjustments: &mut Vec<Adjustment>,
) -> wire::AndroidNotification<'a> {
    let message = push.message;
    if tap.is_handed_over() {
        let detail = "FCM opens the app, which has to follow intent_uri in its data";
        adjustments.push(Adjustment::new("click", detail));
    }
    let channel_id = message.android_channel.as_deref().or(settings.android_channel.as_deref());
    wire::AndroidNotification {
        icon: icon(message, adjustments),
        color: message.color.as_deref(),
        sound: sound(message, channel_id, adjustments),
        channel_id,
        tag: tag(push),
        click_action: tap.click_action.as_deref(),
        notification_priority: match message.importance {
            Importance::Low => Some("PRIORITY_LOW"),
            Importance::Normal => None,
            Importance::High => Some("PRIORITY_HIGH"),
        },
        notification_count: count(message, adjustments),
    }
}

/// Notifications of one tag replace each other. One without a replace key gets a tag of its own: FCM does not tell doubles
/// apart, so a second attempt must replace what the first may have shown.
fn tag<'a>(push: &Composition<'a>) -> Cow<'a, str> {
    match &push.options.replace_key {
        Some(key) => Cow::Borrowed(key),
        None => Cow::Owned(format!("pushmux:{}", push.notify_id.0)),
    }
}

/// Since Android 8 the notification channel plays its own sound, whatever is asked for here.
fn sound<'a>(message: &'a Message, channel: Option<&str>, adjustments: &mut Vec<Adjustment>) -> Option<&'a str> {
    const SYSTEM: &str = "default";
    let sound = match &message.sound {
        Sound::Default => return Some(SYSTEM),
        Sound::None => None,
        Sound::Ringtone(ringtone) if ringtone.android.is_none() => return Some(SYSTEM),
        Sound::Ringtone(ringtone) => ringtone.android.as_deref(),
    };
    if channel.is_none() {
        let detail = "from Android 8 on only a notification channel decides the sound: name one as android_channel";
        adjustments.push(Adjustment::new("sound", detail));
    }
    sound
}

/// FCM takes the name of a drawable; pictures from the web have `image`.
fn icon<'a>(message: &'a Message, adjustments: &mut Vec<Adjustment>) -> Option<&'a str> {
    let icon = message.icon.as_deref()?;
    if icon.contains("://") {
        let detail = "FCM takes the name of a drawable of the app, not a URL; left out";
        adjustments.push(Adjustment::new("icon", detail));
        return None;
    }
    Some(icon)
}

/// Zero is "count one more" for FCM.
fn count(message: &Message, adjustments: &mut Vec<Adjustment>) -> Option<u32> {
    let badge = message.badge?;
    if badge == 0 {
        adjustments.push(Adjustment::new("badge", "FCM cannot remove the badge; left out"));
        return None;
    }
    if badge > MAX_COUNT {
        adjustments.push(Adjustment::new("badge", format!("lowered to {MAX_COUNT}")));
    }
    Some(badge.min(MAX_COUNT))
}

/// Seconds, rounded down as FCM does; zero is "now or never", none is FCM's own default.
fn ttl(options: &Options, adjustments: &mut Vec<Adjustment>) -> Option<String> {
    let ttl = options.ttl?;
    if ttl > MAX_TTL {
        adjustments.push(Adjustment::new("ttl", "shortened to four weeks, the longest that FCM stores"));
    }
    Some(format!("{}s", ttl.min(MAX_TTL).as_secs()))
}
