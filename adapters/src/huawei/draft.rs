//! What both bodies make of a push in the same way.

use std::borrow::Cow;
use std::time::Duration;

use model::{Adjustment, Composition, NotifySpan, Refusal};

use super::category;
use super::settings::Settings;
use crate::common::java::full_class;

/// A body in the making.
pub(super) struct Draft<'a> {
    pub(super) settings: &'a Settings,
    pub(super) push: Composition<'a>,
    pub(super) adjustments: Vec<Adjustment>,
}

/// Huawei keeps a message for 15 days at most.
const MAX_TTL: Duration = Duration::from_hours(15 * 24);

/// Whether 0 is taken is documented nowhere.
const MIN_TTL: Duration = Duration::from_secs(1);

/// The largest number on an icon.
const MAX_BADGE: u32 = 99;

// === impl Draft ===

impl<'a> Draft<'a> {
    pub(super) fn adjust(&mut self, field: &'static str, detail: impl Into<Cow<'static, str>>) {
        self.adjustments.push(Adjustment::new(field, detail));
    }

    /// Title and body: Huawei shows nothing without either.
    pub(super) fn texts(&self) -> Result<(&'a str, &'a str), Refusal> {
        let message = self.push.message;
        let missing = |field| Refusal::rejected(field, "is required: Huawei shows no notification without it");
        let title = message.title.as_deref().ok_or_else(|| missing("message.title"))?;
        let body = message.body.as_deref().ok_or_else(|| missing("message.body"))?;
        Ok((title, body))
    }

    /// Seconds that Huawei is to keep it; its own default, a day, where there are none.
    pub(super) fn ttl(&mut self) -> Option<u64> {
        let ttl = self.push.options.ttl?;
        if ttl > MAX_TTL {
            self.adjust("ttl", "shortened to the 1296000 seconds (15 days) that Huawei keeps a message");
        }
        if ttl < MIN_TTL {
            self.adjust("ttl", "lengthened to 1 second: Huawei does not say that it takes 0");
        }
        Some(ttl.clamp(MIN_TTL, MAX_TTL).as_secs())
    }

    /// One for each replace key; without one, one of the push's own, so that what is sent again replaces instead of doubling.
    pub(super) fn notify_id(&self) -> u32 {
        let span = NotifySpan::BITS_31;
        match &self.push.options.replace_key {
            Some(key) => span.keyed(key),
            None => span.alone(self.push.notify_id),
        }
    }

    /// The message class: the push's own, else the given one.
    pub(super) fn category(&mut self, otherwise: Option<&str>) -> Option<String> {
        let Some(word) = self.push.message.category.as_deref() else { return otherwise.map(str::to_owned) };
        let is_configured = |class: &&str| class.eq_ignore_ascii_case(word.trim());
        let class = category::known(word).or(self.settings.category.as_deref().filter(is_configured));
        if class.is_none() {
            let instead = otherwise.unwrap_or("none");
            self.adjust("category", format!("is none of Huawei's message classes; {instead} used"));
        }
        class.or(otherwise).map(str::to_owned)
    }

    /// The picture, by https alone.
    pub(super) fn image(&mut self) -> Option<&'a str> {
        let image = self.push.message.image.as_deref()?;
        if !image.starts_with("https://") {
            self.adjust("image", "Huawei takes pictures by https only; left out");
            return None;
        }
        Some(image)
    }

    pub(super) fn badge(&mut self) -> Option<u32> {
        let badge = self.push.message.badge?;
        if badge > MAX_BADGE {
            self.adjust("badge", "Huawei shows 99 at most; 99 used");
        }
        Some(badge.min(MAX_BADGE))
    }

    /// The app's data as one JSON text.
    pub(super) fn data(&self) -> Option<String> {
        let data = &self.push.message.data;
        (!data.is_empty()).then(|| serde_json::to_string(data).expect("a map of texts has a JSON form"))
    }

    /// What a push without a notification cannot do.
    pub(super) fn check_data(&mut self, has_overrides: bool) -> Result<(), Refusal> {
        if self.push.message.data.is_empty() && !has_overrides {
            return Err(Refusal::rejected("message", "has neither a notification nor data"));
        }
        if self.push.options.replace_key.is_some() {
            self.adjust("replace_key", "Huawei replaces notifications only; this push stands alone");
        }
        Ok(())
    }

    /// The full name of an activity; a short one is below the configured package.
    pub(super) fn class(&self, class: &str) -> Result<String, Refusal> {
        match full_class(class, self.settings.package.as_deref()) {
            Some(class) => Ok(class.into_owned()),
            None => Err(no_package()),
        }
    }

    pub(super) fn package(&self) -> Result<&'a str, Refusal> {
        self.settings.package.as_deref().ok_or_else(no_package)
    }
}

fn no_package() -> Refusal {
    Refusal::rejected("message.click", "opening an activity needs the package in the channel's settings")
}
