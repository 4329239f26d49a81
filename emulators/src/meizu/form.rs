//! The parameters of a call: the form body of a POST, the query of a GET.

use http::Method;
use serde_json::Value;

use crate::form::Form;

/// What the record shows instead of a signature.
const MASKED: &str = "***";
const SIGN: &str = "sign";

/// Nothing, if they are not UTF-8.
pub(super) fn read(method: &Method, query: Option<&str>, body: &[u8]) -> Option<Form> {
    Form::parse(if method == Method::GET { query.unwrap_or_default().as_bytes() } else { body })
}

pub(super) fn sign(form: &Form) -> Option<&str> {
    form.get(SIGN)
}

/// Everything but the signature: what it covers.
pub(super) fn signed(form: &Form) -> Vec<(&str, &str)> {
    form.fields().filter(|(name, _)| *name != SIGN).collect()
}

/// The pushIds that it names.
pub(super) fn targets(form: &Form) -> Vec<&str> {
    let list = form.get("pushIds").or(form.get("pushId")).unwrap_or_default();
    list.split(',').filter(|push_id| !push_id.is_empty()).collect()
}

/// A value for the record: `messageJson` read, the signature masked.
pub(super) fn shown(name: &str, value: &str) -> Value {
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
        let form = read(&Method::POST, None, b"sign=abc&messageJson=%7B%22a%22%3A1%7D&pushIds=P,Q").unwrap();
        assert_eq!(form.to_json(shown).to_string(), r#"{"sign":"***","messageJson":{"a":1},"pushIds":"P,Q"}"#);
    }
}
