//! A credential's text that does not print.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use zeroize::Zeroizing;

/// A secret of the configuration. `Debug` shows only where it came from; the memory is wiped on drop.
#[derive(Clone)]
pub struct Secret {
    text: Zeroizing<String>,
    file: Option<String>,
}

struct SecretVisitor;

// === impl Secret ===

impl Secret {
    /// A secret given literally or by the environment.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(text.into()), file: None }
    }

    /// The secret itself. Every caller of this is a place to review.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The file it was read from, if it was: for messages, and for ids that vendors put into file names.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Either the text itself, or what the configuration makes of `{ file = ".." }` and `{ env = ".." }`:
/// the same table with the text under `value`.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, { file = \"..\" } or { env = \"..\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::new(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
        let (mut text, mut file) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "value" => text = Some(map.next_value::<String>()?),
                "file" => file = Some(map.next_value::<String>()?),
                "env" => drop(map.next_value::<String>()?),
                other => return Err(de::Error::unknown_field(other, &["file", "env"])),
            }
        }
        let text = text.ok_or_else(|| de::Error::custom("has no value: give file or env"))?;
        Ok(Secret { text: Zeroizing::new(text), file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn a_secret_knows_its_file() {
        let secret: Secret = serde_json::from_str(r#"{"file": "a.p8", "value": "x"}"#).unwrap();
        assert_eq!((secret.file(), secret.reveal()), (Some("a.p8"), "x"));
    }
}
