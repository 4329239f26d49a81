//! `extra.template_param`: a JSON object, written as a string, of the template's variables (pId=2314).
//!
//! At most nine, each value 1 to 128 characters, not blank, no emoji (Unicode category So), no unassigned code point.
//! Whether number and names fit a template is not checked: the emulator knows no templates.

use serde_json::Value;
use unicode_general_category::{GeneralCategory, get_general_category};

const VARIABLES_MAX: usize = 9;
const VALUE_CHARS_MAX: usize = 128;

/// What is wrong with it; nothing if all is well.
pub(super) fn fault(param: &str) -> Option<String> {
    let Ok(Value::Object(variables)) = serde_json::from_str(param) else {
        return Some("template_param is not a JSON object".to_owned());
    };
    if variables.len() > VARIABLES_MAX {
        return Some(format!("template_param has more than {VARIABLES_MAX} variables"));
    }
    variables.iter().find_map(|(name, value)| {
        let fault = value_fault(value)?;
        Some(format!("template_param {name}: {fault}"))
    })
}

fn value_fault(value: &Value) -> Option<&'static str> {
    let Value::String(value) = value else { return Some("is not a string") };
    if value.trim().is_empty() {
        return Some("is blank");
    }
    if value.chars().count() > VALUE_CHARS_MAX {
        return Some("is longer than 128 characters");
    }
    value.chars().find_map(|letter| match get_general_category(letter) {
        GeneralCategory::OtherSymbol => Some("bears an emoji or other symbol"),
        GeneralCategory::Unassigned => Some("bears an unassigned character"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_values_pass() {
        assert_eq!(fault("{}"), None);
        assert_eq!(fault(r#"{"keywords1":"Bob","keywords2":"订单 42"}"#), None);
    }

    #[test]
    fn bad_ones_do_not() {
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(129));
        let many = format!("{{{}}}", (0..10).map(|n| format!(r#""k{n}":"v""#)).collect::<Vec<_>>().join(","));
        for param in ["", "[]", r#"{"a":1}"#, r#"{"a":" "}"#, r#"{"a":"😀"}"#, r#"{"a":"\u0378"}"#, &long, &many] {
            assert!(fault(param).is_some(), "{param}");
        }
    }
}
