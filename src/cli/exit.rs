//! Exit codes, and what is said with them.

use std::process::ExitCode;

use super::plain::plain_lines;
use crate::assemble::{AssemblyFault, BadConfiguration};
use crate::http::Exposed;
use crate::print_error;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As it should.
    Done,
    /// It failed, or a target was not accepted.
    Failed,
    /// The service could not be asked.
    Unreachable,
    /// The file could not be read.
    Unreadable,
    /// Wrong usage or configuration (`EX_USAGE` of sysexits).
    Usage,
}

// === impl Exit ===

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Unreachable | Exit::Unreadable => 2,
            Exit::Usage => 64,
        })
    }
}

/// Says what went wrong on standard error.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    print_error(&plain_lines(&format!("{error:#}")));
    let is_configuration = error.is::<BadConfiguration>()
        || error.is::<Exposed>()
        || error.downcast_ref().is_some_and(|fault| matches!(fault, AssemblyFault::Configuration(_)));
    if is_configuration { Exit::Usage } else { Exit::Failed }
}
