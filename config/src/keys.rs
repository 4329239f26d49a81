//! `[keys.<name>]`: who may call, for which apps, and what.

mod hash;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::parse::Faults;
use model::{AppId, Path, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

pub use hash::{KeyHash, KeyHashFault};

use crate::section;
use crate::source::Source;

/// A key that callers may bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// Its name, for logs and people.
    pub name: String,
    /// What tells it from others; the key itself is nowhere.
    pub hash: KeyHash,
    /// Whose pushes it is for.
    pub apps: KeyApps,
    /// What may be done with it.
    pub actions: Actions,
}

/// The apps of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyApps {
    /// Every one, also those to come.
    All,
    /// These.
    Some(BTreeSet<AppId>),
}

/// What a key may be used for. None includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// To send pushes, and to take them back.
    Send,
    /// To see what became of pushes, the events, and how channels do.
    Read,
    /// To have credential files checked and converted.
    Check,
    /// To see how the service and its channels do, but nothing of pushes.
    Admin,
}

/// A set of actions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Actions(u8);

/// Name -> fields.
pub(crate) type RawKeys = BTreeMap<String, Map<String, Value>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    hash: Option<Secret>,
    apps: Option<Value>,
    actions: Option<Vec<String>>,
}

/// Every key of the file. `known` are its apps: a key for another one is a slip of the pen.
pub(crate) fn check(raw: RawKeys, known: &[AppId], source: &Source, faults: &mut Faults) -> Vec<KeyConfig> {
    let mut keys: Vec<KeyConfig> = Vec::new();
    for (name, fields) in raw {
        let path = Path::root().at("keys").at(&name);
        // The rule of app names serves these as well.
        if faults.take(&path, AppId::parse(&name)).is_none() {
            continue;
        }
        let Some(key) = KeyConfig::check(name, fields, known, &path, source, faults) else { continue };
        match keys.iter().find(|other| other.hash == key.hash) {
            Some(other) => {
                faults.add(&path.at("hash"), format!("is that of keys.{} too: make a key of its own", other.name));
            }
            None => keys.push(key),
        }
    }
    keys
}

// === impl KeyConfig ===

impl KeyConfig {
    fn check(
        name: String,
        fields: Map<String, Value>,
        known: &[AppId],
        path: &Path,
        source: &Source,
        faults: &mut Faults,
    ) -> Option<Self> {
        section::read(fields, path, source, faults, |raw, is_read, faults| {
            Self::read(name, raw, is_read("hash"), known, faults)
        })
    }

    fn read(name: String, raw: Raw, is_read: bool, known: &[AppId], faults: &mut Faults) -> Option<Self> {
        let at = |field: &str| Path::root().at(field);
        let hash = match raw.hash {
            None if !is_read => None,
            hash => faults.require(&at("hash"), hash),
        };
        let hash = hash.and_then(|hash| faults.take(&at("hash"), KeyHash::parse(hash.reveal().trim())));
        let apps =
            faults.require(&at("apps"), raw.apps).and_then(|apps| KeyApps::check(&apps, known, &at("apps"), faults));
        let actions = faults.require(&at("actions"), raw.actions);
        let actions = actions.and_then(|words| Actions::check(&words, &at("actions"), faults));
        Some(Self { name, hash: hash?, apps: apps?, actions: actions? })
    }
}

// === impl KeyApps ===

impl KeyApps {
    fn check(value: &Value, known: &[AppId], path: &Path, faults: &mut Faults) -> Option<Self> {
        const WANTED: &str = "must be \"all\", or an array with the name of at least one app";
        let words = match value {
            Value::String(word) if word == "all" => return Some(Self::All),
            Value::Array(words) if !words.is_empty() => words,
            _ => {
                faults.add(path, WANTED);
                return None;
            }
        };
        let mut apps = BTreeSet::new();
        for (index, word) in words.iter().enumerate() {
            let app = known.iter().find(|app| word.as_str() == Some(app.as_str()));
            match app {
                Some(app) => drop(apps.insert(app.clone())),
                None => faults.add(&path.at(index), "is no app of this configuration"),
            }
        }
        (!faults.any_within(path)).then_some(Self::Some(apps))
    }

    /// Whether an app is among them.
    pub fn contains(&self, app: &AppId) -> bool {
        match self {
            Self::All => true,
            Self::Some(apps) => apps.contains(app),
        }
    }
}

// === impl Action ===

impl Action {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Send, Self::Read, Self::Check, Self::Admin];

    /// As configurations write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Read => "read",
            Self::Check => "check",
            Self::Admin => "admin",
        }
    }

    /// The action of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Actions ===

impl Actions {
    fn check(words: &[String], path: &Path, faults: &mut Faults) -> Option<Self> {
        let mut actions = Vec::new();
        for (index, word) in words.iter().enumerate() {
            match Action::parse(word) {
                Some(action) => actions.push(action),
                None => {
                    let known = Action::ALL.map(Action::as_str).join(", ");
                    faults.add(&path.at(index), format!("is no action; known are {known}"));
                }
            }
        }
        if words.is_empty() {
            faults.add(path, "must name at least one action");
        }
        (!faults.any_within(path)).then(|| actions.into_iter().collect())
    }

    /// Whether an action is among them.
    pub const fn contains(self, action: Action) -> bool {
        self.0 & 1 << action as u8 != 0
    }
}

impl FromIterator<Action> for Actions {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(actions.into_iter().fold(0, |bits, action| bits | 1 << action as u8))
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Action::ALL.into_iter().filter(|action| self.contains(*action))).finish()
    }
}
