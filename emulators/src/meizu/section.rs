//! One object of `messageJson`, read field by field. Null counts as absent; a missing mandatory field is 110004, a bad
//! one 1005.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::codes;
use super::text::{is_web, utf16};

/// An object with its name; empty if it is absent.
pub(super) struct Section<'j> {
    name: &'static str,
    fields: Option<&'j Map<String, Value>>,
}

pub(super) type Read<T> = Result<T, Refusal>;

// === impl Section ===

impl<'j> Section<'j> {
    /// The whole message.
    pub(super) fn root(message: &'j Value) -> Read<Self> {
        match message {
            Value::Object(fields) => Ok(Self { name: "messageJson", fields: Some(fields) }),
            _ => Err(Refusal::new(codes::PARAMETER, "messageJson is not a JSON object")),
        }
    }

    pub(super) fn section(&self, name: &'static str) -> Read<Self> {
        match self.value(name) {
            None => Ok(Self { name, fields: None }),
            Some(Value::Object(fields)) => Ok(Self { name, fields: Some(fields) }),
            Some(_) => Err(self.illegal(name, "is not an object")),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub(super) fn is_absent(&self) -> bool {
        self.fields.is_none()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'j str> {
        self.fields.into_iter().flat_map(|fields| fields.keys().map(String::as_str))
    }

    pub(super) fn text(&self, name: &str) -> Read<Option<&'j str>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.illegal(name, "is not a string")),
        }
    }

    pub(super) fn mandatory(&self, name: &str) -> Read<&'j str> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.empty(name))
    }

    /// At most so many characters.
    pub(super) fn short(&self, name: &str, chars_max: usize) -> Read<()> {
        match self.text(name)? {
            Some(text) if utf16(text) > chars_max => {
                Err(self.illegal(name, &format!("is longer than {chars_max} characters")))
            }
            _ => Ok(()),
        }
    }

    /// At most so many bytes.
    pub(super) fn small(&self, name: &str, bytes_max: usize) -> Read<()> {
        match self.text(name)? {
            Some(text) if text.len() > bytes_max => {
                Err(self.illegal(name, &format!("is longer than {bytes_max} bytes")))
            }
            _ => Ok(()),
        }
    }

    /// An absolute http or https URL, or nothing.
    pub(super) fn web(&self, name: &str) -> Read<()> {
        self.like(name, |text| text.is_empty() || is_web(text), "is not an absolute http or https URL")
    }

    /// A text that fits, or nothing.
    pub(super) fn like(&self, name: &str, fits: impl Fn(&str) -> bool, why: &str) -> Read<()> {
        match self.text(name)? {
            Some(text) if !fits(text) => Err(self.illegal(name, why)),
            _ => Ok(()),
        }
    }

    pub(super) fn within(&self, name: &str, bounds: RangeInclusive<i64>) -> Read<Option<i64>> {
        match self.integer(name)? {
            Some(number) if !bounds.contains(&number) => {
                Err(self.illegal(name, &format!("is not {} to {}", bounds.start(), bounds.end())))
            }
            fine => Ok(fine),
        }
    }

    pub(super) fn one_of(&self, name: &str, allowed: &[i64]) -> Read<Option<i64>> {
        match self.integer(name)? {
            Some(number) if !allowed.contains(&number) => {
                Err(self.illegal(name, &format!("is not one of {allowed:?}")))
            }
            fine => Ok(fine),
        }
    }

    /// 0 or 1, as the document has it, or false or true, as the vendor's SDK writes it.
    pub(super) fn flag(&self, name: &str) -> Read<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(number) if number.as_i64() == Some(0) => Ok(Some(false)),
            Some(number) if number.as_i64() == Some(1) => Ok(Some(true)),
            Some(_) => Err(self.illegal(name, "is not 0 or 1")),
        }
    }

    pub(super) fn flags(&self, names: &[&str]) -> Read<()> {
        names.iter().try_for_each(|name| self.flag(name).map(|_| ()))
    }

    pub(super) fn integer(&self, name: &str) -> Read<Option<i64>> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| self.illegal(name, "is not an integer")),
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&'j Value> {
        self.fields?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn empty(&self, name: &str) -> Refusal {
        Refusal::new(codes::EMPTY, format!("{}.{name} must not be empty", self.name))
    }

    pub(super) fn illegal(&self, name: &str, why: &str) -> Refusal {
        Refusal::new(codes::PARAMETER, format!("{}.{name} {why}", self.name))
    }
}
