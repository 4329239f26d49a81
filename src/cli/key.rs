//! `pushmux key new`

use clap::{Args, Subcommand};
use config::{Action, KeyHash};
use model::AppId;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::exit::Exit;
use crate::print_line;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, and the section of the configuration that lets its bearer in.
    New(Arguments),
}

/// Makes a key of 256 random bits. It is printed once and stored nowhere; the configuration has its hash only.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What the key is called in the configuration and in logs.
    #[arg(long, value_name = "NAME", value_parser = AppId::parse)]
    name: AppId,
    /// Whose pushes it is for. May be given more than once.
    #[arg(long, value_name = "APP", value_parser = AppId::parse, required_unless_present = "all_apps")]
    app: Vec<AppId>,
    /// For every app, also those to come.
    #[arg(long, conflicts_with = "app")]
    all_apps: bool,
    /// What it may be used for: send, read, check or admin. May be given more than once.
    #[arg(long, value_name = "ACTION", value_parser = action, required = true)]
    action: Vec<Action>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// A key that was just made.
struct NewKey {
    text: Zeroizing<String>,
    section: String,
}

const EXAMPLES: &str = "\
Examples:
  pushmux key new --name shop --app shop --action send --action read
  pushmux key new --name ops --all-apps --action admin --json

Actions:
  send    send pushes, take them back, preview them
  read    what became of pushes, events (with device tokens), channels, metrics, previews
  check   have credential files checked and converted
  admin   channels and metrics, nothing of pushes

None includes another. The first line is the key; it goes to its bearer, and into PUSHMUX_KEY for pushmux send. The section goes
into the service's configuration.";

/// 256 bits.
const KEY_BYTES: usize = 32;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let key = arguments.make()?;
    if arguments.json {
        let name = arguments.name.as_str();
        let hash = KeyHash::of(key.text.as_bytes()).to_string();
        print_line(&json!({"name": name, "key": &*key.text, "hash": hash, "toml": key.section}).to_string());
    } else {
        print_line(&key.text);
        print_line("");
        print_line(key.section.trim_end());
    }
    Ok(Exit::Done)
}

fn action(word: &str) -> Result<Action, String> {
    let known = Action::ALL.map(Action::as_str).join(", ");
    Action::parse(word).ok_or_else(|| format!("is no action; known are {known}"))
}

// === impl Arguments ===

impl Arguments {
    fn make(&self) -> anyhow::Result<NewKey> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes)?;
        let mut text = Zeroizing::new(String::with_capacity(KeyHash::KEY_PREFIX.len() + 2 * KEY_BYTES));
        text.push_str(KeyHash::KEY_PREFIX);
        for byte in bytes.iter() {
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        let section = self.section(&KeyHash::of(text.as_bytes()));
        Ok(NewKey { text, section })
    }

    fn section(&self, hash: &KeyHash) -> String {
        let apps = match self.all_apps {
            true => Value::from("all"),
            false => self.app.iter().map(AppId::as_str).collect(),
        };
        let mut actions = self.action.clone();
        actions.sort();
        actions.dedup();
        let actions: Value = actions.into_iter().map(Action::as_str).collect();
        // Names are letters, digits, '.', '_' and '-', and JSON's texts and arrays of them are TOML's.
        format!("[keys.\"{}\"]\nhash = \"{hash}\"\napps = {apps}\nactions = {actions}\n", self.name)
    }
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).expect("four bits are a digit")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use config::{Config, Source};

    #[test]
    fn a_key_fits_its_section() {
        let app = AppId::parse("shop").unwrap();
        let arguments = Arguments {
            name: AppId::parse("shop.1").unwrap(),
            app: vec![app.clone()],
            all_apps: false,
            action: vec![Action::Read, Action::Send, Action::Read],
            json: false,
        };
        let (one, other) = (arguments.make().unwrap(), arguments.make().unwrap());
        assert_ne!(one.text, other.text);
        assert_eq!(one.text.len(), 4 + 64);
        let source = Source::system(Path::new(""));
        let text = format!("[apps.shop]\n{}", one.section);
        let config = Config::parse(&text, Path::new("x.toml"), &source).unwrap();
        let key = &config.keys[0];
        assert_eq!((&*key.name, key.hash), ("shop.1", KeyHash::of(one.text.as_bytes())));
        assert!(key.apps.contains(&app) && key.actions.contains(Action::Send) && !key.actions.contains(Action::Admin));
    }
}
