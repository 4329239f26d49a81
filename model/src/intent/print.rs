//! An intent as text.

use std::fmt::{self, Display, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ExtraValue, IntentUri};

/// What `android.net.Uri.encode` leaves as it is, beside letters and digits: `_-!.~'()*`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'!')
    .remove(b'.')
    .remove(b'~')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*');

/// The same for action, category and type, where Android keeps the slash.
const ENCODED_BUT_SLASH: &AsciiSet = &ENCODED.remove(b'/');

// === impl IntentUri ===

impl Display for IntentUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "intent:{}#Intent;", self.data)?;
        let named = [("scheme", &self.scheme), ("action", &self.action)];
        named.into_iter().try_for_each(|(name, value)| part(f, name, value.as_deref()))?;
        self.categories.iter().try_for_each(|category| part(f, "category", Some(category)))?;
        part(f, "type", self.mime_type.as_deref())?;
        if let Some(flags) = self.launch_flags {
            write!(f, "launchFlags={flags:#x};")?;
        }
        part(f, "package", self.package.as_deref())?;
        if let Some(component) = &self.component {
            write!(f, "component={}/{};", encode(&component.package), encode(&component.class))?;
        }
        self.extras.iter().try_for_each(|(key, value)| extra(f, key, value))?;
        f.write_str("end")
    }
}

fn part(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, "{name}={};", utf8_percent_encode(value, ENCODED_BUT_SLASH)))
}

fn extra(f: &mut fmt::Formatter<'_>, key: &str, value: &ExtraValue) -> fmt::Result {
    write!(f, "{}.{}=", value.type_letter(), encode(key))?;
    match value {
        ExtraValue::Text(text) => Display::fmt(&encode(text), f),
        ExtraValue::Boolean(value) => write!(f, "{value}"),
        ExtraValue::Byte(value) => write!(f, "{value}"),
        ExtraValue::Char(value) => Display::fmt(&encode(value.encode_utf8(&mut [0; 4])), f),
        ExtraValue::Double(value) => write!(f, "{value:?}"),
        ExtraValue::Float(value) => write!(f, "{value:?}"),
        ExtraValue::Int(value) => write!(f, "{value}"),
        ExtraValue::Long(value) => write!(f, "{value}"),
        ExtraValue::Short(value) => write!(f, "{value}"),
    }?;
    f.write_char(';')
}

fn encode(text: &str) -> impl Display + '_ {
    utf8_percent_encode(text, ENCODED)
}

// === impl ExtraValue ===

impl ExtraValue {
    /// The letter by which Android marks the type.
    const fn type_letter(&self) -> char {
        match self {
            ExtraValue::Text(_) => 'S',
            ExtraValue::Boolean(_) => 'B',
            ExtraValue::Byte(_) => 'b',
            ExtraValue::Char(_) => 'c',
            ExtraValue::Double(_) => 'd',
            ExtraValue::Float(_) => 'f',
            ExtraValue::Int(_) => 'i',
            ExtraValue::Long(_) => 'l',
            ExtraValue::Short(_) => 's',
        }
    }
}
