//! `pushmux check`

use std::path::PathBuf;
use std::time::SystemTime;

use certs::{Contents, Expectation, Report};
use channel::{Clock, HttpClients};
use clap::Args;
use model::{DeviceToken, Environment};
use serde_json::{Map, Value};

use super::credential_files::{first_name, names, upload};
use super::exit::Exit;
use super::failure::Failure;
use super::live_table::live_table;
use super::password::PasswordArguments;
use super::place::PlaceArguments;
use super::plain::{plain, plain_lines};
use crate::credentials::{CheckDocument, LiveRequest, LiveRow, Origin, Probes, UploadFault};
use crate::print_line;

/// Says what a credential file is, what it is good for and until when; with --live also whether the vendor takes it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file; a certificate and its key may be two.
    #[arg(value_name = "FILE", required = true, num_args = 1..=10)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArguments,
    /// Print one JSON object instead of text, whatever the outcome.
    #[arg(long)]
    json: bool,
    /// The app's topic (bundle id): must be among the certificate's, and settles which of several certificates is meant.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Only this environment: production or sandbox.
    #[arg(long, value_name = "ENVIRONMENT", value_parser = environment)]
    environment: Option<Environment>,
    /// Apple's key id, for a .p8 key; else the one in the file's name.
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// Apple's team id, for a .p8 key.
    #[arg(long, value_name = "ID")]
    team_id: Option<String>,
    #[command(flatten)]
    live: LiveArguments,
}

/// How the vendor is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asking the vendor")]
struct LiveArguments {
    /// Ask the vendor: one push to a made-up device token in each environment, which reaches nobody.
    #[arg(long)]
    live: bool,
    /// Send a visible test push to this device token instead.
    #[arg(long, value_name = "TOKEN", requires = "live", value_parser = DeviceToken::parse)]
    token: Option<DeviceToken>,
    #[command(flatten)]
    place: PlaceArguments,
    /// Any other field of the vendor's section, such as token_endpoint=https://localhost:8443/token.
    #[arg(long, value_name = "FIELD=VALUE", requires = "live", value_parser = assignment)]
    set: Vec<(String, String)>,
}

const EXAMPLES: &str = "\
Examples:
  pushmux check push.p12                               asks for the password if there is one
  pushmux check push.p12 --password-file pass --json
  pushmux check certificate.pem key.pem --topic com.example.app
  pushmux check AuthKey_ABC123DEFG.p8 --team-id DEF123GHIJ --topic com.example.app --live
  pushmux check service-account.json --live
  pushmux check push.pem --live --config /tmp/emulators/pushmux.toml --app demo-cert

Exit code 0 if it can be used, 1 if it has problems or a vendor refuses it, 2 if it cannot be read, 64 if --live needs to be
told more. Every code is explained in docs/credentials.md.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let file = names(&arguments.files);
    let expected = arguments.expected();
    let opened = upload(&arguments.files, &arguments.password, expected.clone())
        .and_then(|upload| Ok(upload.check(SystemTime::now()).map_err(UploadFault::from)?));
    let (contents, report) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            let said = Map::from_iter([("usable".to_owned(), false.into())]);
            return Ok(failure.tell(&file, said, arguments.json));
        }
    };
    let mut document = CheckDocument { file: Some(file.clone()), report, live: None };
    let mut failure = None;
    if arguments.live.live {
        match arguments.ask(&contents, &document.report, &expected).await {
            Ok(rows) => document.live = Some(rows),
            Err(fault) => failure = Some(fault),
        }
    }
    show(&file, &document, failure.as_ref(), arguments.json)
}

/// A file's own report stands, also where no vendor could be asked.
fn show(file: &str, document: &CheckDocument, failure: Option<&Failure>, as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        let mut answer = serde_json::to_value(document)?;
        if let Some(failure) = failure {
            answer["live_error"] = failure.json();
        }
        print_line(&serde_json::to_string_pretty(&answer)?);
    } else {
        let live = document.live.as_deref().map(live_table).unwrap_or_default();
        let report = plain_lines(&document.report.to_string());
        print_line(format!("{}: {report}{live}", plain(file)).trim_end());
        failure.iter().for_each(|failure| failure.print(file));
    }
    Ok(match failure {
        Some(failure) => failure.exit,
        None if document.is_usable() => Exit::Done,
        None => Exit::Failed,
    })
}

fn environment(word: &str) -> Result<Environment, &'static str> {
    Environment::parse(word).ok_or("is production or sandbox")
}

fn assignment(text: &str) -> Result<(String, String), &'static str> {
    let (field, value) = text.split_once('=').ok_or("has the form FIELD=VALUE")?;
    Ok((field.to_owned(), value.to_owned()))
}

// === impl Arguments ===

impl Arguments {
    fn expected(&self) -> Expectation {
        Expectation {
            file: first_name(&self.files),
            topic: self.topic.clone(),
            environment: self.environment.map(Environment::as_str),
            key_id: self.key_id.clone(),
            team_id: self.team_id.clone(),
        }
    }

    async fn ask(&self, contents: &Contents, report: &Report, expected: &Expectation) -> Result<Vec<LiveRow>, Failure> {
        let places = self.live.place.find()?;
        let (environment, token) = (self.environment, self.live.token.clone());
        let request = LiveRequest { environment, fields: self.fields(), token, origin: Origin::Own };
        let probes = Probes::new(HttpClients::new(), Clock::system());
        let asked = probes.ask(contents, report, expected, &request, places.as_ref()).await;
        asked.map_err(|fault| Failure::of_live(fault, self.live.place.app()))
    }

    /// What the vendor's section would say beside the credential.
    fn fields(&self) -> Map<String, Value> {
        let given = [("topic", &self.topic), ("key_id", &self.key_id), ("team_id", &self.team_id)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
        let set = self.live.set.iter().map(|(name, value)| (name.clone(), Value::String(value.clone())));
        given.chain(set).collect()
    }
}
