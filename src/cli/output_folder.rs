//! A credential's parts in a folder: `certificate.pem`, `chain.pem`, `key.pem`.
//!
//! The three belong together, so they are replaced together: half of a new pair beside half of an old one would be the worst.

use std::path::{Path, PathBuf};

use certs::convert::PemParts;

use super::failure::Failure;
use super::output_file::{Staged, exists, is_there, not_written, place};

/// What has changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) written: Vec<PathBuf>,
    /// Parts of an older credential that the new one does not have.
    pub(super) removed: Vec<PathBuf>,
}

/// Writes the parts that are not empty. With `force` those that are there are replaced, and those that the new credential does
/// not have are removed once it is in place; a link among them is removed, not what it points to.
pub(super) fn write(folder: &Path, parts: &PemParts, force: bool) -> Result<Changes, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| not_written(folder, error))?;
    let files = [("certificate.pem", &parts.certificate), ("chain.pem", &parts.chain), ("key.pem", &*parts.key)];
    let files = files.map(|(name, text)| (folder.join(name), text));
    let (new, others): (Vec<_>, Vec<_>) = files.iter().partition(|(_, text)| !text.is_empty());
    let old: Vec<&PathBuf> = others.into_iter().map(|(file, _)| file).filter(|file| is_there(file)).collect();
    // Everything that can be refused is refused before anything changes.
    for (file, _) in &files {
        if !force && is_there(file) {
            return Err(exists(file));
        }
        place(file, force)?;
    }
    let staged = new.into_iter().map(|(file, text)| Staged::write(file, text.as_bytes(), force));
    let staged = staged.collect::<Result<Vec<_>, _>>()?;
    let mut changes = Changes::default();
    for part in staged {
        changes.written.push(part.keep()?);
    }
    for file in old {
        std::fs::remove_file(file).map_err(|error| {
            not_written(file, format!("is of an older credential, the new one beside it is written, but: {error}"))
        })?;
        changes.removed.push(file.clone());
    }
    Ok(changes)
}
