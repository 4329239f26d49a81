//! From a normalized message to the form that all calls of a push have in common.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use model::{Adjustment, Click, Composed, Composition, Outcome, PushType, Refusal, Sound, Verdict};

use super::form::Form;
use super::settings::Settings;
use super::{CAPABILITIES, VENDOR, overrides};
use crate::common::text_field::{self, TextField, TextLimit};

/// A form in the making.
struct Draft<'a> {
    settings: &'a Settings,
    push: &'a Composition<'a>,
    form: Form<'a>,
    adjustments: Vec<Adjustment>,
}

/// `notify_type`: sound (1), vibration (2) and lights (4).
const EVERYTHING: &str = "-1";

/// `notify_type`: vibration and lights.
const ALL_BUT_SOUND: &str = "6";

/// `extra.notification_style_type`.
const BIG_PICTURE: &str = "2";

/// `extra.notify_effect`: what a tap does. Notifications without it are no longer shown since 2024-09-30 (pId=1856).
const OPEN_APP: &str = "1";
const OPEN_INTENT: &str = "2";
const OPEN_WEB: &str = "3";

const REQUIRED: &str = "is required: Mi shows no notification without title and body";

pub(super) fn compose(settings: &Settings, push: &Composition<'_>) -> Result<Composed, Refusal> {
    check_push_type(push.message.push_type)?;
    let adjustments = CAPABILITIES.left_out(push.message);
    let mut draft = Draft { settings, push, form: Form::default(), adjustments };
    draft.notification()?;
    draft.delivery();
    draft.payload()?;
    let channel_is_ours = draft.channel();
    draft.click()?;
    draft.looks();
    draft.template(channel_is_ours)?;
    if let Some(fields) = push.message.overrides_for(VENDOR) {
        overrides::merge(&mut draft.form, fields)?;
    }
    Ok(Composed {
        payload: Bytes::from(draft.form.encode()),
        headers: HeaderMap::new(),
        nonce: push.nonce,
        credential: 0,
        adjustments: draft.adjustments.into(),
    })
}

/// The limit of a text that is `what` for Mi.
pub(super) const fn limit(what: &str, max_chars: usize) -> TextLimit<'_> {
    TextLimit { vendor: "Mi", max_chars, what: Some(what) }
}

fn check_push_type(push_type: PushType) -> Result<(), Refusal> {
    match push_type {
        PushType::Alert => Ok(()),
        PushType::Background => {
            Err(Refusal::rejected("message", "has nothing to show, and Mi is ending the delivery of data alone"))
        }
        other => Err(Refusal::rejected("message.push_type", format!("Mi has no pushes of type {}", other.as_str()))),
    }
}

// === impl Draft ===

impl<'a> Draft<'a> {
    fn notification(&mut self) -> Result<(), Refusal> {
        let (message, settings) = (self.push.message, self.settings);
        let title = TextField::TITLE.require(message.title.as_deref(), REQUIRED)?;
        let body = TextField::BODY.require(message.body.as_deref(), REQUIRED)?;
        let title = self.fit(TextField::TITLE, title, "the title", settings.title_max_chars)?;
        let body = self.fit(TextField::BODY, body, "the body", settings.description_max_chars)?;
        self.form.set("restricted_package_name", settings.package.as_str());
        self.form.set("pass_through", "0");
        self.form.set("title", title);
        self.form.set("description", body);
        self.form.set("notify_type", if message.sound == Sound::None { ALL_BUT_SOUND } else { EVERYTHING });
        Ok(())
    }

