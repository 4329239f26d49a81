//! Credential files of the command line, opened with whatever password it takes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use certs::{Expectation, Unreadable};
use zeroize::Zeroizing;

use super::password::{PasswordArguments, prompt};
use crate::credentials::Upload;

/// The files as one upload.
pub(crate) fn upload(files: &[PathBuf], password: &PasswordArguments, expected: Expectation) -> anyhow::Result<Upload> {
    let read = |file: &PathBuf| {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        Ok(Zeroizing::new(bytes))
    };
    let bytes = files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let mut upload = Upload { files: bytes, password: password.read()?, expected };
    if password.may_prompt() && matches!(upload.open(), Err(Unreadable::PasswordNeeded)) {
        upload.password = Some(prompt(&names(files))?);
    }
    Ok(upload)
}

/// The files' names, for people.
pub(crate) fn names(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" + ")
}

/// The last part of the first file's name: Apple's keys bear their id in it.
pub(crate) fn first_name(files: &[PathBuf]) -> Option<String> {
    let name = files.first().map(PathBuf::as_path).and_then(Path::file_name);
    name.map(|name| name.to_string_lossy().into_owned())
}
