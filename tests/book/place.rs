//! Where the examples are sent: the hosts and ports that the pages name, and what stands there in a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use config::{Action, KeyHash};
use serde_json::Value;

use super::page::root;
use crate::authority::{Authority, with_tls};
use crate::support::Rig;

/// What an example talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A service without keys, on loopback.
    Plain,
    /// One with keys.
    Keyed,
    /// One with keys, over TLS.
    Secure,
    /// The same, which asks for client certificates, too.
    Mutual,
    /// The control API of the emulators behind the plain one.
    Control,
}

/// Host and port as they are written, what else the command says, and what is there. The first that fits counts.
const PLACES: &[(&str, &str, Place)] = &[
    ("127.0.0.1:8080", "$PUSHMUX_KEY", Place::Keyed),
    ("127.0.0.1:8080", "", Place::Plain),
    ("127.0.0.1:9000", "", Place::Control),
    ("push.example.com", "--cert ", Place::Mutual),
    ("push.example.com", "", Place::Secure),
];

/// The key that `$PUSHMUX_KEY` holds. It may do everything.
pub(super) const KEY: &str = "pmx_of_the_book";

/// Files that examples upload or name, and what they are copies of.
const FILES: &[(&str, &str)] = &[
    ("push.p12", "fixtures/certs/kinds/universal.p12"),
    ("AuthKey_ABC123DEFG.p8", "fixtures/certs/p8/AuthKey_ABC123DEFG.p8"),
    ("service-account.json", "fixtures/fcm/service-account.json"),
];

/// The servers of one page, started when they are first asked for.
pub(super) struct Places {
    authority: Authority,
    clients: Authority,
    rigs: BTreeMap<Place, Rig>,
}

/// What a command is sent to: as it is written, and what is there.
pub(super) fn of(command: &str) -> Option<(&'static str, Place)> {
    let is_named = |authority: &str| command.contains(&format!("://{authority}/"));
    let row = PLACES.iter().find(|(authority, mark, _)| is_named(authority) && command.contains(mark));
    row.map(|(authority, _, place)| (*authority, *place))
}

/// The configuration of the emulators with a second app, `shop`, which is like `demo`.
fn with_shop(config: &str) -> String {
    let of_demo = |section: &&str| section.starts_with("apps.demo.");
    let shop = config.split("\n[").filter(of_demo).map(|section| section.replacen("apps.demo.", "\n[apps.shop.", 1));
    shop.fold(config.to_owned(), |config, section| config + &section + "\n")
}

fn with_key(config: &str) -> String {
    let actions: Value = Action::ALL.iter().map(|action| action.as_str()).collect();
    let hash = KeyHash::of(KEY.as_bytes());
    format!("{config}\n[keys.book]\nhash = \"{hash}\"\napps = \"all\"\nactions = {actions}\n")
}

// === impl Places ===

impl Places {
    /// Nothing is started yet; `folder` gets the files that the examples name.
    pub(super) fn new(folder: &Path) -> Self {
        let (authority, clients) = (Authority::new(), Authority::new());
        for (name, original) in FILES {
            fs::copy(root().join(original), folder.join(name)).unwrap();
        }
        let client = clients.sign();
        for (name, text) in [
            ("push.password", "test"),
            ("ca.pem", &authority.pem()),
            ("client.pem", &client.certificate),
            ("client.key", &client.key),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        Self { authority, clients, rigs: BTreeMap::new() }
    }

    /// What stands in the place of the service or the emulators, such as `http://127.0.0.1:40000`.
    pub(super) async fn url(&mut self, place: Place) -> String {
        let of = if place == Place::Control { Place::Plain } else { place };
        if !self.rigs.contains_key(&of) {
            let rig = self.start(of).await;
            self.rigs.insert(of, rig);
        }
        let rig = &self.rigs[&of];
        if place == Place::Control { rig.emulators.control_url().to_owned() } else { rig.url.clone() }
    }

    async fn start(&self, place: Place) -> Rig {
        let Self { authority, clients, .. } = self;
        let identity = authority.sign();
        Rig::start_in(|config, folder| {
            let config = with_shop(config);
            match place {
                Place::Plain | Place::Control => config,
                Place::Keyed => with_key(&config),
                Place::Secure => with_tls(&with_key(&config), folder, &identity, None),
                Place::Mutual => with_tls(&with_key(&config), folder, &identity, Some(clients)),
            }
        })
        .await
    }

    pub(super) async fn stop(self) {
        for rig in self.rigs.into_values() {
            rig.stop().await;
        }
    }
}
