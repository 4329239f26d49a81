//! A file with a secret in it: written as a whole beside its place, readable by its owner only (0600) from its first byte on,
//! then moved there.
//!
//! Only regular files are replaced. A symbolic link is followed, and stays: what it points to is written. Devices, pipes,
//! sockets and folders are refused, with `--force` too; so are `/dev/stdout` and its like, for which there is `-`.

use std::fs::Metadata;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::exit::Exit;
use super::failure::Failure;

/// A file on the disk, not yet in its place.
pub(super) struct Staged {
    file: NamedTempFile,
    place: PathBuf,
    /// The name that was asked for, which may be a link to the place.
    name: PathBuf,
    force: bool,
}

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// Where a file of that name would be written, if it may be.
pub(super) fn place(name: &Path, force: bool) -> Result<PathBuf, Failure> {
    let mut place = name.to_owned();
    for _ in 0..MAX_LINKS {
        if is_stream(&place) {
            let why = "is no regular file: `--out -` writes to standard output";
            return Err(not_written(name, why));
        }
        match std::fs::symlink_metadata(&place) {
            Ok(found) if found.is_symlink() => {
                let target = std::fs::read_link(&place).map_err(|error| not_written(name, error))?;
                place = folder(&place).join(target);
            }
            Ok(found) => return replaceable(name, &found, force).map(|()| place),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(place),
            Err(error) => return Err(not_written(name, error)),
        }
    }
    Err(not_written(name, "has too many links"))
}

/// Whether something stands at a place, be it a link to nothing.
pub(super) fn is_there(file: &Path) -> bool {
    std::fs::symlink_metadata(file).is_ok()
}

/// What is not replaced unasked.
pub(super) fn exists(file: &Path) -> Failure {
    Failure::elsewhere(Exit::Failed, "output_exists", format!("{} exists; --force replaces it", file.display()))
}

pub(super) fn not_written(file: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::elsewhere(Exit::Failed, "output_not_written", format!("{}: {why}", file.display()))
}

fn replaceable(name: &Path, found: &Metadata, force: bool) -> Result<(), Failure> {
    match (found.is_file(), force) {
        (true, true) => Ok(()),
        (true, false) => Err(exists(name)),
        (false, _) if found.is_dir() => Err(not_written(name, "is a folder: only regular files are replaced")),
        (false, _) => {
            let why = "is a device, a pipe or a socket: only regular files are replaced; `--out -` is standard output";
            Err(not_written(name, why))
        }
    }
}

/// Names of open files of this process. What they stand for may be a regular file, but somebody else has it open.
fn is_stream(file: &Path) -> bool {
    ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|stream| file.starts_with(stream))
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

// === impl Staged ===

impl Staged {
    /// Writes the bytes beside their place.
    pub(super) fn write(name: &Path, bytes: &[u8], force: bool) -> Result<Self, Failure> {
        let place = place(name, force)?;
        let fault = |error: std::io::Error| not_written(name, error);
        let mut file = tempfile::Builder::new().prefix(".pushmux-").tempfile_in(folder(&place)).map_err(fault)?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(fault)?;
        Ok(Self { file, place, name: name.to_owned(), force })
    }

    /// Moves it to its place. Gives the name that was asked for.
    pub(super) fn keep(self) -> Result<PathBuf, Failure> {
        let Self { file, place, name, force } = self;
        let kept = if force { file.persist(&place) } else { file.persist_noclobber(&place) };
        match kept {
            Ok(_) => Ok(name),
            Err(fault) if fault.error.kind() == ErrorKind::AlreadyExists => Err(exists(&name)),
            Err(fault) => Err(not_written(&name, fault.error)),
        }
    }
}
