//! `pushmux check`

use std::path::PathBuf;

use anyhow::Context;
use certs::Expectation;
use channel::{Clock, HttpClients, Roots};
use clap::Args;
use http::Uri;
use model::{AppId, DeviceToken, Environment};
use serde_json::{Map, Value, json};

use super::credential_files::{first_name, names, upload};
use super::exit::Exit;
use super::live_table::live_table;
use super::password::PasswordArguments;
use crate::assemble::open;
use crate::credentials::{
    CheckDocument, CheckFault, Desk, LiveFault, LiveRequest, Origin, Place, Places, Probes, UploadFault,
};
use crate::{print_error, print_line};

/// Says what a credential file is, what it is good for and until when; with --live also whether the vendor takes it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file; a certificate and its key may be two.
    #[arg(value_name = "FILE", required = true, num_args = 1..=10)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArguments,
    /// Print one JSON object instead of text.
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
    /// Reach the vendor where this configuration's app does: its endpoints, ca_file and proxy.
    #[arg(long, value_name = "FILE", requires = "live")]
    config: Option<PathBuf>,
    /// The app of --config.
    #[arg(long, value_name = "APP", default_value = "demo", value_parser = AppId::parse)]
    app: AppId,
    /// Reach the vendor here.
    #[arg(long, value_name = "URL", requires = "live", conflicts_with = "config")]
    endpoint: Option<String>,
    /// Trust these certificate authorities (PEM) as the vendor's, instead of the machine's.
    #[arg(long, value_name = "FILE", requires = "live", conflicts_with = "config")]
    ca_file: Option<PathBuf>,
    /// Reach the vendor through this HTTP proxy.
    #[arg(long, value_name = "URL", requires = "live", conflicts_with = "config")]
    proxy: Option<Uri>,
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

Exit code 0 if it can be used, 1 if it has problems or a vendor refuses it, 2 if it cannot be read.
Every code is explained in docs/credentials.md.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { files, password, json, topic, environment, key_id, team_id, live } = arguments;
    let file = names(&files);
    let expected = Expectation {
        file: first_name(&files),
        topic: topic.clone(),
        environment: environment.map(Environment::as_str),
        key_id: key_id.clone(),
        team_id: team_id.clone(),
    };
    let upload = match upload(&files, &password, expected) {
        Ok(upload) => upload,
        Err(error) => {
            print_error(&format!("{error:#}"));
            return Ok(Exit::Unreadable);
        }
    };
    let places = live.places()?;
    let given = [("topic", topic), ("key_id", key_id), ("team_id", team_id)];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
    let set = live.set.iter().map(|(name, value)| (name.clone(), Value::String(value.clone())));
    let fields = given.chain(set).collect();
    let request =
        live.live.then(|| LiveRequest { environment, fields, token: live.token.clone(), origin: Origin::Own });
    let desk = Desk::new(Probes::new(HttpClients::new(), Clock::system()), Clock::system());
    match desk.check(upload, request.as_ref(), places.as_ref()).await {
        Ok(document) => Ok(show(&file, &document, json)),
        Err(CheckFault::Upload(fault)) => Ok(unreadable(&file, &fault, json)),
        Err(CheckFault::Live(fault)) => not_asked(&fault),
        Err(CheckFault::Busy(busy)) => Err(busy.into()),
    }
}

fn show(file: &str, document: &CheckDocument, as_json: bool) -> Exit {
    if as_json {
        print_line(&serde_json::to_string_pretty(document).expect("a report is JSON"));
    } else {
        let live = document.live.as_deref().map(live_table).unwrap_or_default();
        print_line(format!("{file}: {}{live}", document.report).trim_end());
    }
    if document.is_usable() { Exit::Done } else { Exit::Failed }
}

/// Tells why a file cannot be read, in the form asked for.
pub(super) fn unreadable(file: &str, fault: &UploadFault, as_json: bool) -> Exit {
    if as_json {
        let error = json!({"code": fault.code(), "detail": fault.to_string()});
        print_line(&json!({"file": file, "usable": false, "error": error}).to_string());
    } else {
        print_error(&format!("{file}: {fault} ({})", fault.code()));
    }
    Exit::Unreadable
}

fn not_asked(fault: &LiveFault) -> anyhow::Result<Exit> {
    print_error(&fault.to_string());
    match fault {
        LiveFault::Settings { .. } => {
            print_error("give what is missing with --topic, --key-id, --team-id or --set FIELD=VALUE");
            Ok(Exit::Usage)
        }
        LiveFault::Open(_) | LiveFault::NoPlace { .. } | LiveFault::NotSendable(_) => Ok(Exit::Usage),
        LiveFault::NotAskable(_) | LiveFault::TooOften(_) | LiveFault::Busy(_) => Ok(Exit::Failed),
    }
}

fn environment(word: &str) -> Result<Environment, &'static str> {
    Environment::parse(word).ok_or("is production or sandbox")
}

fn assignment(text: &str) -> Result<(String, String), &'static str> {
    let (field, value) = text.split_once('=').ok_or("has the form FIELD=VALUE")?;
    Ok((field.to_owned(), value.to_owned()))
}

// === impl LiveArguments ===

impl LiveArguments {
    /// Where vendors are reached, if not at their own addresses.
    fn places(&self) -> anyhow::Result<Option<Places>> {
        if let Some(config) = &self.config {
            let (_, channels) = open(config)?;
            let places = channels.places(&self.app);
            let places = places.cloned().with_context(|| format!("{} has no app {}", config.display(), self.app))?;
            return Ok(Some(places));
        }
        if self.endpoint.is_none() && self.ca_file.is_none() && self.proxy.is_none() {
            return Ok(None);
        }
        let roots = match &self.ca_file {
            None => Roots::Platform,
            Some(file) => {
                let text = std::fs::read(file).with_context(|| file.display().to_string())?;
                Roots::Pem { file: file.clone(), text: text.into() }
            }
        };
        let endpoint = self.endpoint.iter().map(|url| ("endpoint".to_owned(), Value::String(url.clone())));
        let fields: Map<String, Value> = endpoint.collect();
        let place = Place { fields, roots, proxy: self.proxy.clone() };
        let vendors = adapters::vendors().iter();
        let all = vendors.flat_map(|vendor| Environment::ALL.iter().map(|environment| (*vendor, *environment)));
        Ok(Some(all.map(|key| (key, place.clone())).collect()))
    }
}
