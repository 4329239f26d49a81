//! A push from a file or standard input.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

/// The text of a file; `-` is standard input.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return std::fs::read(file).with_context(|| file.display().to_string());
    }
    let mut push = Vec::new();
    std::io::stdin().lock().read_to_end(&mut push).context("standard input")?;
    Ok(push)
}
