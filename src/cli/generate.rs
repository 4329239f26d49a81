//! `pushmux completions`, `pushmux man` and `pushmux openapi`: made of the program itself, so that they cannot be out of date.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::Exit;

/// Prints a script that completes commands and options in a shell.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the manual page, or writes one for each command.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const NAME: &str = "pushmux";
const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  pushmux completions bash > /usr/share/bash-completion/completions/pushmux
  pushmux completions zsh > /usr/share/zsh/vendor-completions/_pushmux
  pushmux completions fish > ~/.config/fish/completions/pushmux.fish";
const MAN_EXAMPLES: &str = "\
Examples:
  pushmux man | man -l -
  pushmux man --dir /usr/local/share/man/man1";

/// Prints the script.
pub(crate) fn completions(arguments: &CompletionsArguments, mut command: Command) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, NAME, &mut script);
    print(&script);
    Exit::Done
}

/// Prints or writes the pages.
pub(crate) fn man(arguments: &ManArguments, command: Command) -> anyhow::Result<Exit> {
    let Some(folder) = &arguments.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        print(&page);
        return Ok(Exit::Done);
    };
    let shown = folder.display();
    std::fs::create_dir_all(folder).with_context(|| format!("{shown}: cannot be made"))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("{shown}: cannot be written to"))?;
    Ok(Exit::Done)
}

/// Prints the API's document.
pub(crate) fn openapi() -> Exit {
    print(crate::openapi::text().as_bytes());
    Exit::Done
}

fn print(text: &[u8]) {
    use std::io::Write;
    // A reader that went away (`| head`) is no reason to fail.
    let _ = std::io::stdout().lock().write_all(text);
}
