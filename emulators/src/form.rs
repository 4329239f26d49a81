//! Parameters as forms and queries bear them.

use serde_json::{Map, Value};

use crate::record;

/// Fields in the order in which they came, decoded.
#[derive(Debug, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
}

// === impl Form ===

impl Form {
    /// Nothing, if it is not UTF-8.
    pub(crate) fn parse(encoded: &[u8]) -> Option<Self> {
        std::str::from_utf8(encoded).ok()?;
        Some(Self::read(encoded))
    }

    /// The same, but what is not UTF-8 is replaced.
    pub(crate) fn read(encoded: &[u8]) -> Self {
        Self { fields: form_urlencoded::parse(encoded).into_owned().collect() }
    }

    /// The first field of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A name that came more than once.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let rows = self.fields().enumerate();
        let mut again = rows.filter(|(row, (name, _))| self.fields().take(*row).any(|(found, _)| found == *name));
        again.next().map(|(_, (name, _))| name)
    }

    /// An object for the record, each value as `shown` has it; a list where a name came more than once.
    pub(crate) fn to_json(&self, shown: impl Fn(&str, &str) -> Value) -> Value {
        let mut object = Map::new();
        self.fields().for_each(|(name, value)| record::add(&mut object, name, shown(name, value)));
        Value::Object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_are_found() {
        let repeated = |body: &[u8]| Form::parse(body).unwrap().repeated().map(str::to_owned);
        assert_eq!(repeated(b"a=1&b=2&a=3").as_deref(), Some("a"));
        assert_eq!(repeated(b"a=1&b=2"), None);
    }
}
