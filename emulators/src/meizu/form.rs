//! The parameters of a call: the form body of a POST, the query of a GET.

use std::borrow::Cow;

use http::Method;
use serde_json::{Map, Value};

/// What the record shows instead of a signature.
const MASKED: &str = "***";
const SIGN: &str = "sign";

/// Parameters in the order in which they came, decoded.
pub(super) struct Form<'b> {
    fields: Vec<(Cow<'b, str>, Cow<'b, str>)>,
}

// === impl Form ===

impl<'b> Form<'b> {
    /// Nothing, if it is not UTF-8.
    pub(super) fn parse(method: &Method, query: Option<&'b str>, body: &'b [u8]) -> Option<Self> {
        let encoded = if method == Method::GET { query.unwrap_or_default().as_bytes() } else { body };
        std::str::from_utf8(encoded).ok()?;
        Some(Self { fields: form_urlencoded::parse(encoded).collect() })
    }

    /// The first parameter of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
    }

    pub(super) fn sign(&self) -> Option<&str> {
        self.get(SIGN)
    }

    /// Everything but the signature: what it covers.
    pub(super) fn signed(&self) -> Vec<(&str, &str)> {
        let pairs = self.fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        pairs.filter(|(name, _)| *name != SIGN).collect()
    }

    /// A name that came more than once.
    pub(super) fn repeated(&self) -> Option<&str> {
        let row = |(row, (name, _)): (usize, &(Cow<'b, str>, _))| {
            self.fields[..row].iter().any(|(found, _)| found == name).then_some(row)
        };
        self.fields.iter().enumerate().find_map(row).map(|row| self.fields[row].0.as_ref())
    }

    /// The pushIds that it names.
    pub(super) fn targets(&self) -> Vec<&str> {
        let list = self.get("pushIds").or(self.get("pushId")).unwrap_or_default();
        list.split(',').filter(|push_id| !push_id.is_empty()).collect()
    }

    /// An object of strings, for the record: `messageJson` read, the signature masked.
    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.fields {
            let value = shown(name, value);
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

fn shown(name: &str, value: &str) -> Value {
    match name {
        SIGN => Value::from(MASKED),
        "messageJson" => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
        _ => Value::from(value),
    }
}

/// A path with its query, but for the signature.
pub(super) fn mask_path(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let masked = |pair: &str| match form_urlencoded::parse(pair.as_bytes()).next() {
        Some((name, _)) if name == SIGN => format!("{SIGN}={MASKED}"),
        _ => pair.to_owned(),
    };
    let pairs: Vec<_> = query.split('&').map(masked).collect();
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_has_no_signature() {
        assert_eq!(mask_path("/a?appId=1&sign=abc&pushId=P"), "/a?appId=1&sign=***&pushId=P");
        assert_eq!(mask_path("/a?%73ign=abc"), "/a?sign=***");
        assert_eq!(mask_path("/a"), "/a");
        let form = Form::parse(&Method::POST, None, b"sign=abc&messageJson=%7B%22a%22%3A1%7D&pushIds=P,Q").unwrap();
        assert_eq!(form.to_json().to_string(), r#"{"sign":"***","messageJson":{"a":1},"pushIds":"P,Q"}"#);
    }

    #[test]
    fn repeated_names_are_found() {
        let repeated = |body: &[u8]| Form::parse(&Method::POST, None, body).unwrap().repeated().map(str::to_owned);
        assert_eq!(repeated(b"a=1&b=2&a=3").as_deref(), Some("a"));
        assert_eq!(repeated(b"a=1&b=2"), None);
    }
}
