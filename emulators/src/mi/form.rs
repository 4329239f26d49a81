//! The form body of a call.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Fields in the order in which they came.
pub(super) struct Form<'b> {
    fields: Vec<(Cow<'b, str>, Cow<'b, str>)>,
}

// === impl Form ===

impl<'b> Form<'b> {
    /// Nothing, if it is not UTF-8 or has nothing of a form.
    pub(super) fn parse(body: &'b [u8]) -> Option<Self> {
        std::str::from_utf8(body).ok()?;
        Some(Self { fields: form_urlencoded::parse(body).collect() })
    }

    /// The first field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
    }

    /// `extra.<key>`.
    pub(super) fn extra(&self, key: &str) -> Option<&str> {
        self.extras().find(|(found, _)| *found == key).map(|(_, value)| value)
    }

    /// All `extra.` fields without that prefix.
    pub(super) fn extras(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("extra.")?, value.as_ref())))
    }

    /// An object of strings; a list where a name came more than once.
    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.fields {
            let value = Value::from(value.as_ref());
            match object.get_mut(name.as_ref()) {
                None => {
                    object.insert(name.clone().into_owned(), value);
                }
                Some(Value::Array(list)) => list.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Value::Object(object)
    }
}

/// The regids of a comma list. Empty ones are passed over: the vendor tolerates a trailing comma.
pub(super) fn regids(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|regid| !regid.is_empty()).collect()
}
