//! Passwords from a file, from standard input or from a prompt; never from an argument, which every user of the machine sees.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use zeroize::Zeroizing;

/// Where a file's password comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PasswordArguments {
    /// Read the file's password from this file; a line break at its end does not count.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the file's password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

// === impl PasswordArguments ===

impl PasswordArguments {
    /// The password, if one was given.
    pub(crate) fn read(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        match (&self.password_file, self.password_stdin) {
            (Some(file), _) => from_file(file).map(Some),
            (None, true) => from(std::io::stdin().lock(), "standard input").map(Some),
            (None, false) => Ok(None),
        }
    }

    /// Whether the user may be asked: nothing was said about a password, and somebody sits there.
    pub(crate) fn may_prompt(&self) -> bool {
        self.password_file.is_none() && !self.password_stdin && std::io::stdin().is_terminal()
    }
}

/// Asks, without showing what is typed.
pub(crate) fn prompt(file: &str) -> anyhow::Result<Zeroizing<String>> {
    let password = rpassword::prompt_password(format!("Password of {file}: ")).context("the terminal")?;
    Ok(Zeroizing::new(password))
}

/// The password in a file.
pub(crate) fn from_file(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let name = file.display().to_string();
    from(std::fs::File::open(file).with_context(|| name.clone())?, &name)
}

fn from(source: impl Read, name: &str) -> anyhow::Result<Zeroizing<String>> {
    /// Longer than any password.
    const MAX_BYTES: u64 = 4096;
    // Room for all at once: growing would leave copies behind that nobody wipes.
    let mut password = Zeroizing::new(String::with_capacity(4096));
    source.take(MAX_BYTES).read_to_string(&mut password).with_context(|| format!("{name}: the password"))?;
    let length = password.trim_end_matches(['\n', '\r']).len();
    password.truncate(length);
    Ok(password)
}
