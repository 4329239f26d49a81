//! A push as v3 (HarmonyOS NEXT) wants it.

use std::collections::BTreeMap;

use model::{Click, ExtraValue, Importance, IntentUri, Refusal, Sound};

use super::VENDOR;
use super::category::MARKETING;
use super::draft::Draft;
use super::kind::Kind;
use super::wire::v3::{Badge, Body, ClickAction, Notification, Payload, PushOptions, Target};

/// `clickAction.actionType`
pub(super) const OPEN_APP: u8 = 0;
const OPEN_PAGE: u8 = 1;

/// Files that the system plays.
const SOUND_FILES: [&str; 3] = ["mp3", "wav", "mpeg"];

const PAGES_DECLARE: &str = "HarmonyOS NEXT opens it in a page of the app that declares it";

pub(super) fn body<'a>(draft: &mut Draft<'a>, kind: Kind) -> Result<Body<'a>, Refusal> {
    let payload = match kind {
        Kind::Notification => Payload { notification: Some(notification(draft)?), extra_data: None },
        Kind::Data | Kind::Call => {
            draft.check_data(draft.push.message.overrides_for(VENDOR).is_some())?;
            left_out_of_data(draft);
            Payload { notification: None, extra_data: draft.data() }
        }
    };
    let test_message = draft.settings.is_sandbox.then_some(true);
    Ok(Body { payload, push_options: PushOptions { test_message, ttl: draft.ttl() }, target: Target { token: [] } })
}

fn notification<'a>(draft: &mut Draft<'a>) -> Result<Notification<'a>, Refusal> {
    let (title, body) = draft.texts()?;
    Ok(Notification {
        category: category(draft)?,
        title,
        body,
        click_action: click_action(draft)?,
        image: draft.image(),
        notify_id: draft.notify_id(),
        badge: draft.badge().map(|set_num| Badge { set_num }),
        sound: sound(draft),
    })
}

/// A class must be there. The quiet one stands for what v1 calls importance LOW.
fn category(draft: &mut Draft<'_>) -> Result<String, Refusal> {
    const WHY: &str = "category MARKETING used, the silent one, which shows in the notification centre alone";
    let message = draft.push.message;
    let own = draft.category(draft.settings.category.as_deref());
    let quiet = match (message.importance, &message.sound) {
        (Importance::Low, _) => Some("importance"),
        (_, Sound::None) => Some("sound"),
        _ => None,
    };
    if let Some(field) = quiet {
        if own.as_deref() != Some(MARKETING) {
            draft.adjust(field, WHY);
        }
        return Ok(MARKETING.to_owned());
    }
    if message.importance == Importance::High {
        draft.adjust("importance", "HarmonyOS NEXT goes by the category; left out");
    }
    own.ok_or_else(|| {
        let detail = "HarmonyOS NEXT needs one of Huawei's message classes, such as IM or MARKETING: give one, or set \
                      category in the channel's settings";
        Refusal::rejected("message.category", detail)
    })
}

/// The system's sound is asked for by absence. Files are named with their extension here, as on iOS.
fn sound<'a>(draft: &mut Draft<'a>) -> Option<&'a str> {
    let Sound::Ringtone(ringtone) = &draft.push.message.sound else { return None };
    let plays = |name: &&str| {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        SOUND_FILES.iter().any(|known| known.eq_ignore_ascii_case(extension))
    };
    if !draft.settings.custom_sound {
        draft.adjust("sound", "custom ringtones are not allowed; system sound used");
        return None;
    }
    let name = ringtone.ios.as_deref().filter(plays);
    if name.is_none() {
        draft.adjust("sound", "HarmonyOS NEXT plays files with their extension (mp3, wav, mpeg); system sound used");
    }
    name
}

fn click_action<'a>(draft: &mut Draft<'a>) -> Result<ClickAction<'a>, Refusal> {
    let mut action = ClickAction { action_type: OPEN_PAGE, ..ClickAction::default() };
    let mut params = BTreeMap::new();
    match draft.push.message.click.as_ref().unwrap_or(&Click::App) {
        Click::App => action.action_type = OPEN_APP,
        Click::DeepLink(link) => action.uri = Some(link.clone()),
        Click::Url(url) => {
            action.uri = Some(url.clone());
            draft.adjust("click", format!("{PAGES_DECLARE}, not in a browser"));
        }
        Click::Activity { class, params: given } => {
            action.action = Some(draft.class(class)?);
            params.extend(given.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            draft.adjust("click", format!("sent as an action of the activity's name; {PAGES_DECLARE}"));
        }
        Click::Intent(intent) => {
            action.uri = link(intent);
            params.extend(text_extras(intent));
            let detail = match action.uri {
                Some(_) => "HarmonyOS NEXT knows no Android intents; its link and text extras are sent",
                None => "HarmonyOS NEXT knows no Android intents; opens the app",
            };
            action.action_type = if action.uri.is_some() { OPEN_PAGE } else { OPEN_APP };
            draft.adjust("click", detail);
        }
    }
    action.data = with_data(draft, params);
    Ok(action)
}

/// What an intent is about, as a link.
fn link(intent: &IntentUri) -> Option<String> {
    intent.scheme.as_ref().map(|scheme| format!("{scheme}:{}", intent.data))
}

fn text_extras(intent: &IntentUri) -> impl Iterator<Item = (&str, &str)> {
    intent.extras.iter().filter_map(|(key, value)| match value {
        ExtraValue::Text(text) => Some((key.as_str(), text.as_str())),
        _ => None,
    })
}

/// The app's data and what the page is given share one object.
fn with_data<'a>(draft: &mut Draft<'a>, params: BTreeMap<&'a str, &'a str>) -> BTreeMap<&'a str, &'a str> {
    let data = &draft.push.message.data;
    let differs = |(key, value): (&&str, &&str)| data.get(*key).is_some_and(|known| known != value);
    if params.iter().any(differs) {
        draft.adjust("data", "a key that the click has too is sent with the click's value");
    }
    let mut all: BTreeMap<&str, &str> = data.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    all.extend(params);
    all
}

/// Only an incoming call can bear texts, and Huawei has no place for them.
fn left_out_of_data(draft: &mut Draft<'_>) {
    let message = draft.push.message;
    for (field, asked) in
        [("title", message.title.is_some()), ("body", message.body.is_some()), ("category", message.category.is_some())]
    {
        if asked {
            draft.adjust(field, "Huawei has no place for it in this kind of push; left out");
        }
    }
}
