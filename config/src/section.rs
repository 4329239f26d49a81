//! A table that may hold secrets: references are followed, then its shape and its values are checked.

use model::parse::{self, Faults};
use model::{Path, wipe};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::source::Source;

/// What `read` makes of a table; `None` if anything in it is at fault. `read` is given the table's fields, whether a field's
/// reference could be followed (if not, it has its fault, and what it refers to is not missing besides), and where to put
/// faults, with paths that start at the table. The text of secrets is wiped.
pub(crate) fn read<R: DeserializeOwned, T>(
    mut fields: Map<String, Value>,
    path: &Path,
    source: &Source,
    faults: &mut Faults,
    read: impl FnOnce(R, &dyn Fn(&str) -> bool, &mut Faults) -> Option<T>,
) -> Option<T> {
    let mut unread = Faults::default();
    source.resolve(&mut fields, &Path::root(), &mut unread);
    fields.retain(|name, _| !unread.any_within(&Path::root().at(name)));
    let mut tree = Value::Object(fields);
    let shaped = parse::shape::<R>(&tree);
    wipe(&mut tree);
    let unread = unread.into_list();
    let (checked, found) = match shaped {
        Ok((raw, mut inner)) => {
            let is_read = |name: &str| !unread.iter().any(|fault| fault.path.is_within(&Path::root().at(name)));
            (read(raw, &is_read, &mut inner), inner.into_list())
        }
        Err(found) => (None, found),
    };
    let is_good = unread.is_empty() && found.is_empty();
    unread.into_iter().chain(found).for_each(|fault| faults.add(&path.join(&fault.path), fault.detail));
    checked.filter(|_| is_good)
}
