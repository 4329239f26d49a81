//! Reading an answer with tolerance, for Mi, Huawei and Meizu: a mark of UTF-8 before it, numbers that come as text and the
//! other way round. FCM and APNs keep to their documents and are read strictly.

use serde_json::{Map, Value};

/// The fields of an answer; `None` if it is anything but a JSON object.
pub(crate) fn fields(body: &[u8]) -> Option<Map<String, Value>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).ok()
}

/// A text without blanks around it, or a number as text; `None` if that is empty.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_objects_are_answers() {
        assert!(fields(b"\xef\xbb\xbf{\"code\": 0}").is_some());
        for other in ["", "null", "[]", "\"x\"", "<html>", "{} {}"] {
            assert!(fields(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn texts_and_numbers_are_texts() {
        assert_eq!(text(&json!(" 12 ")).as_deref(), Some("12"));
        assert_eq!(text(&json!(12)).as_deref(), Some("12"));
        assert_eq!([text(&json!(" ")), text(&json!(null)), text(&json!([1]))], [None, None, None]);
    }
}
