//! `data`: the app's own pairs, and those of a tap.

use std::borrow::Cow;

use model::{Adjustment, Message, Refusal};

use super::tap::Tap;
use super::wire::Data;

/// Where the app finds the link to follow.
const INTENT_URI: &str = "intent_uri";

/// Allowed as a key, but FCM puts its own value there.
const OVERWRITTEN: &str = "collapse_key";

pub(super) fn data<'a>(
    message: &'a Message,
    tap: &'a Tap,
    adjustments: &mut Vec<Adjustment>,
) -> Result<Data<'a>, Refusal> {
    let mut data = Data::new();
    for (key, value) in &message.data {
        refuse_reserved(key, "message.data")?;
        data.insert(key.into(), value.into());
    }
    for (key, value) in &tap.params {
        refuse_reserved(key, "message.click")?;
        let value = Cow::Borrowed(value.as_str());
        if data.insert(key.into(), value.clone()).is_some_and(|other| other != value) {
            return Err(taken("message.click", key, "it stands in data with another value"));
        }
    }
    if let Some(uri) = &tap.intent_uri
        && data.insert(INTENT_URI.into(), uri.into()).is_some()
    {
        return Err(taken("message.data", INTENT_URI, "it tells the app which link to follow"));
    }
    if data.contains_key(OVERWRITTEN) {
        adjustments.push(Adjustment::new("data", "FCM puts its own value under the key collapse_key"));
    }
    Ok(data)
}

/// Names that FCM keeps for itself: it refuses the message for them.
fn refuse_reserved(key: &str, field: &'static str) -> Result<(), Refusal> {
    let reserved = matches!(key, "from" | "message_type") || key.starts_with("google") || key.starts_with("gcm");
    if reserved { Err(taken(field, key, "FCM keeps it for itself")) } else { Ok(()) }
}

fn taken(field: &'static str, key: &str, why: &str) -> Refusal {
    Refusal::rejected(field, format!("the key \"{key}\" cannot be used: {why}"))
}
