//! Where secrets and files come from.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path as FilePath, PathBuf};

use model::Path;
use model::parse::Faults;
use serde_json::{Map, Value};

use crate::stamp::{Stamp, Stamps};

type ReadFile = dyn Fn(&FilePath) -> Result<Vec<u8>, String>;
type ReadVariable = dyn Fn(&str) -> Option<String>;

/// Reads what a configuration refers to: the system's files and environment, or a test's.
pub struct Source {
    file: Box<ReadFile>,
    variable: Box<ReadVariable>,
    /// Where relative paths start.
    folder: PathBuf,
    /// What was read so far.
    stamps: RefCell<Stamps>,
}

// === impl Source ===

impl Source {
    /// Files below a folder (or absolute), and the process environment.
    pub fn system(folder: &FilePath) -> Self {
        let read = |path: &FilePath| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
        Self { folder: folder.to_owned(), ..Self::new(read, |name| std::env::var(name).ok()) }
    }

    /// Any source.
    pub fn new(
        file: impl Fn(&FilePath) -> Result<Vec<u8>, String> + 'static,
        variable: impl Fn(&str) -> Option<String> + 'static,
    ) -> Self {
        let (file, variable) = (Box::new(file), Box::new(variable));
        Self { file, variable, folder: PathBuf::new(), stamps: RefCell::default() }
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(path);
        // Before it is read, so that a change meanwhile shows.
        self.stamps.borrow_mut().entry(path.clone()).or_insert_with(|| Stamp::of(&path));
        (self.file)(&path)
    }

    /// The files that were read, or could not be.
    pub(crate) fn into_stamps(self) -> Stamps {
        self.stamps.into_inner()
    }

    /// Puts the text of every `{ file = ".." }` and `{ env = ".." }` under `value` beside it.
    pub(crate) fn resolve(&self, fields: &mut Map<String, Value>, path: &Path, faults: &mut Faults) {
        for (name, value) in fields.iter_mut() {
            let Value::Object(table) = value else { continue };
            let place = path.at(name);
            match self.text_of(table) {
                Some(Ok(text)) => drop(table.insert("value".to_owned(), text.into())),
                Some(Err(detail)) => faults.add(&place, detail),
                None => self.resolve(table, &place, faults),
            }
        }
    }

    /// The text that a table refers to; `None` if it is not such a table.
    fn text_of(&self, table: &Map<String, Value>) -> Option<Result<String, String>> {
        let only = |key: &str| table.get(key).and_then(Value::as_str).filter(|_| table.len() == 1);
        if let Some(file) = only("file") {
            let text = self.read(file);
            return Some(text.and_then(|bytes| {
                String::from_utf8(bytes).map_err(|_| {
                    format!("{file}: is not text; a certificate or key must be PEM, which pushmux convert makes of it")
                })
            }));
        }
        let name = only("env")?;
        Some((self.variable)(name).ok_or_else(|| format!("the environment variable {name} is not set")))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}
