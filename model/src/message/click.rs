//! What a tap on a notification does.

use std::collections::BTreeMap;
use std::fmt;

use crate::IntentUri;

/// What a tap does.
#[derive(Clone, PartialEq, Hash)]
pub enum Click {
    /// Opens the app.
    App,
    /// Opens a web page: absolute `http` or `https` URL.
    Url(String),
    /// Opens a link of the app's own scheme.
    DeepLink(String),
    /// Opens one screen of the app.
    Activity {
        /// The class, fully qualified or beginning with a dot.
        class: String,
        /// What it is given, as string extras.
        params: BTreeMap<String, String>,
    },
    /// A raw Android intent URI.
    Intent(IntentUri),
}

// === impl Click ===

/// Says nothing of where it leads.
impl fmt::Debug for Click {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Click::App => "App",
            Click::Url(_) => "Url",
            Click::DeepLink(_) => "DeepLink",
            Click::Activity { .. } => "Activity",
            Click::Intent(_) => "Intent",
        })
    }
}

impl Click {
    /// The intent URI that does this on Android, for vendors whose channels redirect by intent. `None` where no intent is
    /// needed: opening the app or a web page.
    pub fn intent(&self, package: &str) -> Option<IntentUri> {
        match self {
            Click::App | Click::Url(_) => None,
            Click::DeepLink(link) => IntentUri::deep_link(link, package),
            Click::Activity { class, params } => Some(IntentUri::activity(package, class, params)),
            Click::Intent(intent) => Some(intent.clone()),
        }
    }
}
