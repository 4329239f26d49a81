//! A push as v1 and v2 want it.

use model::{Click, Importance, Priority, Refusal, Sound};

use super::VENDOR;
use super::draft::Draft;
use super::kind::Kind;
use super::wire::v1::{Android, Badge, Body, ClickAction, Message, Notification};

/// `click_action.type`
const OPEN_INTENT: u8 = 1;
const OPEN_URL: u8 = 2;
const OPEN_APP: u8 = 3;

/// `android.target_user_type`
pub(super) const TEST_MESSAGE: u8 = 1;

const SILENT_IS_MARKETING: &str = "Huawei is silent for marketing only: sent with importance LOW, which shows in the \
                                   notification centre alone and counts as marketing";

pub(super) fn body<'a>(draft: &mut Draft<'a>, kind: Kind) -> Result<Body<'a>, Refusal> {
    let ttl = draft.ttl().map(|seconds| format!("{seconds}s"));
    let target_user_type = draft.settings.is_sandbox.then_some(TEST_MESSAGE);
    let android = match kind {
        Kind::Notification => {
            let category = draft.category(draft.settings.category.as_deref());
            let notification = Some(notification(draft)?);
            Android { category, urgency: None, ttl, target_user_type, notification }
        }
        Kind::Data | Kind::Call => {
            draft.check_data(draft.push.message.overrides_for(VENDOR).is_some())?;
            // The configured class is for notifications.
            let category = draft.category(None);
            Android { category, urgency: Some(urgency(draft)), ttl, target_user_type, notification: None }
        }
    };
    Ok(Body { validate_only: None, message: Message { data: draft.data(), android, token: [] } })
}

fn notification<'a>(draft: &mut Draft<'a>) -> Result<Notification<'a>, Refusal> {
    let message = draft.push.message;
    let (title, body) = draft.texts()?;
    let (default_sound, sound) = sound(draft);
    Ok(Notification {
        title,
        body,
        image: draft.image(),
        icon: icon(draft),
        color: message.color.as_deref(),
        sound,
        default_sound,
        importance: importance(draft),
        click_action: click_action(draft)?,
        notify_id: draft.notify_id(),
        group: message.group.as_deref(),
        channel_id: message.android_channel.as_deref(),
        badge: draft.badge().map(|set_num| Badge { set_num, class: draft.settings.badge_class.as_deref() }),
    })
}

/// `HIGH` without a right from Huawei fails (80300011), and it is our default priority.
fn urgency(draft: &mut Draft<'_>) -> &'static str {
    match draft.push.options.priority {
        Priority::Normal => "NORMAL",
        Priority::High if draft.settings.urgent_data => "HIGH",
        Priority::High => {
            let detail = "data is urgent only with a right from Huawei (urgent_data); sent with urgency NORMAL";
            draft.adjust("priority", detail);
            "NORMAL"
        }
    }
}

/// The system's sound is asked for explicitly (`default_sound`), unless the operator lets the app's own through.
fn sound(draft: &mut Draft<'_>) -> (Option<bool>, Option<String>) {
    let ringtone = match &draft.push.message.sound {
        Sound::None => return (None, None),
        Sound::Default => return (Some(true), None),
        Sound::Ringtone(ringtone) => ringtone.android.as_deref(),
    };
    match ringtone {
        Some(name) if draft.settings.custom_sound => return (Some(false), Some(raw_resource(name))),
        Some(_) => draft.adjust("sound", "custom ringtones are not allowed; system sound used"),
        // Named for iOS alone.
        None => {}
    }
    (Some(true), None)
}

fn importance(draft: &mut Draft<'_>) -> &'static str {
    let message = draft.push.message;
    match (message.importance, &message.sound) {
        (Importance::Low, _) => return "LOW",
        (importance, Sound::None) => {
            draft.adjust("sound", SILENT_IS_MARKETING);
            if importance == Importance::High {
                draft.adjust("importance", "a silent notification is one of importance LOW");
            }
            return "LOW";
        }
        (Importance::Normal, _) => {}
        (Importance::High, _) => draft.adjust("importance", "Huawei knows low and normal; normal used"),
    }
    "NORMAL"
}

fn icon(draft: &mut Draft<'_>) -> Option<String> {
    let icon = draft.push.message.icon.as_deref()?;
    if icon.contains("://") {
        draft.adjust("icon", "Huawei takes the name of a resource in res/raw, not a URL; left out");
        return None;
    }
    Some(raw_resource(icon))
}

fn raw_resource(name: &str) -> String {
    format!("/raw/{}", name.strip_prefix("/raw/").unwrap_or(name))
}

fn click_action<'a>(draft: &Draft<'a>) -> Result<ClickAction<'a>, Refusal> {
    let click = draft.push.message.click.as_ref().unwrap_or(&Click::App);
    let package = draft.settings.package.as_deref();
    let intent = match click {
        Click::App => return Ok(ClickAction { kind: OPEN_APP, ..ClickAction::default() }),
        Click::Url(url) if url.starts_with("https://") => {
            return Ok(ClickAction { kind: OPEN_URL, url: Some(url), ..ClickAction::default() });
        }
        Click::Url(_) => return Err(Refusal::rejected("message.click", "Huawei opens https URLs only")),
        Click::Activity { .. } => click.intent(draft.package()?),
        // Without a package any app that knows the scheme may answer.
        Click::DeepLink(_) => click.intent(package.unwrap_or_default()).map(|mut intent| {
            intent.package = package.map(str::to_owned);
            intent
        }),
        Click::Intent(intent) => Some(intent.clone()),
    };
    let intent = intent.ok_or_else(|| Refusal::rejected("message.click", "has no scheme"))?;
    Ok(ClickAction { kind: OPEN_INTENT, intent: Some(intent.to_string()), ..ClickAction::default() })
}