    fn fit(&mut self, field: TextField, text: &'a str, what: &str, max: usize) -> Result<Cow<'a, str>, Refusal> {
        field.fit(text, limit(what, max), self.push.options.overflow, &mut self.adjustments)
    }

    fn delivery(&mut self) {
        let (options, span) = (self.push.options, self.settings.notify_span);
        let notify_id = match &options.replace_key {
            Some(key) => span.keyed(key),
            None => span.alone(self.push.notify_id),
        };
        self.form.set("notify_id", notify_id.to_string());
        match options.ttl {
            None => {}
            Some(ttl) if ttl.is_zero() => self.form.set("extra.only_send_once", "1"),
            Some(ttl) => {
                let max = self.settings.ttl_max;
                if ttl > max {
                    let detail = format!("shortened to the {} seconds that Mi keeps a message", max.as_secs());
                    self.adjustments.push(Adjustment::new("ttl", detail));
                }
                self.form.set("time_to_live", ttl.min(max).as_millis().to_string());
            }
        }
    }

    /// The app's data: one JSON object as text.
    fn payload(&mut self) -> Result<(), Refusal> {
        let data = &self.push.message.data;
        if data.is_empty() {
            return Ok(());
        }
        let payload = serde_json::to_string(data).expect("a map of texts has a JSON form");
        let (length, max_chars) = (text_field::length(&payload), self.settings.payload_max_chars);
        if length > max_chars {
            let detail = format!("message.data: would be {length} characters of JSON; Mi takes {max_chars}");
            let verdict = Verdict::new(Outcome::PayloadTooLarge).code("not_sent").detail(detail);
            return Err(Refusal { field: TextField::DATA.path, verdict });
        }
        self.form.set("payload", payload);
        Ok(())
    }

    /// The notification channel. Answers whether it is the configured one, or none.
    fn channel(&mut self) -> bool {
        let own = self.settings.channel_id.as_deref();
        let asked = self.push.message.android_channel.as_deref();
        if let Some(channel) = asked.or(own) {
            self.form.set("extra.channel_id", channel);
        }
        asked.is_none() || own.is_none() || asked == own
    }

    fn click(&mut self) -> Result<(), Refusal> {
        let click = self.push.message.click.as_ref().unwrap_or(&Click::App);
        let (effect, target) = match click {
            Click::App => (OPEN_APP, None),
            Click::Url(url) => (OPEN_WEB, Some(("extra.web_uri", Cow::Borrowed(url.as_str())))),
            Click::DeepLink(_) | Click::Activity { .. } | Click::Intent(_) => {
                let intent = click.intent(&self.settings.package);
                let intent = intent.ok_or_else(|| Refusal::rejected("message.click", "has no scheme"))?;
                (OPEN_INTENT, Some(("extra.intent_uri", Cow::Owned(intent.to_string()))))
            }
        };
        self.form.set("extra.notify_effect", effect);
        if let Some((name, uri)) = target {
            self.form.set(name, uri);
        }
        Ok(())
    }

    /// Sound, badge, picture and icon.
    fn looks(&mut self) {
        let message = self.push.message;
        // A ringtone for iOS alone leaves Android with the system's sound, which is asked for by its absence.
        if let Sound::Ringtone(ringtone) = &message.sound
            && let Some(name) = &ringtone.android
        {
            let uri = format!("android.resource://{}/raw/{name}", self.settings.package);
            self.form.set("extra.sound_uri", uri);
        }
        if let Some(badge) = message.badge {
            self.form.set("extra.badge", badge.to_string());
        }
        if let Some(image) = &message.image {
            self.form.set("extra.notification_style_type", BIG_PICTURE);
            self.form.set("extra.notification_bigPic_uri", image.as_str());
        }
        match &message.icon {
            Some(icon) if is_web_url(icon) => self.form.set("extra.notification_small_icon_uri", icon.as_str()),
            Some(_) => self.adjustments.push(Adjustment::new(
                "icon",
                "Mi takes the URL of an uploaded icon, not the name of a resource; left out",
            )),
            None => {}
        }
        if let Some(color) = &message.color {
            self.form.set("extra.notification_small_icon_color", color.as_str());
        }
    }

    /// The configured template. It is bound to the configured channel, so another channel goes without.
    fn template(&mut self, channel_is_ours: bool) -> Result<(), Refusal> {
        let Some(template) = &self.settings.template else { return Ok(()) };
        if !channel_is_ours {
            let detail = "the configured template belongs to another channel; left out";
            self.adjustments.push(Adjustment::new("android_channel", detail));
            return Ok(());
        }
        let params = template.fill(self.push.message, self.push.options.overflow, &mut self.adjustments)?;
        self.form.set("extra.template_id", template.id.as_str());
        self.form.set("extra.template_param", params);
        Ok(())
    }
}

fn is_web_url(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
}
