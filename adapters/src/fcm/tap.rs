//! What a tap does, in FCM's means.
//!
//! FCM knows one: `click_action`, the action of an intent filter, which opens an activity of the app with `data` as its
//! extras. It can carry neither a class nor a link. So an activity is opened by its class's name as the action, which its
//! intent filter must declare, and every click that names a place also travels whole as the text `intent_uri` in `data`: the
//! app follows it with `Intent.parseUri(uri, Intent.URI_INTENT_SCHEME)`.

use std::borrow::Cow;

use model::{Click, ExtraValue, IntentUri, Refusal};

use crate::common::java::full_class;

/// A click, translated.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// The intent filter's action; none opens the app.
    pub(super) click_action: Option<String>,
    /// The same parameters that other vendors' redirects give the activity.
    pub(super) params: Vec<(String, String)>,
    /// The whole of it.
    pub(super) intent_uri: Option<String>,
}

// === impl Tap ===

impl Tap {
    /// Translates a click for the app of that package.
    pub(super) fn of(click: Option<&Click>, package: Option<&str>) -> Result<Self, Refusal> {
        let intent = match click {
            None | Some(Click::App) => return Ok(Self::default()),
            // `parseUri` makes a web page's URL an intent to view it.
            Some(Click::Url(url)) => return Ok(Self { intent_uri: Some(url.clone()), ..Self::default() }),
            Some(click @ Click::Intent(_)) => click.intent(package.unwrap_or_default()),
            Some(click) => {
                let missing = || Refusal::rejected("message.click", "needs package in the configuration of fcm");
                click.intent(package.ok_or_else(missing)?)
            }
        };
        let intent = intent.ok_or_else(|| Refusal::rejected("message.click", "has no scheme"))?;
        Ok(Self {
            click_action: click_action(&intent, package),
            params: intent.extras.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
            intent_uri: Some(intent.to_string()),
        })
    }

    /// Whether the tap opens the app only, which has to follow the link.
    pub(super) fn is_handed_over(&self) -> bool {
        self.intent_uri.is_some() && self.click_action.is_none()
    }
}

/// The action that opens the same activity of our app; none if it takes more than an action.
fn click_action(intent: &IntentUri, package: Option<&str>) -> Option<String> {
    let is_other = |named: &str| package.is_some_and(|package| package != named);
    if intent.package.as_deref().is_some_and(is_other) {
        return None;
    }
    match &intent.component {
        Some(component) if is_other(&component.package) => None,
        Some(component) => full_class(&component.class, Some(&component.package)).map(Cow::into_owned),
        None if intent.data.is_empty() && intent.scheme.is_none() => intent.action.clone(),
        None => None,
    }
}

/// FCM's data are texts only.
fn text(value: &ExtraValue) -> String {
    let text: Cow<'_, str> = match value {
        ExtraValue::Text(text) => Cow::Borrowed(text),
        ExtraValue::Boolean(value) => value.to_string().into(),
        ExtraValue::Byte(value) => value.to_string().into(),
        ExtraValue::Char(value) => value.to_string().into(),
        ExtraValue::Double(value) => value.to_string().into(),
        ExtraValue::Float(value) => value.to_string().into(),
        ExtraValue::Int(value) => value.to_string().into(),
        ExtraValue::Long(value) => value.to_string().into(),
        ExtraValue::Short(value) => value.to_string().into(),
    };
    text.into_owned()
}
