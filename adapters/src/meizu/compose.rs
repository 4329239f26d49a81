//! From a normalized message to the part of the form that all calls of a push have in common: `appId` and `messageJson`.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use model::{Adjustment, Composed, Composition, Options, PushType, Refusal, Sound};
use serde_json::Value;

use super::settings::Settings;
use super::wire::{AdvanceInfo, MessageJson, NoticeBarInfo, NotificationType, PushTimeInfo};
use super::{CAPABILITIES, VENDOR, click, form, notify_key, overrides};
use crate::common::text_field::{TextField, TextLimit};

/// `noticeBarInfo.noticeBarType`: Flyme's standard look.
const STANDARD: u8 = 0;

/// `noticeBarInfo.title`: 1 to 32 (server API document, read 2026-11-22).
const MAX_TITLE_CHARS: usize = 32;

/// `noticeBarInfo.content`: 1 to 100 (likewise).
const MAX_BODY_CHARS: usize = 100;

const REQUIRED: &str = "is required: Meizu takes no notification without title and body";

/// The longest that Meizu keeps a notification, in hours; an hour is also its unit.
const MAX_HOURS: u64 = 72;

const SECONDS_OF_AN_HOUR: u64 = 3600;

pub(super) fn compose(settings: &Settings, push: &Composition<'_>) -> Result<Composed, Refusal> {
    check_push_type(push.message.push_type)?;
    let mut adjustments = CAPABILITIES.left_out(push.message);
    let json = message_json(settings, push, &mut adjustments)?;
    if json.len() > settings.payload_max_bytes {
        return Err(Refusal::too_large(json.len(), settings.payload_max_bytes));
    }
    Ok(Composed {
        payload: Bytes::from(form::common(&settings.app_id, &json)),
        headers: HeaderMap::new(),
        nonce: push.nonce,
        credential: 0,
        adjustments: adjustments.into(),
    })
}

fn check_push_type(push_type: PushType) -> Result<(), Refusal> {
    match push_type {
        PushType::Alert => Ok(()),
        PushType::Background => {
            Err(Refusal::rejected("message", "has nothing to show, and Meizu no longer delivers data alone"))
        }
        other => Err(Refusal::rejected("message.push_type", format!("Meizu has no pushes of type {}", other.as_str()))),
    }
}

/// Written once: a signature covers these very bytes.
fn message_json(
    settings: &Settings,
    push: &Composition<'_>,
    adjustments: &mut Vec<Adjustment>,
) -> Result<String, Refusal> {
    const IS_JSON: &str = "texts and numbers have a JSON form";
    let message = MessageJson {
        notice_bar_info: notice_bar(settings, push, adjustments)?,
        click_type_info: click::click(settings, push.message, adjustments)?,
        push_time_info: push_time(push.options, adjustments),
        advance_info: advance(push, adjustments),
    };
    let Some(fields) = push.message.overrides_for(VENDOR) else {
        return Ok(serde_json::to_string(&message).expect(IS_JSON));
    };
    let mut tree: Value = serde_json::to_value(&message).expect(IS_JSON);
    overrides::merge(&mut tree, fields)?;
    Ok(tree.to_string())
}

fn notice_bar<'a>(
    settings: &Settings,
    push: &Composition<'a>,
    adjustments: &mut Vec<Adjustment>,
) -> Result<NoticeBarInfo<'a>, Refusal> {
    let mut text = |field: TextField, text: Option<&'a str>, max_chars: usize| -> Result<Cow<'a, str>, Refusal> {
        let limit = TextLimit { vendor: "Meizu", max_chars, what: None };
        field.fit(field.require(text, REQUIRED)?, limit, push.options.overflow, adjustments)
    };
    Ok(NoticeBarInfo {
        notice_msg_type: settings.message_class as u8,
        notice_bar_type: STANDARD,
        title: text(TextField::TITLE, push.message.title.as_deref(), MAX_TITLE_CHARS)?,
        content: text(TextField::BODY, push.message.body.as_deref(), MAX_BODY_CHARS)?,
    })
}

fn push_time(options: &Options, adjustments: &mut Vec<Adjustment>) -> Option<PushTimeInfo> {
    let ttl = options.ttl?;
    if ttl.is_zero() {
        return Some(PushTimeInfo { off_line: 0, valid_time: None });
    }
    let hours = hours(ttl);
    let kept = hours.min(MAX_HOURS);
    if hours > MAX_HOURS {
        let detail = format!("shortened to the {MAX_HOURS} hours that Meizu keeps a notification");
        adjustments.push(Adjustment::new("ttl", detail));
    } else if Duration::from_secs(kept * SECONDS_OF_AN_HOUR) != ttl {
        let detail = format!("rounded up to {kept} h: Meizu counts whole hours");
        adjustments.push(Adjustment::new("ttl", detail));
    }
    Some(PushTimeInfo { off_line: 1, valid_time: Some(kept) })
}

/// Begun hours.
fn hours(ttl: Duration) -> u64 {
    let seconds = ttl.as_secs().saturating_add(u64::from(ttl.subsec_nanos() > 0));
    seconds.div_ceil(SECONDS_OF_AN_HOUR)
}

fn advance(push: &Composition<'_>, adjustments: &mut Vec<Adjustment>) -> AdvanceInfo {
    let notify_key = match &push.options.replace_key {
        Some(key) => notify_key::keyed(key),
        None => notify_key::alone(push.notify_id),
    };
    AdvanceInfo {
        suspend: 1,
        notification_type: NotificationType { vibrate: 1, lights: 1, sound: sound(&push.message.sound, adjustments) },
        notify_key,
    }
}

/// A ringtone for iOS alone asks nothing of Android but the system's sound.
fn sound(sound: &Sound, adjustments: &mut Vec<Adjustment>) -> u8 {
    if let Sound::Ringtone(ringtone) = sound
        && ringtone.android.is_some()
    {
        adjustments.push(Adjustment::new("sound", "custom ringtones are not allowed; system sound used"));
    }
    u8::from(*sound != Sound::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(ttl: Duration) -> (Option<PushTimeInfo>, usize) {
        let mut adjustments = Vec::new();
        let options = Options { ttl: Some(ttl), ..Options::default() };
        (push_time(&options, &mut adjustments), adjustments.len())
    }

    #[test]
    fn a_ttl_is_a_number_of_begun_hours() {
        let cases = [(1, 1, 1), (3599, 1, 1), (3600, 1, 0), (3601, 2, 1), (259_200, 72, 0), (259_201, 72, 1)];
        for (seconds, hours, adjustments) in cases {
            let wanted = PushTimeInfo { off_line: 1, valid_time: Some(hours) };
            assert_eq!(kept(Duration::from_secs(seconds)), (Some(wanted), adjustments), "{seconds}");
        }
        assert_eq!(kept(Duration::from_millis(1)).1, 1);
        assert_eq!(kept(Duration::ZERO), (Some(PushTimeInfo { off_line: 0, valid_time: None }), 0));
    }

    proptest! {
        #[test]
        fn any_ttl_is_within_the_vendors_span(ttl: Duration) {
            let (kept, _) = kept(ttl);
            let hours = kept.and_then(|kept| kept.valid_time);
            prop_assert!(ttl.is_zero() || hours.is_some_and(|hours| (1..=MAX_HOURS).contains(&hours)));
        }
    }
}
