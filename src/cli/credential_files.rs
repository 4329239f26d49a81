//! Credential files of the command line, opened with whatever password it takes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use certs::{Expectation, LIMIT_BYTES, Unreadable};
use zeroize::Zeroizing;

use super::exit::Exit;
use super::failure::Failure;
use super::password::{PasswordArguments, prompt};
use crate::credentials::Upload;

/// The files as one upload.
pub(crate) fn upload(
    files: &[PathBuf],
    password: &PasswordArguments,
    expected: Expectation,
) -> Result<Upload, Failure> {
    let bytes = files.iter().map(PathBuf::as_path).map(read).collect::<Result<Vec<_>, _>>()?;
    let mut upload = Upload { files: bytes, password: password.read()?, expected };
    if password.may_prompt() && matches!(upload.open(), Err(Unreadable::PasswordNeeded)) {
        upload.password = Some(prompt(&names(files))?);
    }
    Ok(upload)
}

/// The files' names as they were typed.
pub(crate) fn names(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" + ")
}

/// The last part of the first file's name: Apple's keys bear their id in it.
pub(crate) fn first_name(files: &[PathBuf]) -> Option<String> {
    let name = files.first().map(PathBuf::as_path).and_then(Path::file_name);
    name.map(|name| name.to_string_lossy().into_owned())
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let source = File::open(file).map_err(|error| Failure::unreadable(file, &error))?;
    // No more is read than can be used: the file may be a device without an end. Room for all at once: growing would leave copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT_BYTES + 1));
    let most = LIMIT_BYTES as u64 + 1;
    source.take(most).read_to_end(&mut bytes).map_err(|error| Failure::unreadable(file, &error))?;
    if bytes.len() > LIMIT_BYTES {
        let detail = format!("{}: the file has more than {LIMIT_BYTES} bytes, which no credential has", file.display());
        return Err(Failure::elsewhere(Exit::Unreadable, "file_too_large", detail));
    }
    Ok(bytes)
}
