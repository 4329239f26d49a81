//! The fields of a form, in the order in which they are sent.

use std::borrow::Cow;

use form_urlencoded::Serializer;

/// Named fields; no name stands twice.
#[derive(Debug, Default)]
pub(super) struct Form<'a> {
    fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

// === impl Form ===

impl<'a> Form<'a> {
    /// Gives a field its value, in the place of its former value or behind all others.
    pub(super) fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), value.into());
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
    }

    /// Drops the fields whose name answers true.
    pub(super) fn drop_fields(&mut self, named: impl Fn(&str) -> bool) {
        self.fields.retain(|(name, _)| !named(name));
    }

    /// The fields whose name begins so, without that beginning.
    pub(super) fn below(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_ref())))
    }

    /// As `application/x-www-form-urlencoded`.
    pub(super) fn encode(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}
