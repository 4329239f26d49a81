//! The fields of a form, in the order in which they are sent.

use std::borrow::Cow;
use std::collections::HashMap;

use form_urlencoded::Serializer;

/// Named fields; no name stands twice. Fields are found by their name at once, as overrides may bring many.
#[derive(Debug, Default)]
pub(super) struct Form<'a> {
    /// `None` where a field was dropped.
    fields: Vec<Option<Field<'a>>>,
    places: HashMap<Cow<'a, str>, usize>,
}

type Field<'a> = (Cow<'a, str>, Cow<'a, str>);

// === impl Form ===

impl<'a> Form<'a> {
    /// Gives a field its value, in the place of its former value or behind all others.
    pub(super) fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), value.into());
        let place = *self.places.entry(name.clone()).or_insert(self.fields.len());
        let field = Some((name, value));
        match self.fields.get_mut(place) {
            Some(former) => *former = field,
            None => self.fields.push(field),
        }
    }

    /// Drops a field, if there is one of that name.
    pub(super) fn drop_field(&mut self, name: &str) {
        if let Some(place) = self.places.remove(name) {
            self.fields[place] = None;
        }
    }

    /// Drops the fields whose name begins so.
    pub(super) fn drop_below(&mut self, prefix: &str) {
        self.places.retain(|name, place| {
            let stays = !name.starts_with(prefix);
            if !stays {
                self.fields[*place] = None;
            }
            stays
        });
    }

    /// The fields whose name begins so, without that beginning.
    pub(super) fn below(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().flatten().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_ref())))
    }

    /// As `application/x-www-form-urlencoded`.
    pub(super) fn encode(&self) -> String {
        let fields = self.fields.iter().flatten();
        Serializer::new(String::new()).extend_pairs(fields.map(|(name, value)| (name, value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_its_place_until_it_is_dropped() {
        let mut form = Form::default();
        ["a", "extra.b", "c"].into_iter().for_each(|name| form.set(name, "1"));
        form.set("a", "2");
        form.drop_field("c");
        form.drop_field("unknown");
        assert_eq!(form.encode(), "a=2&extra.b=1");
        form.set("c", "3");
        form.set("extra.d", "4");
        assert_eq!(form.below("extra.").collect::<Vec<_>>(), [("b", "1"), ("d", "4")]);
        form.drop_below("extra.");
        form.set("extra.b", "5");
        assert_eq!(form.encode(), "a=2&c=3&extra.b=5");
    }
}
