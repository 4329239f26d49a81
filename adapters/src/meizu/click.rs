//! What a tap does: `clickTypeInfo`, and with it the app's data, which travel as the parameters of the tap.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{Adjustment, Click, Component, ExtraValue, IntentUri, Message, Refusal};

use super::settings::Settings;
use super::wire::ClickTypeInfo;
use crate::common::{java, text_field};

/// A tap in Meizu's terms.
enum Tap<'a> {
    App,
    Activity { class: Cow<'a, str>, params: Vec<(&'a str, &'a str)> },
    Link(Cow<'a, str>),
}

const FIELD: &str = "message.click";

/// `clickType`.
const OPEN_APP: u8 = 0;
const OPEN_ACTIVITY: u8 = 1;
const OPEN_URI: u8 = 2;

/// Characters of `url`.
const MAX_URL_CHARS: usize = 1000;

/// The extra that the client library adds to every intent.
const TAKEN: &str = "platform_extra";

/// What opening a link implies.
const VIEW: &str = "android.intent.action.VIEW";
const LINK_CATEGORIES: [&str; 2] = ["android.intent.category.DEFAULT", "android.intent.category.BROWSABLE"];

pub(super) fn click<'a>(
    settings: &Settings,
    message: &'a Message,
    adjustments: &mut Vec<Adjustment>,
) -> Result<ClickTypeInfo<'a>, Refusal> {
    let data = &message.data;
    match tap(settings, message.click.as_ref().unwrap_or(&Click::App), adjustments)? {
        Tap::App => {
            let parameters = parameters(data, &[], adjustments)?;
            Ok(ClickTypeInfo { click_type: OPEN_APP, parameters, ..ClickTypeInfo::default() })
        }
        Tap::Activity { class, params } => {
            let parameters = parameters(data, &params, adjustments)?;
            let activity = Some(class);
            Ok(ClickTypeInfo { click_type: OPEN_ACTIVITY, activity, parameters, ..ClickTypeInfo::default() })
        }
        Tap::Link(url) => {
            check_length(&url)?;
            if !data.is_empty() {
                let detail = "Meizu hands data to the app or to an activity, not to what opens a link; left out";
                adjustments.push(Adjustment::new("data", detail));
            }
            Ok(ClickTypeInfo { click_type: OPEN_URI, url: Some(url), ..ClickTypeInfo::default() })
        }
    }
}

fn tap<'a>(settings: &Settings, click: &'a Click, adjustments: &mut Vec<Adjustment>) -> Result<Tap<'a>, Refusal> {
    match click {
        Click::App => Ok(Tap::App),
        Click::Url(link) | Click::DeepLink(link) => Ok(Tap::Link(Cow::Borrowed(link))),
        Click::Activity { class, params } => {
            let params = params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            Ok(Tap::Activity { class: full_class(class, settings.package.as_deref())?, params })
        }
        Click::Intent(intent) => match &intent.component {
            Some(component) => activity_of(settings, intent, component, adjustments),
            None => link_of(intent, adjustments),
        },
    }
}

/// The activity that an intent names, if the intent says nothing beside what Meizu passes on.
fn activity_of<'a>(
    settings: &Settings,
    intent: &'a IntentUri,
    component: &'a Component,
    adjustments: &mut Vec<Adjustment>,
) -> Result<Tap<'a>, Refusal> {
    let is_other = |package: &Option<String>| package.as_ref().is_some_and(|package| *package != component.package);
    let text = |(key, value): &'a (String, ExtraValue)| match value {
        ExtraValue::Text(text) => Some((key.as_str(), text.as_str())),
        _ => None,
    };
    let params: Vec<(&str, &str)> = intent.extras.iter().filter_map(text).collect();
    refuse_where(&[
        (!intent.data.is_empty() || intent.scheme.is_some(), "data beside its component"),
        (intent.action.is_some(), "an action beside its component"),
        (!intent.categories.is_empty(), "a category beside its component"),
        (intent.mime_type.is_some(), "a MIME type"),
        (params.len() < intent.extras.len(), "an extra that is not text (S.)"),
        (is_other(&intent.package) || is_other(&settings.package), "another package than the app's"),
    ])?;
    leave_out(&[("launchFlags", intent.launch_flags.is_some())], adjustments);
    Ok(Tap::Activity { class: full_class(&component.class, Some(&component.package))?, params })
}

