//! Text into a checked intent.

use std::borrow::Cow;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::{Component, ExtraValue, IntentFault, IntentUri, is_class_name, is_java_name};

// === impl IntentUri ===

impl FromStr for IntentUri {
    type Err = IntentFault;

    fn from_str(text: &str) -> Result<Self, IntentFault> {
        if text.len() > Self::MAX_BYTES {
            return Err(IntentFault::TooLong { size_bytes: text.len(), max_bytes: Self::MAX_BYTES });
        }
        if text.chars().any(|char| char.is_control() || char.is_whitespace()) {
            return Err(IntentFault::Blank);
        }
        let rest = text.strip_prefix("intent:").ok_or(IntentFault::Scheme)?;
        let (data, parts) = rest.split_once("#Intent;").ok_or(IntentFault::Frame)?;
        if data.contains('#') {
            return Err(IntentFault::Frame);
        }
        let mut intent = Self { data: data.to_owned(), ..Self::default() };
        if parts != "end" {
            let parts = parts.strip_suffix(";end").ok_or(IntentFault::Frame)?;
            parts.split(';').try_for_each(|part| intent.take(part))?;
        }
        Ok(intent)
    }
}

impl IntentUri {
    fn take(&mut self, part: &str) -> Result<(), IntentFault> {
        let (name, raw) = part.split_once('=').ok_or_else(|| IntentFault::Part(shown(part)))?;
        let value = decode(name, raw)?;
        match name {
            "scheme" => once(&mut self.scheme, name, checked(name, value, is_scheme, "a URI scheme")?),
            "action" => once(&mut self.action, name, checked(name, value, not_empty, "not empty")?),
            "category" => {
                self.categories.push(checked(name, value, not_empty, "not empty")?);
                Ok(())
            }
            "type" => once(&mut self.mime_type, name, checked(name, value, not_empty, "not empty")?),
            "launchFlags" => once(&mut self.launch_flags, name, flags(&value)?),
            "package" => once(&mut self.package, name, checked(name, value, is_java_name, "a package name")?),
            "component" => once(&mut self.component, name, component(&value)?),
            _ => self.take_extra(name, value),
        }
    }

    fn take_extra(&mut self, name: &str, value: Cow<'_, str>) -> Result<(), IntentFault> {
        let (letter, key) = name.split_once('.').ok_or_else(|| IntentFault::Name(shown(name)))?;
        let key = decode(name, key)?.into_owned();
        if key.is_empty() {
            return Err(IntentFault::Name(shown(name)));
        }
        if self.extras.iter().any(|(other, _)| *other == key) {
            return Err(IntentFault::Twice(shown(name)));
        }
        let value = match letter {
            "S" => ExtraValue::Text(value.into_owned()),
            "B" => ExtraValue::Boolean(number(name, &value, "true or false")?),
            "b" => ExtraValue::Byte(number(name, &value, "a whole number of 8 bits")?),
            "c" => ExtraValue::Char(number(name, &value, "one character")?),
            "d" => ExtraValue::Double(finite(name, number(name, &value, "a number")?, f64::is_finite)?),
            "f" => ExtraValue::Float(finite(name, number(name, &value, "a number")?, f32::is_finite)?),
            "i" => ExtraValue::Int(number(name, &value, "a whole number of 32 bits")?),
            "l" => ExtraValue::Long(number(name, &value, "a whole number of 64 bits")?),
            "s" => ExtraValue::Short(number(name, &value, "a whole number of 16 bits")?),
            _ => return Err(IntentFault::Name(shown(name))),
        };
        self.extras.push((key, value));
        Ok(())
    }
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), IntentFault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(IntentFault::Twice(name.to_owned())),
    }
}

fn decode<'a>(name: &str, raw: &'a str) -> Result<Cow<'a, str>, IntentFault> {
    let wanted = "percent-encoded UTF-8";
    percent_decode_str(raw).decode_utf8().map_err(|_| IntentFault::Value { name: shown(name), wanted })
}

fn checked(
    name: &str,
    value: Cow<'_, str>,
    fits: impl FnOnce(&str) -> bool,
    wanted: &'static str,
) -> Result<String, IntentFault> {
    if fits(&value) { Ok(value.into_owned()) } else { Err(IntentFault::Value { name: shown(name), wanted }) }
}

fn number<T: FromStr>(name: &str, value: &str, wanted: &'static str) -> Result<T, IntentFault> {
    value.parse().map_err(|_| IntentFault::Value { name: shown(name), wanted })
}

fn finite<T: Copy>(name: &str, value: T, is_finite: impl FnOnce(T) -> bool) -> Result<T, IntentFault> {
    if is_finite(value) { Ok(value) } else { Err(IntentFault::Value { name: shown(name), wanted: "finite" }) }
}

/// Android writes the flags in hexadecimal and reads what Java's `Integer.decode` reads.
fn flags(value: &str) -> Result<u32, IntentFault> {
    let parsed = match value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u32::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => value.parse().ok(),
    };
    parsed.ok_or(IntentFault::Value { name: "launchFlags".to_owned(), wanted: "a number such as 0x14000000" })
}

fn component(value: &str) -> Result<Component, IntentFault> {
    let wanted = "package/class";
    let fault = || IntentFault::Value { name: "component".to_owned(), wanted };
    let (package, class) = value.split_once('/').ok_or_else(fault)?;
    if !is_java_name(package) || !is_class_name(class) {
        return Err(fault());
    }
    Ok(Component { package: package.to_owned(), class: class.to_owned() })
}

fn is_scheme(value: &str) -> bool {
    value.starts_with(|char: char| char.is_ascii_alphabetic())
        && value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'))
}

fn not_empty(value: &str) -> bool {
    !value.is_empty()
}

/// A part of the caller's text, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
