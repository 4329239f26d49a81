//! Counts the instructions of a service: the same on a busy machine as on a quiet one.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::rig::{self, Process};

/// valgrind's tool of that name, and where it writes.
pub(crate) struct Callgrind {
    folder: TempDir,
}

// === impl Callgrind ===

impl Callgrind {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Under valgrind a program is called by its file's name.
        symlink(std::env::current_exe()?, folder.path().join(rig::PUSHMUX))?;
        Ok(Self { folder })
    }

    pub(crate) fn serve(&self, config: &Path, address: SocketAddr) -> anyhow::Result<Command> {
        let mut valgrind = Command::new("valgrind");
        let mut written_to = std::ffi::OsString::from("--callgrind-out-file=");
        written_to.push(self.file());
        valgrind.arg("--tool=callgrind").arg(written_to).arg(self.folder.path().join(rig::PUSHMUX));
        valgrind.args(rig::serving(config, address)).kill_on_drop(true);
        Ok(valgrind)
    }

    /// Counts from here on.
    pub(crate) async fn zero(&self, service: &Process) -> anyhow::Result<()> {
        let control = Command::new("callgrind_control").args(["--zero", &service.id().to_string()]).output().await?;
        ensure!(control.status.success(), "callgrind_control failed; is valgrind installed?");
        Ok(())
    }

    /// How many there were until the service ended.
    pub(crate) fn counted(&self) -> anyhow::Result<u64> {
        let text = fs::read_to_string(self.file()).context("callgrind wrote nothing")?;
        let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
        Ok(totals.context("callgrind told no totals")?.trim().parse()?)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("callgrind.out")
    }
}
