//! Whether an answer has the shape that a page shows.
//!
//! Shown and answered JSON have the same members and elements. `...` outside of a text stands for any others; within a text for
//! any characters. Other texts, `true`, `false` and `null` are the same; numbers and times may be others.

use serde_json::Value;

/// What a page shows in the place of what it leaves out.
const OTHERS: &str = "...";

/// Reads what a page shows; `None` if it is no JSON.
pub(super) fn shown(text: &str) -> Option<Value> {
    let (mut json, mut open, mut is_text) = (String::new(), Vec::new(), false);
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if !is_text && let Some(after) = rest.strip_prefix(OTHERS) {
            json.push_str(if open.last() == Some(&'{') { "\"...\": null" } else { "\"...\"" });
            rest = after;
            continue;
        }
        match char {
            '"' => is_text = !is_text,
            '{' | '[' if !is_text => open.push(char),
            '}' | ']' if !is_text => drop(open.pop()),
            _ => {}
        }
        json.push(char);
        rest = &rest[char.len_utf8()..];
    }
    serde_json::from_str(&json).ok()
}

/// Where the answer is another than the one shown.
pub(super) fn compare(shown: &Value, answered: &Value) -> Result<(), String> {
    at("", shown, answered)
}

fn at(path: &str, shown: &Value, answered: &Value) -> Result<(), String> {
    let differs = || Err(format!("{path}: {shown} is shown, {answered} is answered"));
    match (shown, answered) {
        (Value::Object(shown), Value::Object(answered)) => {
            for (name, value) in shown.iter().filter(|(name, _)| *name != OTHERS) {
                let path = format!("{path}/{name}");
                at(&path, value, answered.get(name).ok_or_else(|| format!("{path}: is not answered"))?)?;
            }
            let other = answered.keys().find(|name| !shown.contains_key(*name));
            match other.filter(|_| !shown.contains_key(OTHERS)) {
                Some(other) => Err(format!("{path}/{other}: is answered, and not shown")),
                None => Ok(()),
            }
        }
        (Value::Array(shown), Value::Array(answered)) => {
            let is_open = shown.last().is_some_and(|last| last == OTHERS);
            let named = &shown[..shown.len() - usize::from(is_open)];
            if answered.len() < named.len() || (answered.len() > named.len() && !is_open) {
                return Err(format!("{path}: {} shown, {} answered", named.len(), answered.len()));
            }
            named
                .iter()
                .zip(answered)
                .enumerate()
                .try_for_each(|(n, (shown, answered))| at(&format!("{path}/{n}"), shown, answered))
        }
        (Value::Number(_), Value::Number(_)) => Ok(()),
        (Value::String(shown), Value::String(answered)) if is_like(shown, answered) => Ok(()),
        _ if shown == answered => Ok(()),
        _ => differs(),
    }
}

fn is_like(shown: &str, answered: &str) -> bool {
    if is_time(shown) {
        return is_time(answered);
    }
    let Some((begin, rest)) = shown.split_once(OTHERS) else { return shown == answered };
    let Some(mut answered) = answered.strip_prefix(begin) else { return false };
    let mut parts = rest.split(OTHERS).collect::<Vec<_>>();
    let end = parts.pop().expect("there is a last part");
    for part in parts {
        let Some((_, after)) = answered.split_once(part) else { return false };
        answered = after;
    }
    answered.ends_with(end)
}

fn is_time(text: &str) -> bool {
    let form = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }).collect::<Vec<_>>();
    form.starts_with(b"0000-00-00T00:00:00") && form.ends_with(b"Z")
}

#[test]
fn shapes_are_compared() {
    let shown =
        shown(r#"{"id": "a... ...z", "n": 1, "at": "2026-01-01T00:00:00Z", "rows": [{"x": true, ...}, ...]}"#).unwrap();
    let answer = |text: &str| compare(&shown, &serde_json::from_str(text).unwrap());
    let good = r#"{"id": "a to z", "n": 5, "at": "2027-02-03T04:05:06.7Z", "rows": [{"x": true, "y": 1}, 2]}"#;
    assert_eq!(answer(good), Ok(()));
    for (from, to, place) in [
        ("a to z", "a to y", "/id"),
        ("\"n\": 5", "\"n\": \"5\"", "/n"),
        ("\"n\": 5", "\"n\": 5, \"m\": 6", "/m"),
        ("\"n\": 5, ", "", "/n"),
        ("2027-02-03T", "2027-02-03 ", "/at"),
        ("true", "false", "/rows/0/x"),
        ("[{\"x\": true, \"y\": 1}, 2]", "[]", "/rows"),
    ] {
        assert!(good.contains(from));
        let complaint = answer(&good.replace(from, to)).unwrap_err();
        assert!(complaint.starts_with(&format!("{place}:")), "{place}: {complaint}");
    }
}
