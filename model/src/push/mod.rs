//! A push: message, targets and delivery options under one id.

mod check;
mod schema;
mod wire;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::parse::{self, Faults, Object};
pub use schema::NamedSchema;

use crate::{AppId, Fault, Message, Options, Path, PushId, Target, Vendor};

/// The most targets of one push.
pub const MAX_TARGETS: usize = 10_000;

/// Of a faulty body up to this length every fault is told; of a longer one the first, because a tree takes many times the
/// text's memory.
const MAX_TREE_BYTES: usize = 1 << 20;

/// A push that was checked. Its JSON form: `docs/api.md`.
#[derive(Clone, Debug)]
pub struct Push {
    /// The caller's id, or one made here.
    pub id: PushId,
    /// Whose push it is.
    pub app: AppId,
    /// What is sent.
    pub message: Message,
    /// How.
    pub options: Options,
    /// To whom: 1 to [`MAX_TARGETS`].
    pub targets: Vec<Target>,
}

/// Why a text is no push.
#[derive(Debug, thiserror::Error)]
pub enum PushFault {
    /// No JSON at all.
    #[error("the body is not JSON: {detail} (line {line}, column {column})")]
    Malformed {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What the parser found.
        detail: String,
    },
    /// JSON, but not a push; all faults, up to [`Faults::MAX`].
    #[error("the push has {} fault(s)", .0.len())]
    Invalid(Vec<Fault>),
}

// === impl Push ===

impl Push {
    /// Reads and checks a push. `vendors` are those that can be named.
    pub fn parse(json: &[u8], vendors: &[Vendor]) -> Result<Self, PushFault> {
        // Well-formed pushes take the short way: no tree is built. Only a fault makes it worth to look again for all.
        let first = match serde_json::from_slice::<Object<wire::RawPush>>(json) {
            Ok(Object(raw)) => return Self::check(raw, Faults::default(), vendors),
            Err(error) => error,
        };
        if !first.is_data() {
            return Err(PushFault::malformed(&first));
        }
        if json.len() > MAX_TREE_BYTES {
            return Err(PushFault::Invalid(vec![first_fault(json)]));
        }
        let tree: Value = serde_json::from_slice(json).map_err(|error| PushFault::malformed(&error))?;
        let (raw, faults) = parse::shape::<wire::RawPush>(&tree).map_err(PushFault::Invalid)?;
        if faults.is_empty() {
            // The tree hides what the text has: the same field twice.
            return Err(PushFault::Invalid(vec![first_fault(json)]));
        }
        Self::check(raw, faults, vendors)
    }

    /// The schemas of a push and of all that it is made of, for the API's document. `vendors` are those that can be named.
    pub fn schemas(vendors: &[Vendor]) -> Vec<NamedSchema> {
        schema::schemas(vendors)
    }

    fn check(raw: wire::RawPush, mut faults: Faults, vendors: &[Vendor]) -> Result<Self, PushFault> {
        let push = check::push(raw, &mut faults, vendors);
        match push {
            Some(push) if faults.is_empty() => Ok(push),
            _ => Err(PushFault::Invalid(faults.into_list())),
        }
    }
}

/// The first fault of a text, with its path, found without building a tree.
fn first_fault(json: &[u8]) -> Fault {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, Object<wire::RawPush>>(&mut deserializer) {
        Ok(_) => Fault::new(Path::root(), "is not a push"),
        Err(error) => {
            let segments = error.path().iter().map(ToString::to_string);
            // A place in a list prints as [3].
            let path = segments.map(|segment| segment.trim_matches(['[', ']']).to_owned()).collect();
            let text = error.inner().to_string();
            Fault::new(path, text.split(" at line ").next().unwrap_or_default())
        }
    }
}

// === impl PushFault ===

impl PushFault {
    fn malformed(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let detail = text.split(" at line ").next().unwrap_or("malformed").to_owned();
        PushFault::Malformed { line, column, detail }
    }
}