/// The link that an intent views, if it does nothing else. An `intent:` URI as a whole is no link: that Flyme would
/// read one is documented nowhere, and a tap that does nothing is worse than a refusal.
fn link_of<'a>(intent: &'a IntentUri, adjustments: &mut Vec<Adjustment>) -> Result<Tap<'a>, Refusal> {
    let Some(scheme) = &intent.scheme else { return Err(unfit(&["neither a component nor a link"])) };
    let strange = |category: &String| !LINK_CATEGORIES.contains(&category.as_str());
    refuse_where(&[
        (intent.action.as_ref().is_some_and(|action| action != VIEW), "another action than VIEW"),
        (intent.categories.iter().any(strange), "a category that is not a link's"),
        (intent.mime_type.is_some(), "a MIME type"),
        (!intent.extras.is_empty(), "extras beside its link"),
    ])?;
    let dropped = [("launchFlags", intent.launch_flags.is_some()), ("package", intent.package.is_some())];
    leave_out(&dropped, adjustments);
    Ok(Tap::Link(Cow::Owned(format!("{scheme}:{}", intent.data))))
}

fn refuse_where(obstacles: &[(bool, &'static str)]) -> Result<(), Refusal> {
    let found: Vec<&str> = obstacles.iter().filter(|(stands, _)| *stands).map(|(_, what)| *what).collect();
    if found.is_empty() { Ok(()) } else { Err(unfit(&found)) }
}

fn unfit(why: &[&str]) -> Refusal {
    let why = why.join(" and ");
    Refusal::rejected(FIELD, format!("Meizu opens an activity with text parameters, or a link; this intent has {why}"))
}

/// The parts of an intent that Meizu decides itself.
fn leave_out(parts: &[(&str, bool)], adjustments: &mut Vec<Adjustment>) {
    let parts: Vec<&str> = parts.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if !parts.is_empty() {
        let detail = format!("Meizu opens it in its own way; left out: {}", parts.join(" and "));
        adjustments.push(Adjustment::new("click", detail));
    }
}

/// Meizu wants classes in full.
fn full_class<'a>(class: &'a str, package: Option<&str>) -> Result<Cow<'a, str>, Refusal> {
    let missing = || Refusal::rejected(FIELD, "an activity that begins with a dot needs package in the configuration");
    java::full_class(class, package).ok_or_else(missing)
}

fn check_length(url: &str) -> Result<(), Refusal> {
    let length = text_field::length(url);
    if length > MAX_URL_CHARS {
        let detail = format!("the link is {length} characters long; Meizu takes {MAX_URL_CHARS}");
        return Err(Refusal::rejected(FIELD, detail));
    }
    Ok(())
}

/// The tap's parameters and the app's data, which share one place at Meizu. Of two values for one key the tap's counts:
/// it decides what the activity shows.
fn parameters<'a>(
    data: &'a BTreeMap<String, String>,
    params: &[(&'a str, &'a str)],
    adjustments: &mut Vec<Adjustment>,
) -> Result<BTreeMap<&'a str, &'a str>, Refusal> {
    let taken = |field| Err(Refusal::rejected(field, format!("the key \"{TAKEN}\" is taken at Meizu")));
    if data.contains_key(TAKEN) {
        return taken("message.data");
    }
    if params.iter().any(|(key, _)| *key == TAKEN) {
        return taken(FIELD);
    }
    let mut merged: BTreeMap<&str, &str> = data.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut overruled = Vec::new();
    for (key, value) in params {
        if merged.insert(key, value).is_some_and(|former| former != *value) {
            overruled.push(*key);
        }
    }
    if let [first, ..] = overruled.as_slice() {
        let count = overruled.len();
        let detail = format!(
            "at Meizu data and the click's parameters are one: of {count} keys with two values, such as \"{first}\", the \
             click's value is sent"
        );
        adjustments.push(Adjustment::new("data", detail));
    }
    Ok(merged)
}
