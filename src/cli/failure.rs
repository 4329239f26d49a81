//! How `check` and `convert` say what went wrong: a line for people, or one JSON object, whatever it was.

use std::path::Path;

use model::{AppId, Fault};
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::plain::plain;
use crate::assemble::BadConfiguration;
use crate::credentials::{LiveFault, UploadFault};
use crate::{print_error, print_line};

/// Why there is no result.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the command ends.
    pub(crate) exit: Exit,
    /// The stable word for it.
    code: &'static str,
    /// A sentence.
    detail: String,
    /// What is wrong or missing at certain fields.
    faults: Vec<Fault>,
    /// What to do, for people.
    advice: Option<&'static str>,
    /// The sentence says which file it is about; else it is about the command's own.
    names_its_file: bool,
}

// === impl Failure ===

impl Failure {
    /// A failure without faults at certain fields.
    pub(crate) fn new(exit: Exit, code: &'static str, detail: impl Into<String>) -> Self {
        Self { exit, code, detail: detail.into(), faults: Vec::new(), advice: None, names_its_file: false }
    }

    /// One whose detail says which file or option it is about.
    pub(crate) fn elsewhere(exit: Exit, code: &'static str, detail: impl Into<String>) -> Self {
        Self { names_its_file: true, ..Self::new(exit, code, detail) }
    }

    /// Options that do not go together.
    pub(crate) fn usage(detail: impl Into<String>) -> Self {
        Self::elsewhere(Exit::Usage, "wrong_usage", detail)
    }

    /// A file that the system does not let us read.
    pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self::elsewhere(Exit::Unreadable, "unreadable_file", format!("{}: {error}", file.display()))
    }

    /// The same where an option names what is at fault.
    pub(crate) fn of_an_option(self) -> Self {
        Self { exit: Exit::Usage, ..self }
    }

    /// Tells it, `said` being the fields of the answer that hold none the less. Gives the exit code.
    pub(crate) fn tell(&self, file: &str, said: Map<String, Value>, as_json: bool) -> Exit {
        if as_json {
            let mut answer = Map::from_iter([("file".to_owned(), file.into())]);
            answer.extend(said);
            answer.insert("error".to_owned(), self.json());
            print_line(&Value::Object(answer).to_string());
        } else {
            self.print(file);
        }
        self.exit
    }

    /// Tells it to people.
    pub(crate) fn print(&self, file: &str) {
        let context = if self.names_its_file { String::new() } else { format!("{}: ", plain(file)) };
        print_error(&format!("{context}{} ({})", plain(&self.detail), self.code));
        if let Some(advice) = self.advice {
            print_error(advice);
        }
    }

    /// `{"code", "detail"}`, with `"faults"` where some are known.
    pub(crate) fn json(&self) -> Value {
        let fault = |fault: &Fault| json!({"path": fault.path.pointer(), "detail": fault.detail});
        let mut error = json!({"code": self.code, "detail": self.detail});
        if !self.faults.is_empty() {
            error["faults"] = self.faults.iter().map(fault).collect();
        }
        error
    }
}

impl From<UploadFault> for Failure {
    fn from(fault: UploadFault) -> Self {
        let exit = if matches!(fault, UploadFault::Unreadable(_)) { Exit::Unreadable } else { Exit::Failed };
        let advice =
            (fault == UploadFault::NeedsPassword).then_some("--out-password-file names the file with the password");
        Self { advice, ..Self::new(exit, fault.code(), fault.to_string()) }
    }
}

impl Failure {
    /// No vendor was asked; `app` is the one whose channels were to say where.
    pub(crate) fn of_live(fault: LiveFault, app: &AppId) -> Self {
        const MISSING: &str = "give what is missing with --topic, --key-id, --team-id or --set FIELD=VALUE";
        let detail = fault.to_string();
        match fault {
            LiveFault::NotAskable(_) => Self::new(Exit::Failed, "not_askable", detail),
            LiveFault::Settings { faults, .. } => {
                Self { faults, advice: Some(MISSING), ..Self::new(Exit::Usage, "incomplete", detail) }
            }
            LiveFault::Open(_) => Self::new(Exit::Usage, "unusable", detail),
            LiveFault::NoPlace { vendor, .. } => {
                let remedy = format!("{detail}: configure [apps.{app}.{vendor}], or name another --app");
                Self::new(Exit::Usage, "no_channel", remedy)
            }
            LiveFault::NotSendable(_) => Self::new(Exit::Usage, "not_sendable", detail),
            LiveFault::TooOften(_) => Self::new(Exit::Failed, "too_many_checks", detail),
            LiveFault::Busy(_) => Self::new(Exit::Failed, "busy", detail),
        }
    }
}

impl From<BadConfiguration> for Failure {
    fn from(bad: BadConfiguration) -> Self {
        Self::elsewhere(Exit::Usage, "bad_configuration", bad.lines().join("; "))
    }
}
