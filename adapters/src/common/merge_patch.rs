//! JSON merge patch (RFC 7396), for the raw fields of APNs, FCM, Huawei and Meizu. Mi's are fields of a form.
//!
//! Which fields a patch may name is each vendor's own and to be checked before.

use serde_json::{Map, Value};

/// Merges fields into a tree: `null` takes a field out, objects are merged, all else replaces. Order is kept, new fields
/// stand last.
pub(crate) fn merge<'a>(place: &mut Value, patch: impl IntoIterator<Item = (&'a String, &'a Value)>) {
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    let Value::Object(fields) = place else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(fields.shift_remove(name)),
            Value::Object(patch) => merge(fields.entry(name.clone()).or_insert(Value::Null), patch),
            value => drop(fields.insert(name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_is_merged_as_rfc_7396_says() {
        let mut tree = json!({"a": {"b": 1, "c": [1, 2]}, "d": "e"});
        let patch =
            json!({"a": {"b": null, "c": [3, null]}, "d": {"f": null, "g": {"h": 1}}, "i": null, "j": {"k": null}});
        merge(&mut tree, patch.as_object().unwrap());
        assert_eq!(tree.to_string(), r#"{"a":{"c":[3,null]},"d":{"g":{"h":1}},"j":{}}"#);
    }
}
