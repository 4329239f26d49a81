//! What the process costs, as Linux tells it. Elsewhere there is nothing to tell.

use std::fmt;
use std::fs;

use super::sheet::Sheet;
use super::table;

/// What `/proc/self` says.
#[derive(Debug, PartialEq)]
struct Process {
    cpu_seconds: f64,
    resident_bytes: f64,
    virtual_bytes: f64,
    open_fds: Option<f64>,
    max_fds: Option<f64>,
    started: Option<f64>,
}

/// Clock ticks of `/proc` in a second: fixed by the kernel's interface to programs, whatever its own clock.
const TICKS: f64 = 100.0;

pub(super) fn encode(sheet: &mut Sheet<'_>) -> fmt::Result {
    let Some(process) = Process::read() else { return Ok(()) };
    sheet.single(&table::CPU, process.cpu_seconds)?;
    sheet.single(&table::RESIDENT, process.resident_bytes)?;
    sheet.single(&table::VIRTUAL, process.virtual_bytes)?;
    for (metric, value) in
        [(&table::FDS, process.open_fds), (&table::MAX_FDS, process.max_fds), (&table::STARTED, process.started)]
    {
        if let Some(value) = value {
            sheet.single(metric, value)?;
        }
    }
    Ok(())
}

// === impl Process ===

impl Process {
    fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let boot = fs::read_to_string("/proc/stat").ok();
        let boot = boot.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("btime ")));
        let boot = boot.and_then(|seconds| seconds.trim().parse::<f64>().ok());
        let limits = fs::read_to_string("/proc/self/limits").ok();
        Some(Self {
            // The folder is opened to be read, and counts itself.
            open_fds: fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1) as f64),
            max_fds: limits.as_deref().and_then(max_fds),
            ..Self::of(&stat, &status, boot)?
        })
    }

    /// The fields of `stat` are counted from behind the name, which may hold anything.
    fn of(stat: &str, status: &str, boot: Option<f64>) -> Option<Self> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / TICKS,
            resident_bytes: kib("VmRSS:")? * 1024.0,
            virtual_bytes: kib("VmSize:")? * 1024.0,
            open_fds: None,
            max_fds: None,
            started: boot.zip(field(22)).map(|(boot, ticks)| boot + ticks / TICKS),
        })
    }
}

fn max_fds(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_whatever_the_process_is_called() {
        let stat = "77 (a ) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 4200 1000 10";
        let status = "Name:\ta ) b\nVmSize:\t    2048 kB\nVmRSS:\t     512 kB\n";
        let process = Process::of(stat, status, Some(1_790_000_000.0)).unwrap();
        assert_eq!((process.cpu_seconds, process.started), (3.0, Some(1_790_000_042.0)));
        assert_eq!((process.virtual_bytes, process.resident_bytes), (2_097_152.0, 524_288.0));
        assert_eq!(max_fds("Limit Soft Hard\nMax open files            1024   524288   files\n"), Some(1024.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_told() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 1e6 && process.open_fds.unwrap() >= 3.0, "{process:?}");
        assert!(process.started.unwrap() > 1.7e9, "{process:?}");
    }
}
