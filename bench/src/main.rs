//! What a push costs.
//!
//! `cargo run --release -p bench -- [SCENARIO]... [--json FILE]`. Service, emulators, load generator and bare client are processes of
//! their own, all of this one binary; the operating system tells what each has used of the processors. Every figure of cost is
//! given next to a bare `h2` client that sent the same requests to the same emulator a moment before, so that it means something on
//! a machine that is slow, or not quiet. `docs/performance.md` has the method and the figures.

mod callgrind;
mod floor;
mod identity;
mod measure;
mod report;
mod rig;
mod scenarios;
mod usage;
mod worker;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use report::Report;
use rig::Rig;
use scenarios::{ALL, Scenario};

/// Measures what a push costs, next to a bare HTTP/2 client in the same run.
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// Which scenarios; all if none is named. `list` tells what there is.
    scenarios: Vec<String>,
    /// Write every figure to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Rounds of each comparison; the median is what counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// So much of the usual load, in percent: less is faster and less exact.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    load: u32,
}

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p bench                           everything, in less than ten minutes
  cargo run --release -p bench -- list                   what there is
  cargo run --release -p bench -- direct durable         only these
  cargo run --release -p bench -- fanout --rounds 9 --json fanout.json
  scripts/check-instructions                             has a push become dearer? (valgrind)

Exit codes:
  0 measured    1 a push was lost, or a scenario could not be run    64 wrong usage";

fn main() -> ExitCode {
    // Every process of the rig is this file: told apart by the name it is started under.
    match rig::role() {
        rig::Role::Pushmux => return pushmux::cli::main(),
        rig::Role::Worker => return worker::main(),
        rig::Role::Bench => {}
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    if arguments.scenarios.iter().any(|name| name == "list") {
        ALL.iter().for_each(|scenario| report::line(&format!("{:<12} {}", scenario.name, scenario.about)));
        return ExitCode::SUCCESS;
    }
    let wanted = match chosen(&arguments.scenarios) {
        Ok(wanted) => wanted,
        Err(name) => {
            report::error(&format!("no scenario is called {name}; `list` tells what there is"));
            return ExitCode::from(64);
        }
    };
    match run(&wanted, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Scenario>, &String> {
    if names.is_empty() {
        return Ok(ALL.iter().filter(|scenario| scenario.is_usual).collect());
    }
    names.iter().map(|name| ALL.iter().find(|scenario| scenario.name == *name).ok_or(name)).collect()
}

/// All of them, each to its end; what went wrong with any is told last.
fn run(scenarios: &[&Scenario], arguments: &Arguments) -> anyhow::Result<()> {
    let began = Instant::now();
    // Only the second in one process would be refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let mut report = Report::new(arguments.rounds, arguments.load);
        report::line(&report.machine());
        for scenario in scenarios {
            report.begin(scenario.name, scenario.about);
            let rig = Rig { rounds: arguments.rounds, load_percent: arguments.load };
            if let Err(error) = (scenario.run)(&rig, &mut report).await {
                report.fail(&format!("{error:#}"));
            }
        }
        report.end(began.elapsed());
        if let Some(file) = &arguments.json {
            report.write(file)?;
        }
        anyhow::ensure!(report.failures() == 0, "{} scenario(s) failed", report.failures());
        Ok(())
    })
}
