//! How files look from outside, to tell that one was changed.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file's inode and times: whatever writes, replaces or renames a file changes something of it, and so does a symbolic link
/// on the way that is turned to another file, as Kubernetes does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Files that a configuration was read from, and how each looked just before; `None` if it was not there.
pub type Stamps = BTreeMap<PathBuf, Option<Stamp>>;

// === impl Stamp ===

impl Stamp {
    /// How a file looks now.
    pub fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size_bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn it_changes_when_a_file_is_written_replaced_or_linked_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let file = at("secret");
        assert_eq!(Stamp::of(&file), None);
        fs::write(&file, "one").unwrap();
        let first = Stamp::of(&file);
        assert!(first.is_some() && Stamp::of(&file) == first);
        fs::write(at("next"), "two").unwrap();
        fs::rename(at("next"), &file).unwrap();
        let second = Stamp::of(&file);
        assert_ne!(second, first);
        // As a mounted Secret is updated: the link to the folder of the day is replaced by a rename.
        for (day, text) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(at(day)).unwrap();
            fs::write(at(day).join("secret"), text).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        let mounted = at("mounted");
        symlink("..data/secret", &mounted).unwrap();
        let first = Stamp::of(&mounted);
        symlink("..2", at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        assert_ne!(Stamp::of(&mounted), first);
        assert_eq!(fs::read_to_string(&mounted).unwrap(), "two");
    }
}
