//! `pushmux convert`

use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use certs::Expectation;
use clap::{Args, ValueEnum};
use serde_json::{Map, json};

use super::credential_files::{first_name, names, upload};
use super::exit::Exit;
use super::failure::Failure;
use super::output_file::{Staged, not_written};
use super::output_folder::{self, Changes};
use super::password::{PasswordArguments, for_output};
use super::plain::plain;
use crate::credentials::{ConvertRequest, Converted, Output};
use crate::print_line;

/// Writes a credential in another form: p12 to PEM, or back to a p12 that current tools read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file; a certificate and its key may be two.
    #[arg(value_name = "IN", required = true, num_args = 1..=10)]
    files: Vec<PathBuf>,
    /// Where to: a file, or a folder (which exists, or ends in /) for certificate.pem, chain.pem and key.pem apart; `-` is
    /// standard output.
    #[arg(long, short, value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    password: PasswordArguments,
    /// The form; else what the name of OUT says: p12 for .p12 and .pfx.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Lock the private key that is written with the password in this file, which must not be empty. A p12 needs one.
    #[arg(long, value_name = "FILE")]
    out_password_file: Option<PathBuf>,
    /// For p12: 3DES and SHA-1, which old tools and some macOS versions want, instead of AES-256 and SHA-256.
    #[arg(long)]
    legacy: bool,
    /// The topic of the certificate that is meant, where the file holds several.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Replace regular files that are there, and in a folder remove the parts that the new credential does not have. A
    /// symbolic link stays, and the file that it points to is replaced.
    #[arg(long)]
    force: bool,
    /// Print one JSON object about what was written, or why not.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Pem,
    P12,
}

const EXAMPLES: &str = "\
Examples:
  pushmux convert push.p12 --out push.pem
  pushmux convert push.p12 --out credentials/          certificate.pem, chain.pem, key.pem
  pushmux convert push.p12 --out push.pem --out-password-file pass
  pushmux convert certificate.pem key.pem --out push.p12 --out-password-file pass

Files are readable by their owner only (0600), also where they replace others, and replace nothing without --force. Devices,
pipes and folders are never replaced. In a folder the three parts belong together: if any of them is there, none is written.
Exit code 0 if it was written, 1 if it cannot be converted or written, 2 if it cannot be read, 64 for wrong usage.";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let file = names(&arguments.files);
    let changes = match convert(arguments) {
        Ok(changes) => changes,
        Err(failure) => return Ok(failure.tell(&file, Map::new(), arguments.json)),
    };
    let shown = |files: &[PathBuf]| files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
    let (written, removed) = (shown(&changes.written), shown(&changes.removed));
    if arguments.json {
        print_line(&json!({"file": file, "written": written, "removed": removed}).to_string());
    } else {
        written.iter().for_each(|file| print_line(&format!("wrote {}", plain(file))));
        removed.iter().for_each(|file| print_line(&format!("removed {}, of an older credential", plain(file))));
    }
    Ok(Exit::Done)
}

fn convert(arguments: &Arguments) -> Result<Changes, Failure> {
    let output = arguments.output()?;
    let password = arguments.out_password_file.as_deref().map(for_output).transpose()?;
    let expected =
        Expectation { file: first_name(&arguments.files), topic: arguments.topic.clone(), ..Expectation::default() };
    let upload = upload(&arguments.files, &arguments.password, expected)?;
    let converted = upload.convert(&ConvertRequest { output, password }, SystemTime::now())?;
    arguments.write(&converted)
}

// === impl Arguments ===

impl Arguments {
    /// What to write, if the options go together.
    fn output(&self) -> Result<Output, Failure> {
        let extension = self.out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let named = match extension.as_deref() {
            Some("p12" | "pfx") => Form::P12,
            _ => Form::Pem,
        };
        let form = self.format.unwrap_or(named);
        if self.json && self.is_stdout() {
            return Err(Failure::usage("--json and --out - would both write to standard output: leave one out"));
        }
        if form == Form::P12 && self.is_folder() {
            let out = self.out.display();
            return Err(Failure::usage(format!("{out} is a folder, and a p12 is one file: name it in --out")));
        }
        match (form, self.legacy) {
            (Form::Pem, false) => Ok(Output::Pem),
            (Form::Pem, true) => Err(Failure::usage("--legacy is for p12; PEM has one form")),
            (Form::P12, false) => Ok(Output::Pkcs12),
            (Form::P12, true) => Ok(Output::LegacyPkcs12),
        }
    }

    fn write(&self, converted: &Converted) -> Result<Changes, Failure> {
        if self.is_stdout() {
            let mut stdout = std::io::stdout().lock();
            let done = stdout.write_all(&converted.whole).and_then(|()| stdout.flush());
            return done.map(|()| Changes::default()).map_err(|error| not_written("standard output".as_ref(), error));
        }
        match &converted.parts {
            Some(parts) if self.is_folder() => output_folder::write(&self.out, parts, self.force),
            _ => {
                let written = Staged::write(&self.out, &converted.whole, self.force)?.keep()?;
                Ok(Changes { written: vec![written], removed: Vec::new() })
            }
        }
    }

    fn is_stdout(&self) -> bool {
        self.out.as_os_str() == "-"
    }

    fn is_folder(&self) -> bool {
        self.out.is_dir() || self.out.as_os_str().to_string_lossy().ends_with('/')
    }
}
