//! Exit codes, and what is said with them.

use std::io::Write;
use std::path::Path as FilePath;
use std::process::ExitCode;

use config::ConfigFault;
use model::Fault;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As it should.
    Done,
    /// It failed, or a target was not accepted.
    Failed,
    /// The service could not be asked.
    Unreachable,
    /// Wrong usage or configuration (`EX_USAGE` of sysexits).
    Usage,
}

/// A configuration that cannot be used; every fault of it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct BadConfiguration(Vec<String>);

// === impl Exit ===

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Unreachable => 2,
            Exit::Usage => 64,
        })
    }
}

// === impl BadConfiguration ===

impl BadConfiguration {
    pub(crate) fn of(fault: &ConfigFault) -> Self {
        match fault {
            ConfigFault::Invalid { file, faults } => Self::with(file, faults),
            ConfigFault::Unreadable { .. } | ConfigFault::Syntax { .. } => Self(vec![fault.to_string()]),
        }
    }

    pub(crate) fn with(file: &FilePath, faults: &[Fault]) -> Self {
        Self(faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect())
    }
}

/// Says what went wrong on standard error.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "error: {error:#}");
    match error.downcast_ref::<BadConfiguration>() {
        Some(_) => Exit::Usage,
        None => Exit::Failed,
    }
}
