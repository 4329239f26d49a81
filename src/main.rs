//! The `pushmux` binary; see [`pushmux::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pushmux::cli::main()
}
