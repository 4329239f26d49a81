//! Passwords from a file, from standard input or from a prompt; never from an argument, which every user of the machine sees.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::exit::Exit;
use super::failure::Failure;
use super::plain::plain;

/// Where a file's password comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PasswordArguments {
    /// Read the file's password from this file; a line break at its end does not count. An empty file is the empty password.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the file's password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// Longer than any password.
const MAX_BYTES: usize = 4096;

// === impl PasswordArguments ===

impl PasswordArguments {
    /// The password, if one was given. It may be empty: some files are locked with nothing.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<String>>, Failure> {
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
pub(crate) fn prompt(file: &str) -> Result<Zeroizing<String>, Failure> {
    let password = rpassword::prompt_password(format!("Password of {}: ", plain(file)));
    password.map(Zeroizing::new).map_err(|error| unreadable("the terminal", &error))
}

/// The password that locks what is written. Never empty: a secret that was not set must not leave a key unlocked.
pub(crate) fn for_output(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let password = from_file(file)?;
    if password.is_empty() {
        let detail = format!(
            "{}: the password for the new file is empty; leave --out-password-file out to write the key without one",
            file.display()
        );
        return Err(Failure::elsewhere(Exit::Usage, "empty_output_password", detail));
    }
    Ok(password)
}

fn from_file(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let name = file.display().to_string();
    from(std::fs::File::open(file).map_err(|error| unreadable(&name, &error))?, &name)
}

fn from(source: impl Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    // A password of the greatest length, its line break, and one byte more to tell what is longer.
    let most = MAX_BYTES + "\r\n".len() + 1;
    // Room for all at once: growing would leave copies behind that nobody wipes.
    let mut password = Zeroizing::new(Vec::with_capacity(most));
    source.take(most as u64).read_to_end(&mut password).map_err(|error| unreadable(name, &error))?;
    let is_whole = password.len() < most;
    while password.ends_with(b"\n") || password.ends_with(b"\r") {
        password.pop();
    }
    if password.len() > MAX_BYTES || !is_whole {
        let detail = format!("{name}: the password is too long; at most {MAX_BYTES} bytes are taken");
        return Err(Failure::elsewhere(Exit::Unreadable, "password_too_long", detail));
    }
    let password = str::from_utf8(&password).map_err(|_| unreadable(name, &"it is no UTF-8 text"))?;
    Ok(Zeroizing::new(password.to_owned()))
}

fn unreadable(name: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::elsewhere(Exit::Unreadable, "unreadable_password", format!("{name}: the password: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_password_is_taken_whole() {
        let longest = "x".repeat(MAX_BYTES);
        for end in ["", "\n", "\r\n"] {
            assert_eq!(from(format!("{longest}{end}").as_bytes(), "pass").unwrap().as_str(), longest);
            assert!(from(format!("{longest}x{end}").as_bytes(), "pass").is_err());
        }
    }

    #[test]
    fn a_cut_character_is_no_reason_to_speak_of_utf8() {
        let failure = from("ü".repeat(MAX_BYTES).as_bytes(), "pass").unwrap_err();
        assert!(failure.json().to_string().contains("password_too_long"), "{failure:?}");
    }
}
