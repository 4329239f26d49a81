//! `overrides.huawei`: raw fields merged last (JSON merge patch, RFC 7396).
//!
//! One patch serves both bodies: `message` is for v1 and v2, `payload` and `pushOptions` are for v3, and each dialect takes
//! its own. Targets and the marks of a test stay the channel's.

use model::Refusal;
use serde_json::{Map, Value};

use super::dialect::Dialect;
use crate::common::merge_patch;

/// What a patch may do to one of the bodies.
struct Rules {
    /// The fields at the top of the body.
    top: &'static [&'static str],
    /// What must stay an object, as it holds what is forbidden.
    objects: &'static [&'static str],
    /// What must not be named.
    forbidden: &'static [&'static str],
    /// Fields that stand last, outer before inner: the device tokens.
    last: &'static [(&'static str, &'static str)],
}

const FIELD: &str = "message.overrides.huawei";

static OF_V1: Rules = Rules {
    top: &["message", "review"],
    objects: &["/message", "/message/android"],
    forbidden: &[
        "/message/token",
        "/message/topic",
        "/message/condition",
        "/message/android/target_user_type",
        "/message/apns",
        "/message/webpush",
    ],
    last: &[("", "message"), ("/message", "token")],
};

static OF_V3: Rules = Rules {
    top: &["payload", "pushOptions"],
    objects: &["/payload", "/pushOptions"],
    forbidden: &["/pushOptions/testMessage"],
    last: &[("", "target")],
};

/// Merges the patch into a body, whose device tokens stay at the end. Both sets of rules hold for every patch, so that it
/// is not taken or refused by the devices it happens to meet.
pub(super) fn merge(body: &mut Value, patch: &Map<String, Value>, dialect: Dialect) -> Result<(), Refusal> {
    let tree = Value::Object(patch.clone());
    let known = |name: &&String| OF_V1.top.contains(&name.as_str()) || OF_V3.top.contains(&name.as_str());
    if let Some(unknown) = patch.keys().find(|name| !known(name)) {
        return Err(must_not_set(unknown));
    }
    for rules in [&OF_V1, &OF_V3] {
        check(rules, &tree)?;
    }
    let rules = if dialect == Dialect::V3 { &OF_V3 } else { &OF_V1 };
    merge_patch::merge(body, patch.iter().filter(|(name, _)| rules.top.contains(&name.as_str())));
    for (place, name) in rules.last {
        let fields = body.pointer_mut(place).and_then(Value::as_object_mut);
        if let Some((fields, value)) = fields.and_then(|fields| fields.shift_remove(*name).map(|value| (fields, value)))
        {
            fields.insert((*name).to_owned(), value);
        }
    }
    Ok(())
}

fn check(rules: &Rules, tree: &Value) -> Result<(), Refusal> {
    if let Some(place) = rules.objects.iter().find(|place| tree.pointer(place).is_some_and(|value| !value.is_object()))
    {
        return Err(Refusal::rejected(FIELD, format!("{} must be an object", dotted(place))));
    }
    match rules.forbidden.iter().find(|place| tree.pointer(place).is_some()) {
        Some(place) => Err(must_not_set(&dotted(place))),
        None => Ok(()),
    }
}

fn must_not_set(name: &str) -> Refusal {
    let detail = format!(
        "must not set \"{name}\": message (v1, v2), payload and pushOptions (v3) can be patched; targets, tests and \
         authentication are the channel's own"
    );
    Refusal::rejected(FIELD, detail)
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}
