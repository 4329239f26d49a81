//! The folder that `start` fills with what a client needs to reach the emulators.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::StartError;

/// The folder; files that bear a secret are readable by their owner alone.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

// === impl Folder ===

impl Folder {
    /// Makes the folder, and its parents, if they are missing.
    pub(crate) fn create(root: PathBuf) -> Result<Self, StartError> {
        match fs::create_dir_all(&root) {
            Ok(()) => Ok(Self { root }),
            Err(cause) => Err(StartError::File { path: root, cause }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// Writes a file that anybody may read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), StartError> {
        self.put(name, text, 0o644)
    }

    /// Writes a file with mode 0600.
    pub(crate) fn write_secret(&self, name: &str, text: &str) -> Result<(), StartError> {
        self.put(name, text, 0o600)
    }

    /// Writes beside and renames, so that nobody reads half a file and an old file's wider mode does not stay.
    fn put(&self, name: &str, text: &str, mode: u32) -> Result<(), StartError> {
        let path = self.root.join(name);
        let beside = self.root.join(format!(".{name}.new"));
        write_new(&beside, text, mode)
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|cause| StartError::File { path, cause })
    }
}

fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(text.as_bytes())
}
