//! What is wrong with a caller's or an operator's text, and where.

use std::borrow::Cow;
use std::fmt;

/// One thing wrong at one place of a JSON document or a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: the fields and indices from the root.
    pub path: Path,
    /// What is wrong, and what would be right. Never the faulty value itself where that may be a secret.
    pub detail: String,
}

/// A place in a document: field names and array indices from its root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<String>);

// === impl Fault ===

impl Fault {
    /// A fault at a place.
    pub fn new(path: Path, detail: impl Into<String>) -> Self {
        Self { path, detail: detail.into() }
    }

    /// The same fault in a document of which this one is a part, `base` being the part's place.
    #[must_use]
    pub fn below(self, base: &Path) -> Self {
        Self { path: base.join(&self.path), detail: self.detail }
    }
}

/// One line, whatever the caller's names hold: it goes to logs and terminals.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.0.is_empty() {
            write!(f, "{}: ", in_one_line(&self.path.dotted()))?;
        }
        f.write_str(&in_one_line(&self.detail))
    }
}

/// Control characters as escapes.
fn in_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escaped = |char: char| if char.is_control() { char.escape_default().to_string() } else { char.to_string() };
    text.chars().map(escaped).collect::<String>().into()
}

// === impl Path ===

impl Path {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The place of a field (or index) within this one.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "names and indices read better without a borrow")]
    pub fn at(&self, segment: impl ToString) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment.to_string());
        Self(segments)
    }

    /// A place within a part of the document that stands at `self`.
    #[must_use]
    pub fn join(&self, inner: &Path) -> Self {
        Self(self.0.iter().chain(&inner.0).cloned().collect())
    }

    /// Whether `self` is `other` or a part of it.
    pub fn is_within(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }

    /// As a JSON pointer (RFC 6901): `/targets/3/token`; the root is the empty text.
    pub fn pointer(&self) -> String {
        self.0.iter().map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// As configuration files name it: `apps.demo.apns.key_id`.
    pub fn dotted(&self) -> String {
        self.0.join(".")
    }
}

impl<S: Into<String>> FromIterator<S> for Path {
    fn from_iter<I: IntoIterator<Item = S>>(segments: I) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_rfc_6901_escapes() {
        let path = Path::root().at("data").at("a/b~c").at(3);
        assert_eq!(path.pointer(), "/data/a~1b~0c/3");
        assert_eq!(path.dotted(), "data.a/b~c.3");
        assert_eq!(Path::root().pointer(), "");
    }

    #[test]
    fn a_fault_is_one_line_whatever_the_names_hold() {
        let fault = Fault::new(Path::root().at("targets").at("to\nken\u{1b}"), "is\rnot known");
        assert_eq!(fault.to_string(), r"targets.to\nken\u{1b}: is\rnot known");
        assert_eq!(fault.path.pointer(), "/targets/to\nken\u{1b}", "JSON escapes by itself");
    }

    #[test]
    fn a_fault_moves_below_its_base() {
        let base: Path = ["apps", "demo"].into_iter().collect();
        let fault = Fault::new(Path::root().at("key"), "is required").below(&base);
        assert_eq!(fault.to_string(), "apps.demo.key: is required");
    }
}
