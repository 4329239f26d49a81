//! What is printed, and written as JSON.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::measure::Spread;

/// Every figure of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: String,
    rounds: u32,
    load_percent: u32,
    scenarios: Vec<Section>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

/// The figures of one scenario.
#[derive(Debug, Serialize)]
struct Section {
    scenario: &'static str,
    figures: Vec<Figure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    #[serde(flatten)]
    pub(crate) value: Spread,
    /// The most it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<f64>,
}

// === impl Figure ===

impl Figure {
    pub(crate) fn new(what: impl Into<String>, unit: &'static str, values: impl IntoIterator<Item = f64>) -> Self {
        Self { what: what.into(), unit, value: Spread::of(values), target: None }
    }

    pub(crate) fn at_most(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    fn print(&self) {
        let Spread { median, least, most } = self.value;
        let digits = if median >= 1000.0 { 0 } else { 2 };
        let spread = match least.total_cmp(&most).is_eq() {
            true => String::new(),
            false => format!("({least:.digits$} to {most:.digits$})"),
        };
        let target = self.target.map_or(String::new(), |target| {
            let word = if median <= target { "met" } else { "missed" };
            format!("  target {target}: {word}")
        });
        line(&format!("  {:<44} {median:>12.digits$} {:<8} {spread:<22}{target}", self.what, self.unit));
    }
}

// === impl Report ===

impl Report {
    pub(crate) fn new(rounds: u32, load_percent: u32) -> Self {
        Self { machine: machine(), rounds, load_percent, scenarios: Vec::new(), seconds: None }
    }

    pub(crate) fn machine(&self) -> String {
        format!("{}; {} rounds at {} % load; median (least to most)", self.machine, self.rounds, self.load_percent)
    }

    pub(crate) fn begin(&mut self, scenario: &'static str, about: &str) {
        line(&format!("\n{scenario}: {about}"));
        self.scenarios.push(Section { scenario, figures: Vec::new(), failed: None });
    }

    pub(crate) fn add(&mut self, figure: Figure) {
        figure.print();
        self.section().figures.push(figure);
    }

    pub(crate) fn fail(&mut self, why: &str) {
        line(&format!("  FAILED: {why}"));
        self.section().failed = Some(why.to_owned());
    }

    pub(crate) fn failures(&self) -> usize {
        self.scenarios.iter().filter(|section| section.failed.is_some()).count()
    }

    pub(crate) fn end(&mut self, took: Duration) {
        self.seconds = Some(took.as_secs_f64());
        let figures = self.scenarios.iter().flat_map(|section| &section.figures);
        let bounded: Vec<&Figure> = figures.filter(|figure| figure.target.is_some()).collect();
        let missed = bounded.iter().filter(|figure| figure.target.is_some_and(|target| figure.value.median > target));
        let (bounded, missed) = (bounded.len(), missed.count());
        line(&format!("\n{} of {bounded} targets met; {:.0} s", bounded - missed, took.as_secs_f64()));
    }

    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    fn section(&mut self) -> &mut Section {
        self.scenarios.last_mut().expect("a scenario has begun")
    }
}

/// Processor, how many of them, and the kernel.
fn machine() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']).to_owned();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{model}, {cores} processors, Linux {}", kernel.trim())
}

/// Output is what the rig is for.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "error: {text}");
}
