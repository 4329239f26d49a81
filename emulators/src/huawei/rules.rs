//! Field rules as tables: what an object may hold, of which type, within which bounds.
//!
//! Fields without a rule are passed over: the documents say nothing of refusing them.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::codes::STRUCTURE;

pub(super) type Object = Map<String, Value>;
pub(super) type Checked = Result<(), Refusal>;

/// One field.
pub(super) struct Rule {
    name: &'static str,
    kind: Kind,
    /// What a fault in it is answered with.
    code: i64,
}

/// What a field may be.
pub(super) enum Kind {
    Bool,
    /// From, to.
    Int(i64, i64),
    IntOf(&'static [i64]),
    /// A number from 0 to 1.
    Share,
    Text,
    /// At most so many characters.
    TextUpTo(usize),
    OneOf(&'static [&'static str]),
    /// A text of this form.
    Form(&'static str, fn(&str) -> bool),
    /// At most so many texts, each of at most so many characters.
    Texts(usize, usize),
    Object,
    /// A list of at most so many.
    List(usize),
}

pub(super) const ANY: usize = usize::MAX;

/// A fault in this field is a fault in the structure.
pub(super) const fn rule(name: &'static str, kind: Kind) -> Rule {
    Rule { name, kind, code: STRUCTURE }
}

pub(super) const fn rule_with(name: &'static str, kind: Kind, code: i64) -> Rule {
    Rule { name, kind, code }
}

/// Checks the fields that are there.
pub(super) fn check(object: &Object, at: &str, rules: &[Rule]) -> Checked {
    rules.iter().try_for_each(|rule| match object.get(rule.name) {
        Some(value) if !rule.kind.fits(value) => {
            Err(Refusal::new(rule.code, format!("Illegal payload, {at}.{} must be {}", rule.name, rule.kind.words())))
        }
        _ => Ok(()),
    })
}

/// A fault in the structure, in the vendor's way of wording it.
pub(super) fn illegal(at: &str, why: &str) -> Refusal {
    Refusal::new(STRUCTURE, format!("Illegal payload, {at} {why}"))
}

pub(super) fn ensure(holds: bool, at: &str, why: &str) -> Checked {
    if holds { Ok(()) } else { Err(illegal(at, why)) }
}

/// The texts that must be there and not be empty.
pub(super) fn required(object: &Object, at: &str, names: &[&str]) -> Checked {
    names.iter().try_for_each(|name| ensure(text(object, name).is_some(), &format!("{at}.{name}"), "is required"))
}

/// An object that must be there.
pub(super) fn required_object<'o>(object: &'o Object, at: &str, name: &str) -> Result<&'o Object, Refusal> {
    child(object, name).ok_or_else(|| illegal(&format!("{at}.{name}"), "is required and must be an object"))
}

/// A text that is not empty.
pub(super) fn text<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(super) fn int(object: &Object, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

pub(super) fn flag(object: &Object, name: &str) -> bool {
    object.get(name) == Some(&Value::Bool(true))
}

pub(super) fn child<'o>(object: &'o Object, name: &str) -> Option<&'o Object> {
    object.get(name).and_then(Value::as_object)
}

/// Whether a list has something in it.
pub(super) fn filled(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

// === impl Kind ===

impl Kind {
    fn fits(&self, value: &Value) -> bool {
        let text = |fits: &dyn Fn(&str) -> bool| value.as_str().is_some_and(fits);
        match self {
            Self::Bool => value.is_boolean(),
            Self::Int(from, to) => value.as_i64().is_some_and(|number| (*from..=*to).contains(&number)),
            Self::IntOf(allowed) => value.as_i64().is_some_and(|number| allowed.contains(&number)),
            Self::Share => value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number)),
            Self::Text => value.is_string(),
            Self::TextUpTo(chars) => text(&|text| text.chars().count() <= *chars),
            Self::OneOf(allowed) => text(&|text| allowed.contains(&text)),
            Self::Form(_, fits) => text(fits),
            Self::Texts(most, chars) => value.as_array().is_some_and(|list| {
                let short = |text: &Value| text.as_str().is_some_and(|text| text.chars().count() <= *chars);
                list.len() <= *most && list.iter().all(short)
            }),
            Self::Object => value.is_object(),
            Self::List(most) => value.as_array().is_some_and(|list| list.len() <= *most),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Bool => "a boolean".to_owned(),
            Self::Int(from, to) => format!("an integer from {from} to {to}"),
            Self::IntOf(allowed) => format!("one of the integers {allowed:?}"),
            Self::Share => "a number from 0 to 1".to_owned(),
            Self::Text => "a string".to_owned(),
            Self::TextUpTo(chars) => format!("a string of at most {chars} characters"),
            Self::OneOf(allowed) => format!("one of {}", allowed.join(", ")),
            Self::Form(words, _) => (*words).to_owned(),
            Self::Texts(ANY, ANY) => "a list of strings".to_owned(),
            Self::Texts(most, ANY) => format!("a list of at most {most} strings"),
            Self::Texts(most, chars) => format!("a list of at most {most} strings of at most {chars} characters"),
            Self::Object => "an object".to_owned(),
            Self::List(most) => format!("a list of at most {most}"),
        }
    }
}
