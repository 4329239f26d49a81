//! Small works on the tree of a configuration.

use serde_json::{Map, Value};

/// A key `comment` may stand in any table; it says nothing to us.
pub(crate) fn drop_comments(tree: &mut Value) {
    match tree {
        Value::Object(fields) => {
            fields.shift_remove("comment");
            fields.values_mut().for_each(drop_comments);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_comments),
        _ => {}
    }
}

/// The fields of `base`, each replaced by that of `over` where it has one.
pub(crate) fn overlaid(base: &Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = base.clone();
    fields.extend(over.iter().map(|(key, value)| (key.clone(), value.clone())));
    fields
}
