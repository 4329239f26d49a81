//! Android's intent URI: `intent:...#Intent;...;end`.
//!
//! A vendor channel has no tap callback of ours; it is told by such a URI which screen to open with which parameters.
//! Grammar: Android's `Intent.toUri(URI_INTENT_SCHEME)` and `Intent.parseUri`, as the vendors' pages quote it (Mi
//! pId=1559, Huawei `click_action`, read 2026-11-22). What is parsed here prints again to an equal intent.

mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// A checked Android intent.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct IntentUri {
    /// What it is about, without its scheme: `//host/path?query`. Empty if there is none.
    pub data: String,
    /// The scheme of `data`.
    pub scheme: Option<String>,
    /// `android.intent.action.VIEW` and the like.
    pub action: Option<String>,
    /// Categories, in order.
    pub categories: Vec<String>,
    /// MIME type of the data.
    pub mime_type: Option<String>,
    /// Flags of the launch, 32 bits.
    pub launch_flags: Option<u32>,
    /// The package that may answer.
    pub package: Option<String>,
    /// The class that answers.
    pub component: Option<Component>,
    /// Parameters, in order.
    pub extras: Vec<(String, ExtraValue)>,
}

/// A class of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Component {
    /// `com.example.app`
    pub package: String,
    /// `com.example.app.OrderActivity`, or `.OrderActivity` below the package.
    pub class: String,
}

/// A parameter with its Java type.
#[derive(Clone, Debug, PartialEq)]
pub enum ExtraValue {
    /// `S`
    Text(String),
    /// `B`
    Boolean(bool),
    /// `b`
    Byte(i8),
    /// `c`
    Char(char),
    /// `d`, finite
    Double(f64),
    /// `f`, finite
    Float(f32),
    /// `i`
    Int(i32),
    /// `l`
    Long(i64),
    /// `s`
    Short(i16),
}

/// Why a text is no intent URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntentFault {
    /// Longer than any vendor takes.
    #[error("is {size_bytes} bytes long; at most {max_bytes} are taken")]
    TooLong {
        /// Its length.
        size_bytes: usize,
        /// The bound.
        max_bytes: usize,
    },
    /// Control characters or blanks.
    #[error("must not hold blanks or control characters; percent-encode them")]
    Blank,
    /// Another scheme.
    #[error("must begin with \"intent:\"")]
    Scheme,
    /// No fragment of an intent.
    #[error("must contain \"#Intent;\" and end with \";end\"")]
    Frame,
    /// A part that is not `name=value`.
    #[error("part \"{0}\" is not of the form name=value")]
    Part(String),
    /// A name this grammar lacks.
    #[error("part \"{0}\" has an unknown name")]
    Name(String),
    /// The same name twice.
    #[error("part \"{0}\" stands twice")]
    Twice(String),
    /// A value that its name does not allow.
    #[error("part \"{name}\" must be {wanted}")]
    Value {
        /// The part's name.
        name: String,
        /// What it takes.
        wanted: &'static str,
    },
}

// === impl IntentUri ===

impl IntentUri {
    /// The longest URI taken, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// `FLAG_ACTIVITY_NEW_TASK | FLAG_ACTIVITY_CLEAR_TOP`: without the second the screen may open twice (Huawei).
    const LAUNCH_FLAGS: u32 = 0x1400_0000;

    /// Opens one screen of a package with text parameters.
    pub fn activity(package: &str, class: &str, params: &BTreeMap<String, String>) -> Self {
        let extras = params.iter().map(|(key, value)| (key.clone(), ExtraValue::Text(value.clone())));
        Self {
            launch_flags: Some(Self::LAUNCH_FLAGS),
            component: Some(Component { package: package.to_owned(), class: class.to_owned() }),
            extras: extras.collect(),
            ..Self::default()
        }
    }

    /// Opens a link of a scheme that the package declares; `None` if the text has no scheme.
    pub fn deep_link(link: &str, package: &str) -> Option<Self> {
        let (scheme, data) = link.split_once(':')?;
        Some(Self {
            data: data.replace('#', "%23"),
            scheme: Some(scheme.to_owned()),
            action: Some("android.intent.action.VIEW".to_owned()),
            launch_flags: Some(Self::LAUNCH_FLAGS),
            package: Some(package.to_owned()),
            ..Self::default()
        })
    }
}

/// Whether a text is a Java name with dots, as packages and classes are.
pub(crate) fn is_java_name(name: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
            && part.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '$'))
    };
    name.len() <= 255 && name.split('.').all(part)
}

/// Whether a text is a class: a Java name, or one below the package that begins with a dot.
pub(crate) fn is_class_name(name: &str) -> bool {
    is_java_name(name.strip_prefix('.').unwrap_or(name))
}

// === impl ExtraValue ===

impl Hash for ExtraValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Text(text) => text.hash(state),
            Self::Boolean(value) => value.hash(state),
            Self::Byte(value) => value.hash(state),
            Self::Char(value) => value.hash(state),
            Self::Double(value) => value.to_bits().hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Int(value) => value.hash(state),
            Self::Long(value) => value.hash(state),
            Self::Short(value) => value.hash(state),
        }
    }
}
