//! `pushmux convert`

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use certs::Expectation;
use certs::convert::PemParts;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::check::unreadable;
use super::credential_files::{first_name, names, upload};
use super::exit::Exit;
use super::password::{PasswordArguments, from_file};
use crate::credentials::{ConvertRequest, Converted, Output, UploadFault};
use crate::{print_error, print_line};

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
    /// Lock the private key that is written with the password in this file. A p12 needs one.
    #[arg(long, value_name = "FILE")]
    out_password_file: Option<PathBuf>,
    /// For p12: 3DES and SHA-1, which old tools and some macOS versions want, instead of AES-256 and SHA-256.
    #[arg(long)]
    legacy: bool,
    /// The topic of the certificate that is meant, where the file holds several.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Replace what is there.
    #[arg(long)]
    force: bool,
    /// Print one JSON object about what was written.
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

Files are readable by their owner only (0600) and replace nothing without --force.
Exit code 0 if it was written, 1 if it cannot be converted or written, 2 if it cannot be read.";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let expected =
        Expectation { file: first_name(&arguments.files), topic: arguments.topic.clone(), ..Expectation::default() };
    let file = names(&arguments.files);
    let upload = match upload(&arguments.files, &arguments.password, expected) {
        Ok(upload) => upload,
        Err(error) => {
            print_error(&format!("{error:#}"));
            return Ok(Exit::Unreadable);
        }
    };
    let password = arguments.out_password_file.as_deref().map(from_file).transpose()?;
    let request = ConvertRequest { output: arguments.output()?, password };
    let now = std::time::SystemTime::now();
    let converted = match upload.convert(&request, now) {
        Ok(converted) => converted,
        Err(fault @ UploadFault::Unreadable(_)) => return Ok(unreadable(&file, &fault, arguments.json)),
        Err(fault) => {
            unreadable(&file, &fault, arguments.json);
            if fault == UploadFault::NeedsPassword {
                print_error("--out-password-file names the file with it");
            }
            return Ok(Exit::Failed);
        }
    };
    let written = write(arguments, &converted)?;
    if arguments.json {
        let written: Vec<String> = written.iter().map(|file| file.display().to_string()).collect();
        print_line(&json!({"file": file, "written": written}).to_string());
    } else if arguments.out.as_os_str() != "-" {
        written.iter().for_each(|file| print_line(&format!("wrote {}", file.display())));
    }
    Ok(Exit::Done)
}

// === impl Arguments ===

impl Arguments {
    fn output(&self) -> anyhow::Result<Output> {
        let extension = self.out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let named = match extension.as_deref() {
            Some("p12" | "pfx") => Form::P12,
            _ => Form::Pem,
        };
        match (self.format.unwrap_or(named), self.legacy) {
            (Form::Pem, false) => Ok(Output::Pem),
            (Form::Pem, true) => anyhow::bail!("--legacy is for p12; PEM has one form"),
            (Form::P12, false) => Ok(Output::Pkcs12),
            (Form::P12, true) => Ok(Output::LegacyPkcs12),
        }
    }

    fn is_folder(&self) -> bool {
        self.out.is_dir() || self.out.as_os_str().to_string_lossy().ends_with('/')
    }
}

fn write(arguments: &Arguments, converted: &Converted) -> anyhow::Result<Vec<PathBuf>> {
    if arguments.out.as_os_str() == "-" {
        std::io::stdout().lock().write_all(&converted.whole).context("standard output")?;
        return Ok(Vec::new());
    }
    match &converted.parts {
        Some(parts) if arguments.is_folder() => write_parts(&arguments.out, parts, arguments.force),
        _ => {
            write_file(&arguments.out, &converted.whole, arguments.force)?;
            Ok(vec![arguments.out.clone()])
        }
    }
}

fn write_parts(folder: &Path, parts: &PemParts, force: bool) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let files = [("certificate.pem", &parts.certificate), ("chain.pem", &parts.chain), ("key.pem", &*parts.key)];
    let files: Vec<(PathBuf, &String)> =
        files.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (folder.join(name), text)).collect();
    // All or nothing: half of a new pair beside half of an old one would be the worst.
    if !force && let Some((file, _)) = files.iter().find(|(file, _)| file.exists()) {
        anyhow::bail!("{} exists; --force replaces it", file.display());
    }
    for (file, text) in &files {
        write_file(file, text.as_bytes(), force)?;
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

/// Writes a file as a whole, readable by its owner only from its first byte on.
fn write_file(file: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let context = || file.display().to_string();
    let mut beside = tempfile::Builder::new().prefix(".pushmux-").tempfile_in(folder).with_context(context)?;
    beside.write_all(bytes).and_then(|()| beside.as_file().sync_all()).with_context(context)?;
    let kept = if force { beside.persist(file) } else { beside.persist_noclobber(file) };
    match kept {
        Ok(_) => Ok(()),
        Err(fault) if fault.error.kind() == std::io::ErrorKind::AlreadyExists => {
            anyhow::bail!("{} exists; --force replaces it", file.display())
        }
        Err(fault) => Err(fault.error).with_context(context),
    }
}
